#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks window.pml with spin: as it stands, when nothing may be refuted, and with each fault, when spin must refute
exactly what the table below says.  One line a case; the last line is "model: N passed, N failed".

    run.py [NAME...]    all of it, or the faults of these names ("none" is the model as it stands)

Every fault of the model must be in the table, and every property must be refuted at least once.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

MODEL = pathlib.Path(__file__).resolve().parent / "window.pml"
BUILD = MODEL.parents[2] / "build" / "model"
SECONDS = 120
MEBIBYTES = 512

# Every interleaving is searched: `provided` does not go with spin's partial order reduction.  No more than -O1: the states
# are so few that the compiler would take longer than the search.
COMPILE = ["gcc", "-w", "-O1", "-DNOREDUCE", f"-DMEMLIM={MEBIBYTES}", "pan.c", "-o"]
# Depth of the search, and 2 to the power of what is in the hash table.
BOUNDS = ["-m100000", "-w20"]

FLAG, BYTE = "flag", "byte"
DEADLOCK = "invalid_end_state"
# What tells one case from another.
SETTINGS = ("XEN_PV", "SECOND", "FAULT")

# (fault, backends, second CPU, what spin must refute)
CASES = [
    ("none", (FLAG, BYTE), "not_started", ""),
    ("none", (FLAG, BYTE), "parked", ""),
    # What is known to happen to an unmasked patcher; the proof notices it too.
    ("no_mask", (FLAG, BYTE), "not_started", "torn_fetch stale_fetch unmasked_store event_inside proof_not_once"),
    ("wrong_mask", (FLAG, BYTE), "not_started", "torn_fetch stale_fetch unmasked_store event_inside proof_not_once"),
    # suits() is enough by itself.  To read back is not: in an HVM guest the byte of Xen PV keeps what is stored there.
    ("wrong_mask_suits", (FLAG, BYTE), "not_started", ""),
    ("wrong_mask_read_back", (BYTE,), "not_started", ""),
    ("wrong_mask_read_back", (FLAG,), "not_started",
     "torn_fetch stale_fetch unmasked_store event_inside proof_not_once"),
    ("late_serialise", (FLAG, BYTE), "not_started", "stale_fetch unmasked_unserialised"),
    # The second CPU, which waits for an answer to what CPU 0 was never told, stands still for ever.
    ("test_first", (BYTE,), "parked", f"no_event_lost patcher_ends {DEADLOCK}"),
    ("two_steps", (FLAG, BYTE), "not_started", "stored_twice"),
    ("two_windows", (FLAG, BYTE), "not_started", "wrong_fetch stored_twice proof_not_once"),
    ("second_not_parked", (FLAG, BYTE), "parked", "torn_fetch stale_fetch second_ran"),
    ("started_early", (FLAG, BYTE), "not_started", "torn_fetch stale_fetch second_ran"),
    ("not_counted", (FLAG, BYTE), "parked", "torn_fetch stale_fetch second_ran"),
    ("count_reused", (FLAG, BYTE), "parked", "stale_fetch second_ran"),
    ("leaves_stale", (FLAG, BYTE), "parked", "stale_fetch second_ran"),
    ("not_asked", (FLAG, BYTE), "parked", "patcher_ends"),
    ("parks_masked", (FLAG, BYTE), "parked", f"no_event_lost window_ends patcher_ends {DEADLOCK}"),
    ("short_store", (FLAG, BYTE), "not_started", "torn_fetch stored_twice read_back_differs"),
    ("nmi_site", (FLAG, BYTE), "not_started", "torn_fetch stale_fetch"),
    ("pending_dropped", (FLAG, BYTE), "not_started", "proof_not_once no_event_lost"),
    ("not_acknowledged", (FLAG, BYTE), "not_started", "proof_not_once patcher_ends"),
]


def names(pattern):
    """The words in what a pattern's group finds in the model."""
    source = re.sub(r"/\*.*?\*/", "", MODEL.read_text(), flags=re.S)
    return [name for found in re.findall(pattern, source, re.S) for name in re.findall(r"[a-z]\w*", found)]


FAULTS = names(r"mtype:fault = \{(.*?)\}")
FORBIDDEN = [name for name in names(r"hidden byte ([^;]*);") if name != "true"]
FORMULAS = names(r"\nltl (\w+)")


