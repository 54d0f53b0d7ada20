# SPDX-License-Identifier: GPL-2.0-or-later
"""What run.py starts of a small vmlinux with relocations: moved, and left where it is linked, with the reason where KASLR was asked
for. tests/images/bad_relocs.py has the relocations that are refused."""

import os

from tests.files.formats import MIB
from tests.files.linux_elf import ADDRESS, PAGE, lists, vmlinux
from tests.guests import start

LULL = os.path.join(start.BUILD, "lull.elf")
# Of the 256 MiB that a case has, so much that it can hardly be moved in it.
LARGE = 256 * MIB - ADDRESS - 4 * MIB
MILLION = 1_000_000

ON, PVH = "lull.kaslr=on", "lull.kaslr=on lull.proto=pvh"
UNUSED = "lull: warning not used: lull.kaslr, because "


def write(name, data):
    path = os.path.join(start.BUILD, "guests", f"vmlinux_{name}.elf")
    with open(path, "wb") as file:
        file.write(data)
    return path


def cases():
    """Yield cases as run.py does."""
    sound = write("sound", vmlinux() + lists())
    million = write("million", vmlinux(narrow=MILLION) + lists(narrow=[PAGE + 4 * index for index in range(MILLION)]))
    no_list = write("no_list", vmlinux())
    large = write("large", vmlinux(LARGE) + lists())
    for kernel, line, moved, reason in (
            (sound, "", "on", ""), (sound, PVH, "on", ""), (million, "", "on", ""),
            (sound, f"{ON} nokaslr kaslr", "off", "the kernel's command line says nokaslr"),
            (sound, "lull.kaslr=off", "off", ""),
            (no_list, "", "off", ""), (no_list, ON, "off", "this kernel has no relocations"),
            # The virtual address has places of its own.
            (large, "", "on", "")):
        yield LULL, "native", kernel, line, "poweroff", [f"kaslr={moved}\n"] + ([UNUSED + reason] if reason else [])
