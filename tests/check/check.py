#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`make check`: runs every suite and adds up what they say.

A suite is a command whose last such line is "NAME: N passed, N failed" (", N skipped" may follow).  A suite that says
no such line, fails without saying what, or outlives its time is one failure.  The last line printed is the sum.

    check.py            every suite that fits 20 minutes on two cores
    check.py --full     the others too
    check.py NAME...    these suites only
    check.py --list     their names
    check.py --known NAME...    only looks whether there are such suites
"""

import collections
import concurrent.futures
import itertools
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.lab import packages, proc, scratch
from tests.matrix import schedule

ROOT = pathlib.Path(__file__).resolve().parents[2]
# LULL_CHECK_LOGS names another place, for a check inside a check.
LOGS = pathlib.Path(os.environ.get("LULL_CHECK_LOGS") or ROOT / "build" / "check")
BUILD_SECONDS = 600
# MiB that a machine with Xen and its dom0 takes, with what the emulator keeps of its code.
LAB_MEMORY = 3072
VERDICT = re.compile(r"^(?:[\w-]+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.M)

# In this order: what is quick and tells most comes first, then what compiles, then the longest.
# (name, command, seconds it may take)
SUITES = [
    ("layers", ["python3", "tests/check/layers.py"], 60),
    ("edits", ["python3", "tests/mutate/edits.py", "check"], 60),
    ("choices", ["python3", "tests/check/choices.py"], 60),
    ("symbols", ["python3", "tests/check/symbols.py"], 120),
    ("library", ["python3", "tests/check/library.py"], 60),
    ("unit", ["make", "-s", "unit"], 600),
    ("errors", ["make", "-s", "error-codes"], 600),
    ("coverage", ["make", "-s", "coverage"], 600),
    ("fuzz", ["make", "-s", "fuzz"], 300),
    ("clang", ["make", "-s", "unit", "fuzz", "UNIT_CC=clang", "UNIT_BUILD=build/clang"], 600),
    ("doors", ["sh", "-c", "exec python3 tests/matrix/matrix.py \"$(python3 tests/matrix/default_cells.py --quick)\""], 3000),
    ("images", ["python3", "tests/images/run.py"], 1800),
    ("guests", ["python3", "tests/guests/run.py"], 1800),
    ("storm", ["python3", "tests/guests/storm/run.py", "--windows", "1000"], 1800),
    ("deploy", ["python3", "tests/package/deploy.py"], 900),
    ("seed-bug", ["make", "-s", "seed-bug", "KVM="], 1800),
    ("loaders", ["sh", "-c", "make -s build/lull build/lull.elf guests && exec python3 tests/loaders/run.py"], 2400),
    ("trip", ["make", "-s", "trip"], 1800),
    ("lab", ["python3", "tests/lab/selftest.py"], 900),
    ("guide", ["python3", "tests/guide/run.py"], 900),
    ("package", ["python3", "tests/package/run.py"], 900),
    ("disk", ["sh", "-c", "make -s build/unit/sanitized/walk && exec python3 tests/disk/trees.py"], 1200),
    ("tools", ["make", "-s", "test-tools"], 600),
    ("pv-guest", ["sh", "-c", "python3 tests/images/generate.py >/dev/null && exec python3 tests/matrix/matrix.py "
                  "--into build/pv-guest tests/guests/pv.cells tests/guests/notes.cells tests/trip/pv.cells"], 600),
    ("line", ["python3", "tests/guests/line.py"], 900),
    ("text", ["python3", "tests/linux/text.py"], 1200),
    ("page", ["python3", "tests/page/run.py"], 300),
    ("efi", ["python3", "tests/efi/run.py"], 900),
    ("xen-4.20", ["env", "XEN=4.20", "python3", "tests/guests/run.py", "direct"], 900),
    ("model", ["python3", "tests/model/run.py"], 600),
    ("versions", ["python3", "tests/linux/versions.py"], 900),
    ("rebuild", ["python3", "tests/package/rebuild.py"], 600),
]

# These compile, on every core and into the same directories, and run one after another.  All others have files of their own, and
# of those that follow each other as many run side by side as there are cores.  Each of them has one thing to do at a time then
# (proc.jobs()), so that no core waits for the last case of a suite.
ON_ALL_CORES = ("unit", "errors", "coverage", "fuzz", "clang")

# These show by another compiler, by another Xen, by packages that are built again, and in a system that they are installed in, what
# others show of the same code.  They run with --full, and when they are named.
FULL = ("clang", "deploy", "xen-4.20", "rebuild")

# The packages that a suite needs beside those that make builds with, where it is not all of PACKAGES; and what so few use that they
# say themselves what is missing.
PACKAGES = ("lab", "disk", "model")
NEEDED = {"clang": ("clang",), **dict.fromkeys(("layers", "edits", "choices", "symbols", "library", "unit", "errors", "coverage",
                                                "fuzz"), ())}
PACKAGES_OF_FEW = ("deb", "package", "page")

# What is to have ended before a suite begins, if both run: it reads what the other one has made.
AFTER = {"loaders": "guests"}

# What make builds for a suite beside what it builds for all, before that suite begins; each once.
TARGETS = {"rebuild": "deb", "deploy": "deb", "package": "deb", "trip": "build/trip/lull-trip.elf",
           "pv-guest": "build/trip/lull-trip.elf", "efi": "efi-apps"}

# A suite, and what it and others download when they need it; fetched from the start on, unless the suites to run are named.
DOWNLOADS = (("doors", ["python3", "tests/lab/kernels.py", "fetch"]), ("xen-4.20", ["env", "XEN=4.20", "python3", "tests/lab/xens.py"]),
             ("package", ["python3", "tests/package/bare.py"]))


def status_of(command, seconds, log):
    """Runs a command, its output into a log; returns its exit status, or None when it did not end in time."""
    with log.open("wb") as sink:
        # It is asked to end when we are killed.
        child = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", "--", *command], cwd=ROOT, stdout=sink,
                                 stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True)
        running.append(child)
        try:
            return child.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            end(child)
            return None
        finally:
            running.remove(child)


def build(name):
    """Builds what a suite needs, unless that was tried before; returns what make said where it failed, or None."""
    target = TARGETS.get(name)
    with building[target]:
        if target and target not in built:
            log = LOGS / f"make-{os.path.basename(target)}.log"
            built[target] = None if status_of(["make", "-s", target], BUILD_SECONDS, log) == 0 else log.read_bytes()
    return built.get(target)


def run(name, command, seconds):
    """Runs one suite, its output into a log; returns (passed, failed, skipped, why it counts as a failure)."""
    log = LOGS / f"{name}.log"
    unbuilt = build(name)
    if unbuilt is not None:
        log.write_bytes(unbuilt)
        return 0, 1, 0, f"make {TARGETS[name]} failed"
    status = status_of(command, seconds, log)
    if status is None:
        return 0, 1, 0, f"no end within {seconds} s"
    verdicts = VERDICT.findall(log.read_text(errors="replace"))
    if not verdicts:
        return 0, 1, 0, f"ended with status {status} and no verdict"
    # One suite may be several programs, each with a verdict of its own.
    passed, failed, skipped = (sum(int(line[i] or 0) for line in verdicts) for i in range(3))
    if status != 0 and failed == 0:
        return passed, 1, skipped, f"ended with status {status} though none failed"
    return passed, failed, skipped, ""


running = []
built = {}
building = collections.defaultdict(threading.Lock)
speaking = threading.Lock()


def end(child):
    """Ends a suite with everything that it started."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(child.pid, how)
            child.wait(timeout=10)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def interrupted(*_):
    for child in list(running):
        end(child)
    proc.stop_all()
    scratch.remove()
    print("check: interrupted", flush=True)
    os._exit(130)


