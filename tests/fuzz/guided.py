#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`make fuzz-guided SECONDS=1800`: libFuzzer on every target for so many seconds of CPU time, as many at once as there are CPUs.

    guided.py [--keep] SECONDS PROGRAM...

libFuzzer goes on from the inputs that reached something new. It begins with those of tests/fuzz/corpus/TARGET.hex, a line of
hexadecimal digits for each, and with what an earlier call has left in build/fuzz/corpus/TARGET. --keep writes into the former
the fewest inputs that reach all that was reached. Prints a line a target; what was found is in build/fuzz. The last line is
"fuzz-guided: N passed, N failed".
"""

import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile

TREE = pathlib.Path(__file__).resolve().parents[2]
LOGS = TREE / "build" / "fuzz"
# The first byte is choices.h's mark, with which each choice of a scene is some bytes of the input.
SEEDS = (b"\xc5", b"\xc5" + bytes(64))
# A call of libFuzzer counts seconds of the clock; short ones are added up until the CPU time is used.
SLICE = 30
OPTIONS = ["-len_control=0", "-max_len=2048", "-timeout=60", "-rss_limit_mb=4000", "-verbosity=0"]


def kept(name):
    return TREE / "tests" / "fuzz" / "corpus" / f"{name}.hex"


def begin(name):
    """The directory of the target's inputs, with at least those of the tree."""
    corpus = LOGS / "corpus" / name
    corpus.mkdir(parents=True, exist_ok=True)
    lines = kept(name).read_text().split() if kept(name).exists() else []
    for number, data in enumerate([*SEEDS, *map(bytes.fromhex, lines)]):
        (corpus / f"kept-{number}").write_bytes(data)
    return corpus


def cpu_seconds(child):
    """Wait for a process; return its status and the CPU time that it used."""
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, used.ru_utime + used.ru_stime


def keep(program, name, corpus):
    """Write the fewest inputs that reach every edge which the corpus reaches."""
    with tempfile.TemporaryDirectory(dir=LOGS) as fewest:
        subprocess.run([program, "-set_cover_merge=1", "-use_counters=0", *OPTIONS, fewest, corpus], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        lines = sorted(path.read_bytes().hex() for path in pathlib.Path(fewest).iterdir())
    kept(name).parent.mkdir(exist_ok=True)
    kept(name).write_text("".join(line + "\n" for line in lines))
    return f", {len(lines)} kept"


def run(program, seconds, is_kept):
    """One target. Print how it went; return whether it found nothing."""
    name = pathlib.Path(program).name
    corpus, log, used, status = begin(name), LOGS / f"{name}.guided.log", 0, 0
    with log.open("wb") as sink:
        while used < seconds and status == 0:
            status, more = cpu_seconds(subprocess.Popen(
                [program, f"-max_total_time={SLICE}", f"-artifact_prefix={LOGS}/{name}-", *OPTIONS, corpus],
                stdout=sink, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL))
            used += more
    words = f"{name}: {used:.0f} CPU seconds, {len(list(corpus.iterdir()))} inputs"
    if status:
        print(f"{words}: FOUND, the input is {LOGS}/{name}-*; log {log}", flush=True)
        return False
    print(f"{words}: nothing found{keep(program, name, corpus) if is_kept else ''}", flush=True)
    return True


def main(arguments):
    is_kept = arguments[:1] == ["--keep"]
    arguments = arguments[is_kept:]
    if len(arguments) < 2 or not arguments[0].isdigit():
        print(__doc__.strip(), file=sys.stderr)
        return 2
    LOGS.mkdir(parents=True, exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        ends = list(pool.map(lambda program: run(program, int(arguments[0]), is_kept), arguments[1:]))
    print(f"fuzz-guided: {ends.count(True)} passed, {ends.count(False)} failed")
    return 0 if all(ends) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
