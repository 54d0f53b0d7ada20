#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs cmocka programs, one on each core; with --quiet, says nothing unless one fails.

The last line is "unit: N passed, N failed", counted in tests; the exit status is 0 only if none failed."""
import concurrent.futures
import os
import re
import subprocess
import sys

TIMEOUT = 300


def run(program):
    """(output, tests passed, tests failed); a program that dies or hangs counts as one more failure."""
    try:
        done = subprocess.run([program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT)
        text, status = done.stdout.decode(errors="replace"), done.returncode
    except subprocess.TimeoutExpired as stalled:
        text, status = (stalled.stdout or b"").decode(errors="replace") + f"{program}: no end in {TIMEOUT} s\n", -1
    passed = len(re.findall(r"^\[ +OK \]", text, re.M))
    failed = len(re.findall(r"^\[  FAILED  \] \S+$", text, re.M))
    if status > 0 and not failed or status < -1:
        text += f"{program}: ended with status {status}, though no test said FAILED\n"
    elif not passed and not failed:
        text += f"{program}: no test passed\n"
    return text, passed, max(failed, 1) if status != 0 or passed == 0 else 0


def main():
    # Each program adds to it.
    seen = os.environ.get("LULL_ERRORS_SEEN")
    if seen and os.path.exists(seen):
        os.remove(seen)
    quiet = sys.argv[1:2] == ["--quiet"]
    total_passed = total_failed = 0
    programs = sys.argv[2 if quiet else 1:]
    for text, passed, failed in concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))).map(run, programs):
        if failed or not quiet:
            print(text.rstrip())
        total_passed += passed
        total_failed += failed
    if total_failed or not quiet:
        print(f"unit: {total_passed} passed, {total_failed} failed")
    return 1 if total_failed else 0


sys.exit(main())