def ticking(name, started, done):
    """A word every half minute, so that nobody wonders."""
    while not done.wait(30):
        print(f"... {name}, {time.monotonic() - started:.0f} s", flush=True)


def report(name):
    """Shows the end of a failing suite's log, and where the rest is."""
    log = LOGS / f"{name}.log"
    lines = log.read_text(errors="replace").splitlines()
    bad = [line for line in lines if re.search(r"FAIL|\bfailed\b|[Ee]rror", line)][:20]
    for line in bad + ["..."] + lines[-15:]:
        print(f"    {line}")
    print(f"    (all of it: {os.path.relpath(log, ROOT)})")


def whole(name, command, seconds):
    """Runs one suite and says how it went; returns (passed, failed, skipped)."""
    started, done = time.monotonic(), threading.Event()
    threading.Thread(target=ticking, args=(name, started, done), daemon=True).start()
    passed, failed, skipped, why = run(name, command, seconds)
    done.set()
    with speaking:
        print(f"{name}: {passed} passed, {failed} failed{f', {skipped} skipped' if skipped else ''}"
              f" ({time.monotonic() - started:.0f} s){' - ' + why if why else ''}", flush=True)
        if failed:
            report(name)
    return passed, failed, skipped


def in_turn(suites, places):
    """Runs suites, PLACES at a time, each as soon as there is a place for it; returns their counts."""
    waiting, not_ended, change, counts = list(suites), {suite[0] for suite in suites}, threading.Condition(), []

    def ready():
        return next((suite for suite in waiting if AFTER.get(suite[0]) not in not_ended), None)

    def work():
        while True:
            with change:
                change.wait_for(lambda: ready() or not waiting)
                if not waiting:
                    return
                suite = ready()
                waiting.remove(suite)
            try:
                counts.append(whole(*suite))
            finally:
                with change:
                    not_ended.remove(suite[0])
                    change.notify_all()

    if places > 1 and len(suites) > 1:
        os.environ["LULL_JOBS"] = "1"
    with concurrent.futures.ThreadPoolExecutor(places) as pool:
        for worker in [pool.submit(work) for _ in range(places)]:
            worker.result()
    os.environ.pop("LULL_JOBS", None)
    return counts


