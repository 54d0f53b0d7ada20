# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernels whose multiboot header asks for what lull does not do, or says what cannot be; and sections .modules that lie."""

import struct

from tests.files.formats import MIB, Section, pvh_kernel, uki

BOTH = ("dom0", "native")
END = (0, 0, b"")


def first(flags=0x10003, size=8192, **fields):
    """A flat multiboot1 file with its header at 0x100 (Multiboot 0.6.96, section 3.1)."""
    values = {"header": MIB + 0x100, "load": MIB, "load_end": 0, "bss_end": 2 * MIB, "entry": MIB, **fields}
    magic = 0x1badb002
    header = struct.pack("<8I", magic, flags, -(magic + flags) & 0xffffffff, *values.values())
    return (bytes(0x100) + header).ljust(size, b"\0")[:size]


def second(*tags, length=None, size=8192):
    """A file with a multiboot2 header at 0x100 (Multiboot2 2.0, section 3.1); a tag is its type, flags and content."""
    body = b""
    for kind, flags, content, *lie in tags:
        body = body.ljust(-(-len(body) // 8) * 8, b"\0")
        body += struct.pack("<HHI", kind, flags, lie[0] if lie else 8 + len(content)) + content
    length = 16 + len(body) if length is None else length
    magic = 0xe85250d6
    header = struct.pack("<4I", magic, 0, length, -(magic + length) & 0xffffffff)
    return (bytes(0x100) + header + body).ljust(size, b"\0")


def words(*values):
    return struct.pack(f"<{len(values)}I", *values)


PLACE = (2, 0, words(MIB + 0x100, MIB, 0, 2 * MIB))
ENTRY = (3, 0, words(MIB))


def headers(images):
    add = images.module
    add("multiboot1-flags", first(0x10003 | 0x8000), "multiboot-flag", BOTH)
    add("multiboot1-load-above-header", first(load=MIB + 0x101), "multiboot-address")
    add("multiboot1-before-file", first(load=0), "multiboot-address")
    add("multiboot1-end-behind-file", first(load_end=2 * MIB, bss_end=0), "multiboot-address", BOTH)
    add("multiboot1-bss-before-end", first(bss_end=MIB + 1), "multiboot-address")
    add("multiboot1-entry", first(entry=3 * MIB), "multiboot-entry", BOTH)
    add("multiboot1-no-ram", first(header=0xf0000100, load=0xf0000000, bss_end=0, entry=0xf0000000), "place-segment-ram", BOTH)
    add("multiboot2-tag-unknown", second((99, 0, b""), PLACE, ENTRY, END), "multiboot-unknown", BOTH)
    add("multiboot2-tag-short", second((2, 0, b"1234"), ENTRY, END), "multiboot-header-tag")
    add("multiboot2-tag-long", second((2, 0, b"", 0xfffffff0), END), "multiboot-header-tag", BOTH)
    add("multiboot2-tag-none", second((2, 0, b"", 0), END), "multiboot-header-tag")
    add("multiboot2-length", second(END, length=0x7fffffff), "multiboot-header-tag", BOTH)
    add("multiboot2-request", second((1, 0, words(6, 22)), PLACE, ENTRY, END), "multiboot-request", BOTH)
    add("multiboot2-framebuffer", second((5, 0, words(0, 0, 0)), PLACE, ENTRY, END), "multiboot-framebuffer", BOTH)
    add("multiboot2-efi", second(PLACE, (9, 0, words(MIB)), END), "multiboot-efi-only", BOTH)
    add("multiboot2-no-entry", second(PLACE, END), "multiboot-address")
    add("multiboot2-align", second((10, 0, words(0, 16 * MIB, 3, 0)), PLACE, ENTRY, END), "multiboot-address")
    add("multiboot2-nowhere", second((10, 0, words(2 * MIB, 2 * MIB + 4096, 1, 2)), PLACE, ENTRY, END), "place-kernel", BOTH)
    add("multiboot2-asked", first(), "multiboot-none", BOTH, cmdline="lull.proto=multiboot2")
    add("multiboot1-asked-of-pvh", pvh_kernel(), "multiboot-none", cmdline="lull.proto=multiboot1")
    add("multiboot1-behind-pv", first(), "payload-unknown", ("dom0-pv",))


def modules(images):
    """The section of a UKI in which lull pack puts several modules."""
    def add(name, section, tiers=("native",), expect="modules-section"):
        images.module(f"modules-{name}", uki([Section(".linux", pvh_kernel()), Section(".modules", section)]), expect, tiers)

    def table(*entries, count=None, magic=b"LULLMOD1"):
        return struct.pack("<8sQ", magic, len(entries) if count is None else count) + b"".join(
            struct.pack("<4Q", *entry) for entry in entries)
    add("magic", table(magic=b"LULLMOD2"), BOTH)
    add("count", table((48, 0, 48, 0), count=1 << 59), BOTH)
    add("outside", table((48, 1 << 40, 48, 0)), BOTH)
    add("wraps", table(((1 << 64) - 1, 2, 48, 0)))
    add("line-outside", table((48, 0, 49, 1)))
    add("empty-one", table((48, 0, 48, 0)), expect="initrd-empty")
    add("nine", table(*[(0, 1, 0, 0)] * 9), BOTH, "module-count")


def add(images):
    images.category = "multiboot"
    headers(images)
    modules(images)
