# SPDX-License-Identifier: GPL-2.0-or-later
"""A small vmlinux, and relocations behind it: three lists of addresses, each after a word of 0 (Linux's arch/x86/tools/relocs.c)."""

import struct

from tests.files.formats import MIB, NOTE_PHYS32_ENTRY, RUNS_64, Elf, Segment, note, note_segment

NOTE_GUEST_OS = 6
ADDRESS = 16 * MIB
LINKED = 0x81000000
# Where in the kernel's page its PVH entry is, and a word of each list; what the words hold counts from an address of the kernel's.
PVH_ENTRY, WIDE, INVERSE, NARROW = 0x80, 0x100, 0x110, 0x120
WORDS = ((WIDE, "<Q", 0xffffffff00000000 | LINKED), (INVERSE, "<I", 0x7f000000), (NARROW, "<I", LINKED | 0x100))
PAGE = 4096


def vmlinux(memory_size=PAGE, narrow=0):
    """By either of its entries it ends the machine; the code means the same in 32 bits. NARROW: how many words of the last list are behind its page."""
    code = bytearray(RUNS_64.ljust(PAGE, b"\x90"))
    code[PVH_ENTRY:PVH_ENTRY + len(RUNS_64)] = RUNS_64
    for offset, form, value in WORDS:
        struct.pack_into(form, code, offset, value)
    code += struct.pack("<I", LINKED | 0x100) * narrow
    notes = note(NOTE_PHYS32_ENTRY, struct.pack("<I", ADDRESS + PVH_ENTRY)) + note(NOTE_GUEST_OS, b"linux\0")
    return Elf([note_segment(notes), Segment(bytes(code), ADDRESS, max(memory_size, len(code)))], entry=ADDRESS).build()


def lists(wide=(WIDE,), inverse=(INVERSE,), narrow=(NARROW,)):
    """The lists, of offsets in the kernel; one that is None is left out."""
    return b"".join(struct.pack(f"<I{len(offsets)}I", 0, *(LINKED + offset for offset in offsets))
                    for offsets in (wide, inverse, narrow) if offsets is not None)