def needed(suite):
    """The groups of packages that a suite needs before it begins."""
    return NEEDED.get(suite[0], PACKAGES)


def install(*groups):
    """Installs packages; returns those that could not be had."""
    with (LOGS / "packages.log").open("a") as log:
        packages.ensure(*groups, chatter=log)
    return packages.missing(groups)


def install_of_few(suites, installed):
    """What few suites use, when INSTALLED has all that the others need; and begins to fetch what they download."""
    if not any(step.result() for step in installed):
        if os.geteuid() == 0:
            install(*PACKAGES_OF_FEW)
        download(suites)


def download(suites):
    """Begins to fetch what suites will need, in a thread that lives as long as they do: the kernel ends a child with the thread
    that began it.  What cannot be had is said by the suite that needs it."""
    names = {suite[0] for suite in suites}
    for number, command in enumerate(command for name, command in DOWNLOADS if name in names):
        with (LOGS / f"downloads-{number}.log").open("wb") as log:
            proc.spawn(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)


def when(suite):
    """What a suite has in common with those that it may run beside."""
    return suite[0] in ON_ALL_CORES, needed(suite)


def all_of(suites, named):
    """Runs suites, each when its packages are installed; returns their counts. NAMED: somebody has asked for just these."""
    counts = []
    (LOGS / "packages.log").unlink(missing_ok=True)
    with concurrent.futures.ThreadPoolExecutor(1) as installer:
        steps = {groups: installer.submit(install, *groups) for groups in dict.fromkeys(map(needed, suites)) if groups}
        if not named:
            installer.submit(install_of_few, suites, list(steps.values()))
        for (on_all_cores, groups), some in itertools.groupby(suites, when):
            lacking = steps[groups].result() if groups else []
            if lacking:
                print(f"check: no package {', '.join(lacking)}: {os.path.relpath(LOGS / 'packages.log', ROOT)}")
                counts.append((0, 1, 0))
                break
            counts += in_turn(list(some), 1 if on_all_cores else places())
    return counts


def places():
    """How many suites run side by side: as many as there are CPUs for us and memory for a lab with its emulator, and two at least."""
    return max(2, min(len(os.sched_getaffinity(0)), int(schedule.available_memory() // LAB_MEMORY)))


def chosen(names, full):
    """The suites to run: those that are named, or all but what only a full check has."""
    return [suite for suite in SUITES if (suite[0] in names if names else full or suite[0] not in FULL)]


def main(names, full):
    suites = chosen(names, full)
    LOGS.mkdir(parents=True, exist_ok=True)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    scratch.use()
    proc.forget_make()
    counts = all_of(suites, bool(names))
    proc.stop_all()
    total = [sum(column) for column in zip(*counts)]
    if not names and not full:
        print(f"check: left to make check FULL=1: {', '.join(FULL)}")
    print(f"{total[0]} passed, {total[1]} failed" + (f", {total[2]} skipped" if total[2] else ""))
    return 1 if total[1] or not total[0] else 0


def known(names):
    """Says whether there are such suites, and which there are when not."""
    unknown = set(names) - {suite[0] for suite in SUITES}
    if unknown:
        print(f"check: no suite {', '.join(sorted(unknown))}; there are {', '.join(s[0] for s in SUITES)}")
    return not unknown


if __name__ == "__main__":
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__.strip())
        sys.exit(0)
    if sys.argv[1:] == ["--list"]:
        print("\n".join(suite[0] for suite in SUITES))
        sys.exit(0)
    option = sys.argv[1] if sys.argv[1:2] in (["--known"], ["--full"]) else None
    suite_names = sys.argv[2 if option else 1:]
    if not known(suite_names):
        sys.exit(2)
    sys.exit(0 if option == "--known" else main(suite_names, option == "--full"))
