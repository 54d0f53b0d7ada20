# SPDX-License-Identifier: GPL-2.0-or-later
"""What run.py starts of a small vmlinux with relocations: moved, and left where it is linked, with the reason where KASLR was asked
for. tests/images/bad_relocs.py has the relocations that are refused."""

import os

from tests.files.formats import MIB
from tests.files.linux_elf import ADDRESS, PAGE, PVH_ENTRY, lists, vmlinux
from tests.guests import start
from tests.lab import kernels

LULL = os.path.join(start.BUILD, "lull.elf")
# Of the 256 MiB that a case has, so much that the place where it is linked is the only one, and of that the last MiB is left.
LARGE = 256 * MIB - ADDRESS - MIB
MILLION = 1_000_000

ON, PVH = "lull.kaslr=on", "lull.kaslr=on lull.proto=pvh"
UNUSED = "lull: warning not used: lull.kaslr, because "


def write(name, data):
    path = os.path.join(start.BUILD, "guests", f"vmlinux_{name}.elf")
    kernels.publish(data, path)
    return path


def cases():
    """Yield cases as run.py does."""
    sound = write("sound", vmlinux() + lists())
    million = write("million", vmlinux(narrow=MILLION) + lists(narrow=[PAGE + 4 * index for index in range(MILLION)]))
    no_list = write("no_list", vmlinux())
    large = write("large", vmlinux(LARGE) + lists())
    linked = f"entry={ADDRESS:#x} proto=vmlinux"
    for kernel, line, handover, reason in (
            (sound, "", "kaslr=on", ""), (sound, PVH, "kaslr=on", ""), (million, "", "kaslr=on", ""),
            (sound, f"{ON} nokaslr kaslr", f"{linked} kaslr=off", "the kernel's command line says nokaslr"),
            (sound, "lull.kaslr=off", f"{linked} kaslr=off", ""),
            (no_list, "", f"{linked} kaslr=off", ""), (no_list, ON, f"{linked} kaslr=off", "this kernel has no relocations"),
            # The virtual address has places of its own.
            (large, "", f"{linked} kaslr=on", ""), (large, PVH, f"entry={ADDRESS + PVH_ENTRY:#x} proto=pvh kaslr=on", ""),
            # More than four, and Linux's KASLR looks for no physical place.
            (sound, PVH + " memmap=1K$1K" * 5, "proto=pvh kaslr=off", "there is no room for another place")):
        yield LULL, "native", kernel, line, "poweroff", [handover + "\n"] + ([UNUSED + reason] if reason else [])
