# SPDX-License-Identifier: GPL-2.0-or-later
"""Broken ELF kernels, and sound ones that fit nowhere."""

import struct

from tests.files.formats import (GIB, MIB, NOTE_ENTRY, NOTE_PHYS32_ENTRY, PT_NOTE, Segment, note, note_segment,
                                  pvh_kernel)
from tests.files.wrapper import BASE, RAM, Module, Wrapper

ENTRY = struct.pack("<I", MIB)


def truncated(images):
    for bits, header, segment in ((32, 52, 32), (64, 64, 56)):
        whole = pvh_kernel(bits)
        for name, size, expect in (
                ("magic", 4, "elf-truncated"), ("class", 5, "elf-truncated"), ("identification", 16, "elf-truncated"),
                ("header", header - 1, "elf-truncated"), ("no-table", header, "elf-truncated"),
                ("table-middle", header + segment // 2, "elf-truncated"), ("table-first", header + segment, "elf-truncated"),
                ("table", header + 2 * segment - 1, "elf-truncated"),
                ("before-notes", 4096, "elf-segment-end"), ("notes", 4096 + 8, "elf-segment-end"),
                ("segment", 8192 + 16, "elf-segment-end"), ("last-byte", len(whole) - 1, "elf-segment-end")):
            tiers = ("dom0", "native") if name in ("header", "segment") else ("native",)
            images.module(f"elf{bits}-cut-{name}", whole[:size], expect, tiers)


def headers(images):
    for name, lies, expect in (
            ("class", {"elf_class": 3}, "elf-kind"), ("big-endian", {"byte_order": 2}, "elf-kind"),
            ("object", {"type": 1}, "elf-kind"), ("core", {"type": 4}, "elf-kind"), ("arm", {"machine": 183}, "elf-kind"),
            ("machine-none", {"machine": 0}, "elf-kind"),
            ("segment-size", {"segment_size": 55}, "elf-kind"), ("segment-size-zero", {"segment_size": 0}, "elf-kind"),
            ("count-zero", {"count": 0}, "elf-no-segment"), ("count-65535", {"count": 65535}, "elf-truncated"),
            ("table-far", {"table": (1 << 64) - 56}, "elf-truncated")):
        images.module(f"elf-{name}", pvh_kernel(**lies), expect)


def segments(images):
    both = ("dom0", "native")

    def extra(*parts, **options):
        return pvh_kernel(segments=parts, **options)
    images.module("elf-wraps", extra(Segment(address=(1 << 64) - 4096, memory_size=8192)), "elf-segment-wrap", both)
    images.module("elf-wraps-size", extra(Segment(address=16 * MIB, memory_size=(1 << 64) - MIB)), "elf-segment-wrap")
    images.module("elf32-wraps", extra(Segment(address=0xfffff000, memory_size=0x2000), bits=32), "place-segment-ram")
    images.module("elf-overlap", extra(Segment(b"x" * 64, MIB + 0x2000)), "elf-segment-overlap", both)
    images.module("elf-same-place", extra(Segment(b"x" * 64, MIB)), "elf-segment-overlap")
    images.module("elf-file-larger", extra(Segment(b"x" * 64, 4 * MIB, memory_size=16)), "elf-segment-size")
    images.module("elf-past-end", extra(Segment(b"x", 4 * MIB, 4 * MIB, file_size=2 * MIB)), "elf-segment-end")
    images.module("elf-offset-wraps", extra(Segment(b"x", 4 * MIB, 4096, offset=(1 << 64) - 1)), "elf-segment-end")
    many = [Segment(address=(4 + i) * MIB, memory_size=4096) for i in range(40)]
    images.module("elf-40-segments", extra(*many), "elf-segment-count")
    images.module("elf-40-notes", extra(*[note_segment(note(1, b"", b"GNU\0")) for _ in range(40)]), "elf-segment-count")
    images.module("elf-notes-past-end", extra(Segment(b"", 0, kind=PT_NOTE, align=4, file_size=4096, offset=1 << 40)),
                  "elf-segment-end")
    # Outside RAM: in the ISA hole, behind the last byte, across the end, above 4 GiB, in the interrupt controller.
    for name, address, size in (("isa-hole", 0xa0000, 4096), ("behind-ram", GIB * 3, 4096), ("across-end", 16 * MIB, GIB),
                                ("above-4g", 1 << 40, 4096), ("apic", 0xfee00000, 4096), ("huge", 16 * MIB, 1 << 45)):
        images.module(f"elf-{name}", extra(Segment(address=address, memory_size=size)), "place-segment-ram",
                      both if name == "isa-hole" else ("native",))


def notes(images):
    number = NOTE_PHYS32_ENTRY
    for name, data, expect in (
            ("none", b"", "elf-no-pvh"),
            ("foreign", note(number, ENTRY, b"GNU\0"), "elf-no-pvh"),
            ("pv-only", note(NOTE_ENTRY, ENTRY), "elf-pv-only"),
            ("size-3", note(number, b"abc"), "elf-note-size"),
            ("size-0", note(number, b""), "elf-note-size"),
            ("size-16", note(number, b"a" * 16), "elf-note-size"),
            ("name-long", note(number, ENTRY, name_size=0xffffffff), "elf-note"),
            ("value-long", note(number, ENTRY, size=0xfffffff0), "elf-note"),
            ("cut", note(number, ENTRY)[:-2], "elf-note"),
            ("entry-outside", note(number, struct.pack("<I", 8 * MIB)), "elf-entry"),
            ("entry-zero", note(number, struct.pack("<I", 0)), "elf-entry"),
            ("entry-64", note(number, struct.pack("<Q", MIB + (1 << 32))), "elf-entry"),
            ("entry-at-end", note(number, struct.pack("<I", MIB + 16384)), "elf-entry")):
        images.module(f"elf-note-{name}", pvh_kernel(notes=data), expect)


def places(images):
    """With a memory map of our own, so small that something is left over."""
    both = ("dom0", "native")
    top = BASE + 16 * MIB
    memory = [(0, 0x9f000, RAM), (MIB, top - MIB, RAM)]
    rest = 128 * 1024
    initrd = Module(b"initrd".ljust(2 * MIB, b"."))
    kernel = Module(pvh_kernel(memory_size=top - MIB - rest))
    images.wrapped("initrd-does-not-fit", Wrapper([kernel, initrd], memory), "place-initrd", both)
    whole = Module(pvh_kernel(memory_size=top - MIB))
    images.wrapped("kernel-is-all-memory", Wrapper([whole], memory), "place-handover", both)
    images.wrapped("kernel-is-more-than-memory", Wrapper([Module(pvh_kernel(memory_size=top))], memory), "place-segment-ram")


def add(images):
    images.category = "elf"
    truncated(images)
    headers(images)
    segments(images)
    notes(images)
    places(images)
