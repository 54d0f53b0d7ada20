#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Find by experiment the least memory in which a kernel boots: directly, and with lull.

    least_memory.py [--doors xl,pv,qemu,grub,lull-xl,lull-pv] [--kernels 6.1,6.1-cloud,6.12,look32,look64]
                    [--vcpus 1,2] [--times 20] [--known]

Prints a line `door kernel vcpus MiB` for each, or "never"; xl is type="pvh". A lull- door that is named after the same
door without lull gets a second line: how much more memory lull takes. Bisects in steps of 4 MiB between 16 and 256
MiB; the figure is the smallest that boots so many times in a row, because just below it whether a kernel boots is
chance: what it does at once differs, and with it the most memory that it ever uses. Standard error says how a start
failed. More CPUs never need less memory, so their search begins where the one before ended; with --known, every search
of a kernel begins at the figure in ways.py, where the figures go by hand.
"""

import argparse
import os
import sys

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.lab import faults, initrd, kernels, packages, paths, plain, proc, result, session
from tests.matrix import ways

# MiB that lull may take more.
GOAL = 48
STEP, LEAST, MOST = 4, 16, 256
LOOK = {name: os.path.join(paths.BUILD, "guests", f"pvh_{name}.elf") for name in ("look32", "look64")}

# What xl calls its doors, here and in its configuration.
XL_TYPES = {"xl": "pvh", "pv": "pv"}
WITH_LULL = "lull-"


class Boots:
    """Boots one kernel by one door with a given memory. Keeps an xl lab open."""

    def __init__(self):
        self.lab = None

    def works(self, door, kernel, vcpus, memory):
        """Say whether the kernel came as far as its user space (or its verdict) and powered off; if not, how it ended."""
        way = door.removeprefix(WITH_LULL)
        cell = {"kernel": LOOK.get(kernel) or kernels.fetch(kernel), "vcpus": vcpus, "memory": memory, "timeout": 120}
        if kernel in LOOK:
            wanted, cell["cmdline"] = "GUEST OK", ""
        else:
            console = "hvc0" if way in XL_TYPES else "ttyS0"
            wanted, cell["ramdisk"] = "USERSPACE UP", initrd.guest()
            cell["cmdline"] = f"console={console} {kernels.QUIET}"
        if way != door:
            cell.update(kernel=ways.packed(kernel))
            cell.pop("ramdisk", None)
        ended = self.boot(way, cell)
        arrived = ended.outcome == "poweroff" and wanted in ended.console
        if not arrived:
            last = (ended.console.splitlines() or ["no line"])[-1]
            print(f"{door} {kernel} {vcpus} {memory} MiB: {ended.outcome} {ended.detail}, after: {last}",
                  file=sys.stderr, flush=True)
        return arrived

    def boot(self, door, cell):
        if door == "qemu":
            return plain.run(**cell)
        if door == "grub":
            return plain.run(**cell, loader="grub-linux", scratch=os.path.join(paths.BUILD, "matrix", "least"))
        for _ in range(3):
            try:
                if not self.lab:
                    self.lab = session.Session("xl", MOST)
                    self.lab.start()
                return self.lab.run(dict(cell, door=XL_TYPES[door]))
            except result.LabFault as fault:
                faults.note(f"{door} {cell['memory']} MiB", fault)
                self.lab.close()
                self.lab = None
        raise SystemExit("the lab failed three times")


def least(works, known, times):
    """Bisect, unless a figure to begin with is known; then climb until the figure holds. None when it never does."""
    too_little, enough = (known or MOST) - STEP, known or MOST
    if not known:
        too_little = LEAST - STEP
    while enough - too_little > STEP:
        middle = (too_little + enough) // 2 // STEP * STEP
        # Twice, because one failure may have another reason than the memory, and would send the search far up.
        if works(middle) or works(middle):
            enough = middle
        else:
            too_little = middle
    while enough <= MOST and not holds(works, enough, times):
        enough += STEP
    return enough if enough <= MOST else None


def holds(works, memory, times):
    """Say whether so many starts in a row succeed, and on standard error which one did not."""
    for start in range(1, times + 1):
        if not works(memory):
            print(f"that was start {start} of {times}", file=sys.stderr, flush=True)
            return False
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--doors", default="xl,qemu,grub")
    parser.add_argument("--kernels", default="6.1,6.1-cloud,6.12,look32,look64")
    parser.add_argument("--vcpus", default="1,2")
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--known", action="store_true")
    options = parser.parse_args()
    packages.require("lab")
    proc.leave_on_signals()
    boots, figures = Boots(), {}
    for door in options.doors.split(","):
        for kernel in options.kernels.split(","):
            if kernel in LOOK and (door in ("grub", "pv") or door.startswith(WITH_LULL)):
                continue  # They are PVH kernels, which GRUB starts under Xen only, and too small to be compared.
            found = None
            for vcpus in map(int, options.vcpus.split(",")):
                if options.known and (door, kernel) in ways.LEAST:
                    found = max(found or 0, ways.LEAST[door, kernel][vcpus - 1])
                found = least(lambda memory: boots.works(door, kernel, vcpus, memory), found, options.times)
                print(f"{door} {kernel} {vcpus} {found or 'never'}", flush=True)
                figures[door, kernel, vcpus] = found
                directly = figures.get((door.removeprefix(WITH_LULL), kernel, vcpus))
                if door.startswith(WITH_LULL) and found and directly:
                    print(f"{door} {kernel} {vcpus}: {found - directly} MiB more than without lull, the goal is {GOAL}",
                          flush=True)
    proc.stop_all()


if __name__ == "__main__":
    main()
