# SPDX-License-Identifier: GPL-2.0-or-later
"""In what state a kernel is entered: through lull, a PVH kernel and one with Linux's 64-bit entry find the machine as the
PVH kernel finds it directly. Each judges the registers itself; the rest is compared here."""

import os
import re

from tests.guests import start
from tests.files import formats

INITRD = os.path.join(start.BUILD, "guests", "test.initrd")
LULL = os.path.join(start.BUILD, "lull.elf")
PVH = os.path.join(start.BUILD, "guests", "pvh_look64.elf")
CODE = os.path.join(start.BUILD, "guests", "linux64.bin")

# What is the machine's and not the kernel's.
SAME = {
    "pic masks": r"guest: pic masks (.*)",
    "apic base": r"guest: apic base (\S+)",
    "apic": r"guest: apic (spurious \S+ timer \S+ lint0 \S+)",
    "rsdp": r"guest: (?:start_info|boot_params) .*(rsdp \S+)",
    "memory map": r"guest: area (.*)",
}


def bzimage():
    """The guest's code behind a setup header."""
    with open(CODE, "rb") as file:
        code = file.read()
    size = -(-len(code) // 16) * 16
    header = formats.bzimage(size, relocatable=0, init_size=size)[:formats.CODE_OFFSET]
    return header + code.ljust(size, b"\0")


def containers():
    """(name, image) of a UKI for each, with the test initrd."""
    with open(INITRD, "rb") as file:
        initrd = formats.Section(".initrd", file.read())
    with open(PVH, "rb") as file:
        kernels = {"pvh": file.read(), "linux64": bzimage()}
    for name, kernel in kernels.items():
        path = os.path.join(start.BUILD, "guests", f"state-{name}.efi")
        with open(path, "wb") as file:
            file.write(formats.uki([formats.Section(".linux", kernel), initrd]))
        yield name, path


def found(console):
    return {name: re.findall(pattern, console) for name, pattern in SAME.items()}


def judge(name, console, expected):
    """What is wrong with a start, or None."""
    if "GUEST OK" not in console:
        return f"FAIL state {name}: the guest is not content{start.indented(console, 40)}"
    for what, value in found(console).items():
        if value != expected[what] or not value:
            return f"FAIL state {name}: {what} {value}, without lull {expected[what]}"
    return None


def check():
    """Yield None for each kernel that is entered as it should be, else the line that says what is wrong."""
    direct = start.start("native", PVH, INITRD, "modules=1 expect-initrd")
    for name, image in containers():
        ended = start.start("native", LULL, image, "modules=1 expect-initrd")
        yield judge(name, ended.console, found(direct.console))
