#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Run the storm on every backend with one CPU and with two, and an event at every instruction boundary of the window.

    run.py [--windows N] [--cpus N,N...] [--parallel N]

Without a seeded fault nothing may be torn, lost, or delivered inside a window, and an event must have been held in
every one. The boundaries that the guest stepped through are held against the image: which instructions of the engine's
own functions there are, and which of them no event was tried at.
"""

import argparse
import os
import sys

import backends
from backends import start

sys.path.insert(0, os.path.join(backends.HERE, "..", "..", "check"))

import symbols  # noqa: E402
from elf_image import Image  # noqa: E402

# What lies in the window and may be left: to handle what interrupts it, and through the pointers that the kernel gave.
KERNELS_OWN = ("trap_common", "stay_offline", "window_serialise", "window_clock", "rendezvous_park", "patch_masked")

# From mask to unmask of a running kernel; mask_enter() is stepped from where it masks.
STEPPED = ("mask_enter", "patch_masked", "commit", "journal_apply", "journal_revert", "mask_check", "mask_note_store",
           "mask_serialise", "rendezvous_release", "turn", "mask_exit", "serialise")
STEPPED_BY_BACKEND = {
    "native": ("flag_is_masked", "flag_mask", "flag_unmask"),
    "xen-hvm": ("flag_is_masked", "flag_mask", "flag_unmask"),
    "xen-pv": ("xen_pv_is_masked", "xen_pv_mask", "xen_pv_unmask"),
}


def window_is_closed(image):
    """Nothing in the window calls out of it, as in the shim."""
    return [line for line in symbols.window_branches(image) if not line.startswith(KERNELS_OWN)]


def stepped(console):
    """The offsets in the window that the guest saw: every bit of its `seen` lines that is set."""
    digits = "".join(line[len("seen "):] for line in console.splitlines() if line.startswith("seen "))
    return {at for at in range(4 * len(digits)) if int(digits[at // 4], 16) >> 3 - at % 4 & 1}


def compare(image, backend, console):
    """(instructions seen, instructions there are) in the functions that a window runs through; what was not seen."""
    first, last = image.address_of("window_start"), image.address_of("window_end")
    seen = {first + offset for offset in stepped(console)}
    names = STEPPED + STEPPED_BY_BACKEND[backend]
    there = [one for one in image.instructions(first, last) if one.function in names]
    missed = [one for one in there if one.address not in seen]
    return len(there) - len(missed), len(there), missed


def storm(case):
    """One run of the storm; None, or what is wrong with it."""
    backend, cpus, windows = case
    ended = backends.run(backend, backends.IMAGE, f"windows={windows}", cpus)
    said = backends.lines(ended, f"storm backend={backend} cpus={cpus} ")
    print("\n".join(said), flush=True)
    if ended.outcome == "poweroff" and said and backends.lines(ended, "GUEST OK"):
        return None
    return f"FAIL storm {backend} {cpus}: {ended.outcome} {ended.detail}{start.indented(ended.console)}"


def boundaries(backend):
    """One run with an event at every boundary; None, or what is wrong with it."""
    ended = backends.run(backend, backends.IMAGE, "boundaries=1")
    said = backends.lines(ended, "boundaries=")
    if ended.outcome != "poweroff" or not said or not backends.lines(ended, "GUEST OK"):
        return f"FAIL boundaries {backend}: {ended.outcome} {ended.detail}{start.indented(ended.console)}"
    seen, there, missed = compare(Image(backends.IMAGE), backend, ended.console)
    print(f"{said[0]} engine={seen}/{there}", flush=True)
    for one in missed:
        print(f"    not run: {one.function} {one.address:#x} {one.name} {one.operands}")
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--windows", type=int, default=10000)
    parser.add_argument("--cpus", default="1,2")
    parser.add_argument("--parallel", type=int, default=2)
    options = parser.parse_args()
    start.prepare()
    cases = [(backend, int(cpus), options.windows) for cpus in options.cpus.split(",") for backend in backends.BACKENDS]
    failed = start.run_all(cases, storm, options.parallel)
    failed += start.run_all(backends.BACKENDS, boundaries, options.parallel)
    open_window = window_is_closed(Image(backends.IMAGE))
    print("".join(f"storm: {line}\n" for line in open_window), end="")
    failed += bool(open_window)
    total = len(cases) + len(backends.BACKENDS) + 1
    print(f"storm: {total - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
