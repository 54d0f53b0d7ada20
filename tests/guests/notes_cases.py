# SPDX-License-Identifier: GPL-2.0-or-later
"""What run.py starts of the small kernels in notes/, each by Xen's own builder and through lull; and PVH guests whose ELF
header has another machine or class than they are linked for. notes.cells has the same behind xl."""

import os

from tests.guests import start

GUESTS = os.path.join(start.BUILD, "guests")
LULL = os.path.join(start.BUILD, "lull.elf")
KERNELS = ("page", "defaults", "p2m_0", "p2m_slots", "physical", "symbols", "string", "last")
EITHER_32, EITHER_64 = os.path.join(GUESTS, "pvh_look64_32.elf"), os.path.join(GUESTS, "pvh_look64_386.elf")
MACHINE, EM_386 = 18, 3


def other_machine():
    """Write the 64-bit guest with the number of the 32-bit machine."""
    with open(os.path.join(GUESTS, "pvh_look64.elf"), "rb") as file:
        data = bytearray(file.read())
    data[MACHINE] = EM_386
    with open(EITHER_64, "wb") as file:
        file.write(data)


def cases():
    """Yield cases as run.py does."""
    for name in KERNELS:
        kernel = os.path.join(GUESTS, "notes", f"{name}.elf")
        yield kernel, "dom0-pv", None, "", "poweroff", ["GUEST OK"]
        yield LULL, "dom0-pv", kernel, "", "poweroff", ["GUEST OK", "proto=xen-pv"]
    # Xen does not make a dom0 of class 32, whatever its machine is.
    kernel = os.path.join(GUESTS, "notes", "last_32.elf")
    yield LULL, "dom0-pv", kernel, "", "crash", ["elf-pv-dom0"]
    other_machine()
    for kernel in (EITHER_32, EITHER_64):
        for place, width in (("native", ""), ("dom0", " width64")):
            yield kernel, place, None, f"modules=0{width}", "poweroff", ["GUEST OK"]
            yield LULL, place, kernel, f"modules=0{width}", "poweroff", ["GUEST OK", "lull: handover"]
