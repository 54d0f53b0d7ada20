# SPDX-License-Identifier: GPL-2.0-or-later
"""Broken start_infos, memory maps and module lists, which only a wrapper can pass."""

import struct

from tests.files.formats import GIB, MIB, Segment, pvh_kernel
from tests.files.wrapper import BASE, DATA, MEMORY, RAM, RESERVED, Module, Wrapper

BOTH = ("dom0", "native")
MAX64 = (1 << 64) - 1


def start_info(images, noise):
    def add(name, expect, tiers=("native",), **fields):
        images.wrapped(f"start-info-{name}", Wrapper([Module(pvh_kernel())], **fields), expect, tiers)
    add("magic", "start-info-magic", BOTH, magic=0x336ec579)
    add("magic-zero", "start-info-magic", magic=0)
    add("zero", "start-info-reach start-info-magic", BOTH, start_info=0)
    add("upon-noise", "start-info-magic", start_info=BASE + DATA + 64)
    add("in-apic", "start-info-magic start-info-reach", start_info=0xfee00000)
    add("across-4g", "start-info-magic start-info-reach", start_info=0xfffffff0)
    add("map-zero", "start-info-reach memory-map-empty memory-map-overlap memory-map-wrap", memmap_paddr=0)
    add("map-wraps", "start-info-reach", BOTH, memmap_paddr=MAX64 - 8)
    add("map-far", "start-info-reach", memmap_paddr=1 << 52)
    add("modules-wrap", "start-info-reach", BOTH, modlist_paddr=MAX64 - 8)
    add("modules-far", "start-info-reach", modlist_paddr=1 << 52)
    add("modules-9", "module-count", nr_modules=9)
    add("modules-4-billion", "module-count", BOTH, nr_modules=0xffffffff)
    # A line that has an end is lull's to refuse, one without is the loader's fault: here it is upon a file.
    add("cmdline-8192", "cmdline-buffer", cmdline=b"a" * 8192)
    add("cmdline-4096", "cmdline-buffer", BOTH, cmdline=b"a" * 4096)
    images.wrapped("start-info-cmdline-endless", Wrapper([Module(b"a" * 80000)], cmdline_paddr=BASE + DATA), "door-cmdline",
                   BOTH)
    add("cmdline-wraps", "door-cmdline", cmdline_paddr=MAX64 - 4)
    add("cmdline-far", "door-cmdline", cmdline_paddr=1 << 52)
    # Version 0 has no memory map, and natively there is nobody else to ask.
    add("version-0", "memory-map-empty", ("native",), version=0)


def acpi_root(**table):
    """ACPI's root pointer of revision 2 (ACPI 6.5, table 5.3) with a good checksum, and where it says its table is."""
    table = {"xsdt": 0, "rsdt": 0, **table}
    root = bytearray(struct.pack("<8sB6sBIIQB3x", b"RSD PTR ", 0, b"LULL  ", 2, table["rsdt"], 36, table["xsdt"], 0))
    root[8] = -sum(root[:20]) & 0xff
    root[32] = -sum(root) & 0xff
    return bytes(root)


def xsdt(size, *entries):
    """An XSDT (ACPI 6.5, table 5.8) that says it has SIZE bytes."""
    table = bytearray(struct.pack("<4sIBB6s8sIII", b"XSDT", size, 1, 0, b"LULL  ", b"LULL    ", 0, 0, 0))
    table += struct.pack(f"<{len(entries)}Q", *entries)
    table[9] = -sum(table) & 0xff
    return bytes(table)


def root_pointers(images):
    """
    A wild rsdp_paddr, or a table behind it that is.  lull reads them to count CPUs before it looks for a payload, and does
    without: what is refused is the module, which is no kernel.
    """
    def add(name, data=b"", tiers=("native",), rsdp=BASE + DATA):
        images.wrapped(f"rsdp-{name}", Wrapper([Module(data.ljust(4096, b"\0"))], rsdp_paddr=rsdp), "payload-unknown", tiers)
    for name, address in (("one", 1), ("ends", MAX64), ("wraps", MAX64 - 16), ("far", 1 << 52), ("in-apic", 0xfee00000),
                          ("across-4g", 0xfffffff0), ("in-isa-hole", 0xa0000), ("behind-ram", 0x80000000)):
        add(name, tiers=BOTH, rsdp=address)
    behind = BASE + DATA + 64
    for name, root in (("xsdt-wraps", acpi_root(xsdt=MAX64 - 8)), ("xsdt-far", acpi_root(xsdt=1 << 52)),
                       ("xsdt-itself", acpi_root(xsdt=BASE + DATA)), ("rsdt-wild", acpi_root(rsdt=0xfffffffc))):
        add(name, root, BOTH)
    for name, table in (("xsdt-short", xsdt(35)), ("xsdt-huge", xsdt(0xffffffff)), ("xsdt-across-end", xsdt(1 << 20)),
                        ("table-wild", xsdt(60, MAX64, 1 << 52, 0xfee00000)), ("table-cut", xsdt(41, behind))):
        add(name, acpi_root(xsdt=behind).ljust(64, b"\0") + table, BOTH)


