#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`make soak N=20`: `make check FULL=1` again and again beside a busy neighbour, to find what fails only now and then.

    soak.py [N] [SUITE...]

The neighbour is a process that never rests, on one of this machine's CPUs. Prints each failure and each lab fault as its run
ends. The logs of a run that had any are kept in build/soak/RUN/. Ends in a sum of this and of all earlier calls, which
build/soak/runs has a line for each of; remove that file to start anew. Exit status: 0 when this call had no failure.
"""

import json
import os
import pathlib
import re
import shutil
import sys
import time

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.lab import paths, proc

SOAK = pathlib.Path(paths.BUILD, "soak")
RUNS = SOAK / "runs"
# As check.py has it: a soak inside a check must not take away that one's logs.
CHECK = pathlib.Path(os.environ.get("LULL_CHECK_LOGS") or pathlib.Path(paths.BUILD, "check"))
SUM = re.compile(r"^(\d+) passed, (\d+) failed(?:, \d+ skipped)?$", re.M)
# A suite's own sum, where it had a failure, and the cases that failed in it.
FAILED = re.compile(r"^(?:[\w-]+: \d+ passed, [1-9]\d* failed.*|\s*(?:FAIL|ERROR)\b.*)$", re.M)
# What faults.py says of each.
FAULT = re.compile(r"^.*\blab fault under\b.*$", re.M)


def neighbour():
    """Keep one CPU busy until we end."""
    cpu = min(os.sched_getaffinity(0))
    return proc.spawn(["taskset", "--cpu-list", str(cpu), "sh", "-c", "while :; do :; done"])


def once(suites):
    """One `make check`. Return its counts, its failures, its lab faults, and what those have left."""
    for log in CHECK.glob("*.log"):
        log.unlink()
    before = kept_faults()
    make = ["make", "-C", paths.ROOT, "--no-print-directory", "check", "FULL=1", f"SUITES={' '.join(suites)}"]
    said = proc.run(make, polite=True).stdout
    faults = [f"{log.stem}: {line}" for log in sorted(CHECK.glob("*.log"))
              for line in FAULT.findall(log.read_text(errors="replace"))]
    counts = SUM.findall(said)
    if not counts:
        return 0, 1, ["no verdict: " + said[-500:]], faults, kept_faults() - before
    passed, failed = map(int, counts[-1])
    return passed, failed, list(dict.fromkeys(map(str.strip, FAILED.findall(said)))) if failed else [], faults, kept_faults() - before


def kept_faults():
    """What faults.py has left of the lab's machines that failed."""
    return set(pathlib.Path(paths.LAB, "faults").glob("*.log"))


def keep(number, fault_logs):
    """Keep the logs of a run."""
    place = SOAK / str(number)
    shutil.rmtree(place, ignore_errors=True)
    CHECK.mkdir(exist_ok=True)
    shutil.copytree(CHECK, place)
    for log in fault_logs:
        shutil.copy(log, place)
    return os.path.relpath(place, paths.ROOT)


def earlier():
    """The runs of all calls so far."""
    return [json.loads(line) for line in RUNS.read_text().splitlines()] if RUNS.exists() else []


def main(arguments):
    if not re.fullmatch("[1-9][0-9]*", (arguments or ["20"])[0]):
        print(f"soak: N={arguments[0]}: not a number above zero")
        return 2
    count = int(arguments[0]) if arguments else 20
    suites = arguments[1:]
    proc.leave_on_signals()
    proc.forget_make()
    SOAK.mkdir(parents=True, exist_ok=True)
    neighbour()
    wrong = 0
    for _ in range(count):
        number, begun = len(earlier()) + 1, time.monotonic()
        passed, failed, failures, faults, fault_logs = once(suites)
        where = keep(number, fault_logs) if failed or faults or fault_logs else None
        with RUNS.open("a") as output:
            output.write(json.dumps({"run": number, "passed": passed, "failed": failed, "faults": len(faults),
                                     "seconds": round(time.monotonic() - begun), "suites": suites}) + "\n")
        for line in failures + faults:
            print(f"    {line}")
        print(f"soak: run {number}: {passed} passed, {failed} failed, {len(faults)} lab faults"
              f" ({time.monotonic() - begun:.0f} s){f', logs in {where}' if where else ''}", flush=True)
        wrong += failed
    runs = earlier()
    print(f"soak: {len(runs)} runs: {sum(run['passed'] for run in runs)} passed, {sum(run['failed'] for run in runs)} failed, "
          f"{sum(run['faults'] for run in runs)} lab faults")
    proc.stop_all()
    return 1 if wrong else 0


if __name__ == "__main__":
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__.strip())
        sys.exit(0)
    sys.exit(main(sys.argv[1:]))