def command(arguments, **settings):
    return subprocess.run(arguments, cwd=BUILD, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=SECONDS, env=dict(os.environ, **settings))


def make(arguments):
    """Runs a step that must succeed."""
    done = command(arguments)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, arguments))}:\n{done.stdout}")


def search(case, program, *arguments):
    """Runs one search of a case to its end; returns what it said."""
    said = command([f"./{program}", *BOUNDS, *arguments], **case).stdout
    if not re.search(r"^State-vector .* errors: \d+$", said, re.M) or re.search(r"too small|memory limit", said):
        raise RuntimeError(f"no end of the search:\n{said}")
    return said


def generate():
    """Makes the two programs that search; returns the number of each of the model's words.

    What a case sets is of spin's `hidden` kind, whose first value stands in what spin makes of the model: pan.c takes
    it from the environment instead.
    """
    shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir(parents=True)
    make(["spin", "-a", MODEL])
    source = (BUILD / "pan.c").read_text()
    source, count = re.subn(rf"^(\s*)({'|'.join(SETTINGS)}) = 0;$", r'\1\2 = atoi(getenv("\2"));', source, flags=re.M)
    if count != len(SETTINGS):
        raise RuntimeError(f"pan.c sets {count} of {' '.join(SETTINGS)}")
    (BUILD / "pan.c").write_text(source)
    make([*COMPILE, "safety", "-DSAFETY", "-DNOCLAIM"])
    make([*COMPILE, "liveness"])
    return dict(re.findall(r'^\s*printf\("\tmtype  (\w+):\t(\d+)\\n"\);$', source, re.M))


def search_safety(case):
    """Which assertions can fail, whether there is a deadlock, and how many states there are."""
    # -c0: to the end, whatever is found on the way.
    said = search(case, "safety", "-c0")
    found = set(re.findall(r"assertion violated\s+!\((\w+)\)", said))
    if re.search(r"^pan:\d+: invalid end state", said, re.M):
        found.add(DEADLOCK)
    return found, int(re.search(r"^\s*(\d+) states, stored$", said, re.M)[1])


def search_liveness(case):
    """Which formulas can fail, with weak fairness.  Not the assertions: they have been looked at."""
    return {formula for formula in FORMULAS
            if "errors: 0" not in search(case, "liveness", "-a", "-f", "-A", "-N", formula)}


def verdict(properties):
    order = [*FORBIDDEN, *FORMULAS, DEADLOCK]
    return "refuted by " + " ".join(sorted(properties, key=order.index)) if properties else "clean"


def check(numbers, fault, backend, second, expected):
    """Prints one line; returns whether exactly what is expected was refuted."""
    try:
        case = {"XEN_PV": str(int(backend == BYTE)), "SECOND": numbers[second], "FAULT": numbers[fault]}
        found, states = search_safety(case)
        # What is wrong already is not searched again for what else may be, unless that is expected.
        if not found or expected & set(FORMULAS):
            found |= search_liveness(case)
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        print(f"model {fault} backend={backend} second={second} FAILED: {error}", flush=True)
        return False
    wrong = "" if found == expected else f" FAILED: expected {verdict(expected)}"
    print(f"model {fault} backend={backend} second={second} states={states} verdict={verdict(found)}{wrong}", flush=True)
    return found == expected


def main(chosen):
    cases = [(fault, backend, second, set(expected.split()))
             for fault, backends, second, expected in CASES for backend in backends]
    numbers = generate()
    results = [check(numbers, *case) for case in cases if not chosen or case[0] in chosen]
    for what, lacking in (("fault without a case", set(FAULTS) ^ {case[0] for case in cases}),
                          ("property that no fault breaks",
                           {*FORBIDDEN, *FORMULAS, DEADLOCK} ^ set().union(*(case[3] for case in cases)))):
        for name in sorted(lacking):
            print(f"model: FAILED: {what}: {name}")
            results.append(False)
    print(f"model: {results.count(True)} passed, {results.count(False)} failed")
    return 1 if False in results else 0


if __name__ == "__main__":
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__.strip())
        sys.exit(0)
    sys.exit(main(sys.argv[1:]))
