# SPDX-License-Identifier: GPL-2.0-or-later
"""Broken bzImages. Those that only fail once a place is looked for run natively: a PVH dom0 unpacks every bzImage."""

from tests.files.formats import CODE_OFFSET, MIB, Section, bzimage, uki


def truncated(images):
    whole = bzimage()
    # Without the magic at 0x202 nothing tells a bzImage from noise.
    for name, size, expect in (
            ("boot-sector", 0x1f1, "payload-unknown"), ("boot-flag", 0x1fe, "payload-unknown"),
            ("magic-middle", 0x204, "payload-unknown"), ("magic", 0x206, "linux-truncated"),
            ("version", 0x208, "linux-truncated"), ("header-2-00", 0x220, "linux-truncated"),
            ("cmdline-size", 0x238, "linux-truncated"), ("header-2-12", 0x264, "linux-truncated"),
            ("jump", 0x267, "linux-truncated"), ("setup", CODE_OFFSET - 1, "linux-truncated"),
            ("code", CODE_OFFSET, "linux-truncated"), ("last-paragraph", len(whole) - 16, "linux-truncated")):
        images.module(f"linux-cut-{name}", whole[:size], expect, ("dom0", "native") if name == "code" else ("native",))


def fields(images):
    for name, values, expect in (
            ("boot-flag", {"boot_flag": 0x55aa}, "linux-field"),
            ("protocol-1", {"version": 0x105}, "linux-field"),
            ("protocol-3", {"version": 0x301}, "linux-field"),
            ("protocol-2-05", {"version": 0x205}, "linux-protocol"),
            ("no-64-bit", {"xloadflags": 0}, "linux-entry"),
            ("zimage", {"loadflags": 0}, "linux-field"),
            ("no-code", {"syssize": 512 // 16}, "linux-field"),
            ("code-far", {"syssize": 0xffffffff}, "linux-truncated"),
            ("setup-far", {"setup_sects": 255}, "linux-truncated"),
            ("alignment-three", {"kernel_alignment": 3}, "linux-field")):
        images.module(f"linux-{name}", bzimage(**values), expect)
    # Only a control domain's payload is looked for: elsewhere a kernel unpacks itself.
    images.module("linux-payload-far", bzimage(payload_offset=0xfffffff0, payload_length=0xfffffff0), "linux-field", ("dom0",))


def places(images):
    native = ("native",)
    images.module("linux-no-room", bzimage(init_size=0x40000000), "place-kernel", native)
    images.module("linux-fixed-no-room", bzimage(relocatable=0, pref_address=0xc0000000), "place-kernel", native)
    images.module("linux-fixed-far", bzimage(relocatable=0, pref_address=1 << 63), "place-kernel", native)
    images.module("linux-pref-wraps", bzimage(pref_address=(1 << 64) - 4096), "place-kernel", native)
    images.module("linux-alignment-huge", bzimage(kernel_alignment=1 << 31, pref_address=1 << 31), "place-kernel", native)
    with_initrd = [Section(".linux", bzimage(initrd_addr_max=MIB)), Section(".initrd", b"initrd" * 1000)]
    images.module("linux-initrd-low", uki(with_initrd), "place-initrd", native)
    large = [Section(".linux", bzimage(init_size=0x2000000)), Section(".initrd", b"\0" * (32 * MIB))]
    images.module("linux-initrd-large", uki(large), "place-initrd place-handover", native, memory=64)


def add(images):
    images.category = "linux"
    truncated(images)
    fields(images)
    places(images)
