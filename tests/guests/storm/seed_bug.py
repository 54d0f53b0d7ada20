#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`make seed-bug`: the storm with each seeded fault, on every backend where it applies. Each must be noticed, and the
same run without the fault must find nothing.

    seed_bug.py [--kvm] [--parallel N] [FAULT...]
"""

import argparse
import os
import re
import sys

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
from tests.guests.storm import backends
from tests.guests.storm.backends import BACKENDS, KVM_DOORS, WITH_NMI, start

ALL = (*BACKENDS, *KVM_DOORS)
STORM = "windows=200"
STEPS = "boundaries=1"
# fault: (where it applies, the words it is started with, CPUs)
FAULTS = {
    "no-mask": (ALL, STORM, 1),
    "late-serialise": (ALL, STORM, 1),
    # Between two instructions: only an event at every boundary comes there for certain.
    "early-test": (("xen-pv",), STEPS, 1),
    "two-steps": ((*BACKENDS, "kvm"), STEPS, 1),
    "cli-under-pv": (("xen-pv",), STORM, 1),
    "byte-under-hvm": (("xen-hvm",), STORM, 1),
    "unparked": (ALL, STORM, 2),
    "nmi-site": (WITH_NMI, STEPS, 1),
}


# What half-written code does to a guest. Other reasons to fail are the lab's, and notice nothing.
CRASHES = ("GUEST FAIL exception", "GUEST FAIL check", "GUEST FAIL a stack overflowed")


def image_of(fault):
    return os.path.join(start.BUILD, "guests", "storm-fault", fault.upper().replace("-", "_") + ".elf")


def effect(fault, ended):
    """How a fault showed: crash, torn or lost; None when nobody noticed."""
    counts = dict(re.findall(r"\b(torn|inside|lost)=(\d+)", "\n".join(backends.lines(ended, "storm backend=",
                                                                                    "boundaries="))))
    if not counts:
        said = backends.lines(ended, *CRASHES)
        return "crash" if ended.outcome == "crash" and said or ended.outcome == "triple-fault" else None
    middle = re.search(r"of a middle step (\d+)", ended.console)
    if fault == "two-steps" and not (middle and int(middle.group(1))):
        return None
    return next((name for name in ("torn", "lost") if int(counts[name])), None)


def good(case):
    """The run without a fault."""
    backend, words, cpus = case
    ended = backends.run(backend, backends.IMAGE, words, cpus)
    return case, ended.outcome == "poweroff" and bool(backends.lines(ended, "GUEST OK")), ended


def bad(case):
    fault, backend = case
    _, words, cpus = FAULTS[fault]
    ended = backends.run(backend, image_of(fault), words, cpus)
    return case, effect(fault, ended), ended


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    backends.add_options(parser)
    parser.add_argument("faults", nargs="*", choices=[[], *FAULTS], metavar="FAULT")
    options = parser.parse_args()
    start.prepare()
    chosen = options.faults or list(FAULTS)
    cases = [(fault, backend) for fault in chosen for backend in backends.chosen(FAULTS[fault][0], options)]
    clean = sorted({(backend, *FAULTS[fault][1:]) for fault, backend in cases})
    failed, masked = 0, {}
    with start.concurrent.futures.ThreadPoolExecutor(options.parallel) as pool:
        for case, fine, ended in pool.map(good, clean):
            masked[case] = "ok" if fine else ended.outcome + start.indented(ended.console)
        for (fault, backend), shown, ended in pool.map(bad, cases):
            well = masked[backend, *FAULTS[fault][1:]]
            print(f"seed fault={fault} backend={backend} unmasked={shown or 'unnoticed'} masked={well}", flush=True)
            if shown is None:
                print(f"FAIL {fault} {backend}: {ended.outcome} {ended.detail}{start.indented(ended.console)}")
            failed += shown is None or well != "ok"
    print(f"seed-bug: {len(cases) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
