# SPDX-License-Identifier: GPL-2.0-or-later
"""The images that run.py starts and that do not come back, because lull.elf starts their kernel."""

import os

from tests.efi.cases import Case, ELF_KERNEL, Maker, STUB, utf16
from tests.files import picture
from tests.lab import paths

TEST_INITRD = os.path.join(paths.BUILD, "guests", "test.initrd")


def make(directory):
    """Images that do not come back, each with how its machine ends: the memory map changes between GetMemoryMap() and
    ExitBootServices() so many times. More than seven times, and lull has firmware reset the machine."""
    maker = Maker(directory)
    packed = maker.pack(kernel=ELF_KERNEL)
    entered = (r"^lull \S+ door=linux backend=native cpus=1$", r"^lull: handover .* proto=pvh ", "^GUEST OK")
    for changes, outcome in ((1, "poweroff"), (7, "poweroff"), (8, "reboot")):
        expect, reject = (entered, ("lull error",)) if outcome == "poweroff" else ((), ("^lull 0", "lull error"))
        yield Case(f"map-changes-{changes}", {"efi": packed, "map": maker.file(bytes(changes))}, expect, reject), outcome
    # Where Secure Boot drops the load options, lull.elf still hears which profile they chose.
    profiles = maker.sections(maker.pack(kernel=ELF_KERNEL), {".cmdline": b"base"}, {".profile": b"ID=a"}, {".cmdline": b"first"},
                             {".profile": b"ID=b"}, {".cmdline": b"second"})
    yield Case("profile-secure-shim", {"efi": profiles, "sec": maker.file(b""), "opt": maker.file(utf16("@1 a=1"))},
               (*entered, '^lull: payload .* cmdline="second"$', '^guest: cmdline "second"$'), ("lull error",)), "poweroff"
    # What lull.efi has shown is none of what lull.elf does not use.
    pictured = maker.pack("--splash", maker.file(picture.bmp(3, 2, lambda x, y: (x, y, 0))), kernel=ELF_KERNEL)
    yield Case("splash-shim", {"efi": pictured}, entered, ("lull error", "warning")), "poweroff"
    yield from added_to_shim(maker, entered)


def added_to_shim(make, entered):
    """Add-ons of a kernel that lull.elf starts: their words behind all, their initrds behind its own, which together are the one that the
    guest knows."""
    with open(TEST_INITRD, "rb") as file:
        initrd = file.read()
    # Behind its header are four zeros, of which three stand between two parts.
    first, middle, last = initrd[:28], initrd[28:29], initrd[32:]
    one, two = make.sections(STUB, {".cmdline": b"one=1", ".initrd": middle}), make.sections(STUB, {".cmdline": b"two=2", ".initrd": last})
    microcode = "^lull: warning not used: section .ucode of the add-on c.addon.efi$"
    given = {"dev": make.file(b""), "efi.extra.d/a.addon.efi": one, "efi.extra.d/b.addon.efi": two,
             "efi.extra.d/c.addon.efi": make.sections(STUB, {".ucode": b"micro"})}
    packed = make.pack("-c", "base", "-i", make.file(first), kernel=ELF_KERNEL)
    profiles = make.sections(make.pack(kernel=ELF_KERNEL), {".cmdline": b"base", ".initrd": b"none of them"}, {".profile": b"ID=a"},
                             {".profile": b"ID=b"}, {".initrd": first})

    def case(name, image, options, line, *more, files=None):
        return Case(f"shim-addon-{name}", {"efi": image, **(files or given), "opt": make.file(utf16(options))},
                    (*entered, f"^lull: payload .* initrd={len(initrd)} cmdline=\"{line}\"$", f'^guest: cmdline "{line}"$', *more),
                    ("lull error",)), "poweroff"
    yield case("packed", packed, "lull.append expect-initrd", "base expect-initrd one=1 two=2", microcode)
    yield case("alone", packed, "a=1 expect-initrd", "a=1 expect-initrd one=1 two=2", r'^lull: warning not used: the packed command line "base"$')
    yield case("profile", profiles, "@1 expect-initrd lull.append", "base expect-initrd one=1 two=2")
    alone = {"dev": given["dev"], "efi.extra.d/a.addon.efi": make.sections(STUB, {".cmdline": b"expect-initrd", ".initrd": initrd})}
    yield case("no-initrd", make.pack("-c", "base", kernel=ELF_KERNEL), "a=1 lull.cmdline=packed", "base expect-initrd",
               r'^lull: warning not used: the loader\'s command line "a=1 lull\.cmdline=packed"$', files=alone)
