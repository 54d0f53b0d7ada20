#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Run the storm on every backend with one CPU and with two, and an event and an NMI at every instruction
boundary of the window.

    run.py [--kvm] [--windows N] [--cpus N,N...] [--parallel N]

With --kvm the boundaries under KVM too; the storm itself is there in tests/matrix/storm.cells.

Without a seeded fault nothing may be torn, lost, or delivered inside a window, and an event must have been held in
every one. The boundaries that the guest stepped through are held against the image: which instructions of the engine's
own functions there are, and which of them no event was tried at. Two more tests are of the files themselves: nothing in
the window calls out of it, and the library needs nothing that not every kernel has.
"""

import argparse
import os
import re
import subprocess
import sys

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
from tests.check import symbols
from tests.files.elf_image import Image
from tests.guests.storm import backends
from tests.guests.storm.backends import start

# What lies in the window and may be left: to handle what interrupts it, and through the pointers that the kernel gave.
KERNELS_OWN = ("trap_common", "stay_offline", "window_serialise", "window_clock", "rendezvous_park", "patch_masked")

LIBRARY = os.path.join(start.BUILD, "liblull.a")
LIBRARY_MAY_NEED = {"check_failed", "memcpy", "memset", "memcmp", "__stack_chk_fail", "__stack_chk_guard"}

# The functions from mask to unmask of a running kernel; and what a good window on this CPU leaves out of some.
STEPPED = ("mask_enter", "patch_masked", "commit", "journal_apply", "journal_revert", "mask_check", "mask_note_store",
           "mask_serialise", "rendezvous_release", "turn", "mask_exit", "serialise")
LEFT_OUT = {
    "mask_enter": "its way in, before it masks, and its refusals",
    "patch_masked": "its way in, and a refused mask",
    "mask_exit": "the end of a nested window",
    "serialise": "the SERIALIZE instruction, which the emulated CPU lacks",
    "flag_unmask": "the instruction after STI, before which there is no trap and no interrupt",
}
ENDS = re.compile(r"ud2|hlt|(call|jmp).*<(check_failed|__stack_chk_fail|fatal)>")
STEPPED_BY_BACKEND = {
    "native": ("flag_is_masked", "flag_mask", "flag_unmask"),
    "kvm": ("flag_is_masked", "flag_mask", "flag_unmask"),
    "xen-hvm": ("flag_is_masked", "flag_mask", "flag_unmask"),
    "xen-pv": ("xen_pv_is_masked", "xen_pv_mask", "xen_pv_unmask"),
}


def window_is_closed(image):
    """Nothing in the window calls out of it, as in the shim."""
    return [line for line in symbols.window_branches(image) if not line.startswith(KERNELS_OWN)]


def library_is_alone(archive):
    """Nothing that the library needs is more than any kernel has."""
    needed, has = set(), set()
    for line in subprocess.run(["nm", archive], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines():
        words = line.split()
        if len(words) > 1:
            (needed if words[0] == "U" else has).add(words[-1])
    return [f"liblull.a needs {name}" for name in sorted(needed - has - LIBRARY_MAY_NEED)]


def stepped(console):
    """The offsets in the window that the guest saw: every bit of its `seen` lines that is set."""
    digits = "".join(line[len("seen "):] for line in console.splitlines() if line.startswith("seen "))
    return {at for at in range(4 * len(digits)) if int(digits[at // 4], 16) >> 3 - at % 4 & 1}


def successors(code, index):
    """Where one instruction can go on, as indices into the code; not to where a length would be negative (js)."""
    one = code[index]
    found = []
    if re.match(r"j|loop", one.name) and "*" not in one.operands and one.name != "js":
        target = int(one.operands.split()[0], 16)
        found = [i for i, other in enumerate(code) if other.address == target]
    falls = one.name not in ("jmp", "ret", "iretq", "ud2") and index + 1 < len(code)
    return found + ([index + 1] if falls and code[index + 1].function == one.function else [])


def live(code):
    """The instructions of some functions that can run in a window that does not end the machine."""
    after = [successors(code, index) for index in range(len(code))]
    doomed = {i for i, one in enumerate(code) if ENDS.match(f"{one.name} {one.operands}")}
    while True:
        more = {i for i, next_ones in enumerate(after) if next_ones and doomed.issuperset(next_ones)} - doomed
        if not more:
            break
        doomed |= more
    reached = {i for i, one in enumerate(code) if i == 0 or code[i - 1].function != one.function} - doomed
    queue = list(reached)
    while queue:
        for index in after[queue.pop()]:
            if index not in reached and index not in doomed:
                reached.add(index)
                queue.append(index)
    return [code[index] for index in sorted(reached)]


def compare(image, backend, console):
    """(instructions seen, instructions there are) in the functions that a window runs through; what was not seen and
    should have been."""
    first, last = image.address_of("window_start"), image.address_of("window_end")
    seen = {first + offset for offset in stepped(console)}
    names = STEPPED + STEPPED_BY_BACKEND[backend]
    there = live([one for one in image.instructions(first, last) if one.function in names])
    missed = [one for one in there if one.address not in seen]
    return len(there) - len(missed), len(there), [one for one in missed if one.function not in LEFT_OUT]


def nmi_everywhere(backend, said):
    """Whether as many NMIs came as there are boundaries. Some boundaries are in windows of both kinds."""
    counted, came = (int(re.search(rf"\b{name}=(\d+)", said).group(1)) for name in ("boundaries", "nmi"))
    return came >= counted if backend in backends.WITH_NMI else came == 0


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
    if not nmi_everywhere(backend, said[0]):
        return f"FAIL boundaries {backend}: too few NMIs, or some where none gets in: {said[0]}"
    seen, there, missed = compare(Image(backends.IMAGE), backend, ended.console)
    print(f"{said[0]} engine={seen}/{there}", flush=True)
    if not compare(Image(backends.IMAGE), backend, "")[2]:
        return f"FAIL boundaries {backend}: a run that tried nothing would pass"
    if missed:
        left = "".join(f"\n    {one.function} {one.address:#x} {one.name} {one.operands}" for one in missed)
        return f"FAIL boundaries {backend}: no event was tried at{left}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--windows", type=int, default=10000)
    parser.add_argument("--cpus", default="1,2")
    backends.add_options(parser)
    options = parser.parse_args()
    start.prepare()
    cases = [(backend, int(cpus), options.windows) for cpus in options.cpus.split(",") for backend in backends.BACKENDS]
    stepped_on = backends.chosen(STEPPED_BY_BACKEND, options)
    failed = start.run_all(cases, storm, options.parallel)
    failed += start.run_all(stepped_on, boundaries, options.parallel)
    for found in (window_is_closed(Image(backends.IMAGE)), library_is_alone(LIBRARY)):
        print("".join(f"storm: {line}\n" for line in found), end="")
        failed += bool(found)
    total = len(cases) + len(stepped_on) + 2
    print(f"storm: {total - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