def modules(images, noise):
    def add(name, module, expect, tiers=("native",), **fields):
        images.wrapped(f"module-{name}", Wrapper([module], **fields), expect, tiers)
    add("wraps", Module(address=MAX64 - 4095, size=8192), "start-info-reach module-reach", BOTH)
    add("far", Module(address=1 << 45, size=4096), "module-reach", BOTH)
    add("in-isa-hole", Module(address=0xa0000, size=4096), "module-reach", BOTH)
    add("behind-ram", Module(address=0x80000000, size=4096), "module-reach")
    add("across-end", Module(pvh_kernel(), size=1 << 30), "module-reach")
    add("in-apic", Module(address=0xfee00000, size=4096), "module-reach")
    add("upon-shim", Module(address=MIB, size=65536), "module-reach", BOTH)
    add("is-start-info", Module(address=BASE, size=4096), "payload-unknown")
    add("cmdline-8192", Module(pvh_kernel(), cmdline=b"b" * 8192), "cmdline-buffer")
    # The bytes of a kernel, but the map calls the place reserved.
    reserved = [(0, 0x9f000, RAM), (MIB, BASE - MIB, RAM), (BASE, 16 * MIB, RESERVED), (BASE + 16 * MIB, 32 * MIB, RAM)]
    add("in-reserved", Module(pvh_kernel()), "module-reach start-info-reach", BOTH, memory=reserved)


def memory_maps(images):
    def add(name, memory, expect, tiers=("native",), **fields):
        images.wrapped(f"map-{name}", Wrapper([Module(pvh_kernel())], memory, **fields), expect, tiers)
    # In a guest of Xen an empty map means: ask Xen. So this one is native only.
    add("empty", [], "memory-map-empty", ("native",))
    add("no-ram", [(0, 0x9f000, RESERVED), (MIB, 127 * MIB, RESERVED)], "memory-map-empty", BOTH)
    add("empty-regions", [(0, 0, RAM), (MIB, 0, RAM)], "memory-map-empty")
    add("overlap", [MEMORY[0], (0x90000, 0x20000, RESERVED), MEMORY[2]], "memory-map-overlap", BOTH)
    add("overlap-same", [MEMORY[0], MEMORY[2], MEMORY[2]], "memory-map-overlap")
    add("wraps", [*MEMORY, (MAX64 - 4095, 8192, RAM)], "memory-map-wrap", BOTH)
    many = [(200 * MIB + i * 0x10000, 0x1000, RESERVED) for i in range(197)]
    add("200-entries", MEMORY + many, "memory-map-entries", BOTH)
    add("129-entries", MEMORY + many[:126], "memory-map-entries")
    add("4-billion-entries", MEMORY, "memory-map-entries", memmap_entries=0xffffffff)
    # PVH kernels of Linux add a region to what they are told and count in one byte; 128 is one too many for them.
    # RAM that the map has and no page table of the shim: a segment there.
    far = Module(pvh_kernel(segments=[Segment(address=600 * GIB, memory_size=4096)]))
    images.wrapped("map-above-512g", Wrapper([far], [*MEMORY, (600 * GIB, MIB, RAM)]), "reach", BOTH)
    add("128-entries", MEMORY + many[:125], "handover-regions")


def embedded(images):
    """What is left of an image that lull pack made, when its last segment lies about its size."""
    at = images.lull.find(b"LULLEMB1")
    if at < 0:
        return
    for name, size, titles in (("size-huge", 1 << 60, "embedded-reach"), ("size-wraps", MAX64, "embedded-reach"),
                               ("size-more", 1 << 24, "*")):
        damaged = bytearray(images.lull)
        damaged[at + 8:at + 16] = struct.pack("<Q", size)
        images.wrapped(f"embedded-{name}", Wrapper([]), titles, BOTH, lull=bytes(damaged))


def add(images, noise):
    images.category = "door"
    start_info(images, noise)
    root_pointers(images)
    modules(images, noise)
    memory_maps(images)
    embedded(images)
