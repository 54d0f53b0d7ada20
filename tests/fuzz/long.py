#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`make fuzz-long SECONDS=1800`: every fuzz target for so many seconds of CPU time, as many at once as there are CPUs.

    long.py SECONDS PROGRAM...

Prints a line a target: how many inputs it ran in how many CPU seconds, the seed, and what was found, with the command that
gives the same input first. Ends in a sum of this and of all earlier calls, which build/fuzz/runs has a line for each of;
remove that file to start anew. Logs are build/fuzz/TARGET.log. Exit status 0 when this call found nothing.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

LOGS = pathlib.Path(__file__).resolve().parents[2] / "build" / "fuzz"
RUNS = LOGS / "runs"
RAN = re.compile(r"^(\d+) inputs, (\d+) CPU seconds, seed (0x[0-9a-f]+)$", re.M)
# A promise, a check, or a sanitiser's first line; and what the driver says of the input.
FOUND = re.compile(r"^.*(?:broken promise|broken check|runtime error|ERROR: \w+Sanitizer).*$", re.M)
SEED = re.compile(r"LULL_SEED=(0x[0-9a-f]+)")


def run(program, seconds):
    """One target. Its inputs and CPU seconds, and whether it found nothing."""
    name = pathlib.Path(program).name
    log = LOGS / f"{name}.log"
    with log.open("wb") as sink:
        ended = subprocess.run([program, str(seconds)], stdout=sink, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    said = log.read_text(errors="replace")
    ran = RAN.search(said)
    if ended.returncode == 0 and ran:
        print(f"{name}: {ran[1]} inputs, {ran[2]} CPU seconds, seed {ran[3]}: nothing found", flush=True)
        return name, int(ran[1]), int(ran[2]), True
    why, seed = FOUND.search(said), SEED.search(said)
    print(f"{name}: FOUND {why[0].strip() if why else f'an end with status {ended.returncode}'}\n"
          f"    {f'LULL_SEED={seed[1]} {program} 1' if seed else 'no seed'}; log {log}", flush=True)
    return name, 0, 0, False


def main():
    if len(sys.argv) < 3 or not sys.argv[1].isdigit():
        print(__doc__.strip(), file=sys.stderr)
        return 2
    LOGS.mkdir(parents=True, exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        ends = list(pool.map(lambda program: run(program, int(sys.argv[1])), sys.argv[2:]))
    with RUNS.open("a") as runs:
        for end in ends:
            runs.write(json.dumps(end) + "\n")
    sums = {}
    for name, inputs, seconds, clean in map(json.loads, RUNS.read_text().splitlines()):
        total = sums.setdefault(name, [0, 0, 0])
        sums[name] = [total[0] + inputs, total[1] + seconds, total[2] + (not clean)]
    for name, (inputs, seconds, finds) in sums.items():
        print(f"all calls: {name}: {inputs} inputs, {seconds} CPU seconds, {finds} found")
    failed = sum(not end[3] for end in ends)
    print(f"fuzz-long: {len(ends) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
