# SPDX-License-Identifier: GPL-2.0-or-later
"""Start images through the lab, two side by side, and judge how each ends: as dom0 of a real Xen, or with no Xen."""

import concurrent.futures
import os
import time

from tests.lab import accel, dom0, faults, paths, plain, proc, xen_image
from tests.lab.result import LabFault, Result

BUILD = paths.BUILD
ATTEMPTS = 2
# Seconds between two words of how far a suite is.
PROGRESS = 10


def once(place, image, module, cmdline, **limits):
    if place in ("dom0", "dom0-pv"):
        return dom0.run_dom0(image, module, cmdline, pvh=place == "dom0", **limits)
    if place == "no-acpi":
        return plain.run(image, module, cmdline, flags=[*accel.native(limits["vcpus"]), "-machine", "pc,acpi=off"], **limits)
    return plain.run(image, module, cmdline, **limits)


def start(place, image, module=None, cmdline="", memory=256, timeout=30, vcpus=1):
    """Start an image in "dom0" (PVH), "dom0-pv", "native", or "no-acpi", a PC that does not say how many CPUs it has. A lab fault is
    tried again, then becomes the outcome."""
    for _ in range(ATTEMPTS):
        try:
            return once(place, image, module, cmdline, memory=memory, timeout=timeout, vcpus=vcpus)
        except LabFault as problem:
            fault = problem
            faults.note(f"{place} {os.path.basename(image)}", fault)
    return Result("lab-fault", "", 0.0, str(fault), "")


def run_all(cases, run, parallel):
    """Call run(case) for every case, PARALLEL at a time. RUN returns None or what is wrong. Return the number wrong.

    Prints one line, and what the case left on its console, for each that is wrong; and now and then how many are done.
    """
    wrong, spoken = 0, time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(parallel) as pool:
        for number, problem in enumerate(pool.map(run, cases), 1):
            if problem:
                wrong += 1
                print(problem, flush=True)
            if time.monotonic() - spoken > PROGRESS:
                spoken = time.monotonic()
                print(f"... {number} of {len(cases)}, {wrong} wrong", flush=True)
    return wrong


def indented(console, count=20):
    return "".join(f"\n    {line}" for line in console.splitlines()[-count:])


def prepare():
    """For main programs: no QEMU outlives us, and Xen is unpacked once, before two start side by side."""
    proc.leave_on_signals()
    xen_image.file_name()
