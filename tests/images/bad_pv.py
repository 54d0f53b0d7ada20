# SPDX-License-Identifier: GPL-2.0-or-later
"""What can be wrong behind the Xen PV door. start_info is Xen's own there: lies in it are tests/trip's."""

import struct

from tests.files.compress import COMPRESSORS, sized
from tests.files.formats import (GIB, MIB, NOTE_ENTRY, Section, Segment, bzimage, note, pv_kernel, pvh_kernel, uki)

PV = ("dom0-pv",)
# Where 64-bit addresses stop being canonical, and the part above that Xen keeps (xen-x86_64.h).
CANONICAL_END, XEN_START, XEN_END = 1 << 47, 0xffff800000000000, 0xffff880000000000
TOP = 1 << 64
FEATURE_DOM0 = 11
ADDRESS = 16 * MIB

# Images of the other categories that end behind this door as they do behind the others.
SAME = """
no-module one-byte zeros noise text archive zstd lz4
uki-cut-dos-signature uki-cut-dos-end uki-cut-coff-middle uki-cut-optional-middle uki-cut-table-middle
uki-cut-first-section uki-cut-last-byte uki-machine uki-count-97 uki-count-0 uki-no-linux uki-linux-empty
uki-linux-twice uki-section-past-end uki-section-wraps-32 uki-overlap uki-nested uki-linux-noise
uki-linux-cut
linux-cut-magic linux-cut-header-2-12 linux-cut-setup linux-cut-code linux-cut-last-paragraph linux-protocol-2-05
linux-no-64-bit linux-zimage linux-code-far linux-payload-far
elf64-cut-magic elf64-cut-header elf64-cut-table-middle elf64-cut-notes elf64-cut-segment elf32-cut-segment
elf-class elf-object elf-arm elf-count-zero elf-count-65535 elf-wraps elf-overlap elf-file-larger elf-past-end
elf-offset-wraps elf-40-segments elf-note-name-long elf-note-cut
unpack-unknown unpack-nothing unpack-2-gib unpack-text unpack-elf-cut
stored-flip-load stored-flip-raw stored-flip-zstd stored-size-odd stored-how stored-limit stored-longer compressed-xz-archive compressed-gzip-cut
""".split()


def same(images):
    """Start what others made behind this door too."""
    known = {entry["name"]: entry for entry in images.entries}
    for name in SAME:
        if known[name]["image"] != images.lull_path:
            raise ValueError(f"{name} is started by a PVH entry of its own")
        known[name]["tiers"] += PV


def kinds(images):
    """Kernels for another door, and for no door."""
    images.module("pv-pvh-only", pvh_kernel(), "elf-pvh-only", PV)
    images.module("pv-no-note", pv_kernel(notes=b""), "elf-no-pv", PV)
    images.module("pv-foreign-note", pv_kernel(notes=note(NOTE_ENTRY, struct.pack("<Q", MIB), b"GNU\0")), "elf-no-pv", PV)
    images.module("pv-32-bit", pv_kernel(32), "elf-pv-32", PV)
    images.module("pv-32-bit-no-note", pv_kernel(32, notes=b""), "elf-pv-32", PV)
    images.module("pv-not-dom0", pv_kernel(supported_features=1), "elf-pv-dom0", PV)
    xz = COMPRESSORS["xz"](pvh_kernel(address=ADDRESS))
    images.module("pv-pvh-only-bzimage", bzimage(packed=sized("xz", xz, len(pvh_kernel(address=ADDRESS)))),
                  "elf-pvh-only", PV)


def notes(images):
    """Notes that no loader can follow."""
    for name, changed in (
            ("version", {"xen_version": b"xen-2.0\0"}), ("version-none", {"xen_version": None}),
            ("version-empty", {"xen_version": b""}),
            ("loader", {"loader": b"specific\0"}), ("loader-none", {"loader": None}),
            ("entry-zero", {"entry": 0}), ("entry-below", {"entry": MIB - 1}), ("entry-at-end", {"entry": MIB + 16384}),
            ("entry-far", {"entry": TOP - 2}),
            ("base-unaligned", {"virt_base": 0x200001}), ("base-not-canonical", {"virt_base": 1 << 50}),
            ("base-of-xen", {"virt_base": XEN_START}), ("base-wraps", {"virt_base": TOP - 4096}),
            ("base-into-xen", {"virt_base": XEN_END - MIB}),
            ("offset-without-base", {"virt_base": None}),
            ("hypercall-page-below", {"virt_base": MIB, "entry": 2 * MIB, "hypercall_page": MIB - 1}),
            ("hypercall-page-at-end", {"hypercall_page": MIB + 16384}), ("hypercall-page-far", {"hypercall_page": TOP - 2}),
            ("offset-above", {"paddr_offset": MIB + 1}), ("offset-huge", {"paddr_offset": TOP - 2}),
            ("p2m-unaligned", {"init_p2m": 0x4000000001}), ("p2m-of-xen", {"init_p2m": XEN_START}),
            ("p2m-not-canonical", {"init_p2m": CANONICAL_END}), ("p2m-wraps", {"init_p2m": TOP - 4096}),
            ("p2m-upon-kernel", {"init_p2m": MIB})):
        images.module(f"pv-{name}", pv_kernel(**changed), "elf-pv-note", PV)
    # The kernel itself ends in time, what is mapped behind it does not: tables, stack and 512 KiB, up to whole 4 MiB.
    for name, changed in (("base-mapping-not-canonical", CANONICAL_END - 2 * MIB), ("base-mapping-wraps", TOP - 2 * MIB)):
        images.module(f"pv-{name}", pv_kernel(virt_base=changed, entry=changed + MIB), "elf-pv-note", PV)
    images.module("pv-p2m-into-nowhere", pv_kernel(init_p2m=CANONICAL_END - 4096), "elf-pv-note", PV)
    images.module("pv-entry-size", pv_kernel(entry=b"abc"), "elf-note-size", PV)
    images.module("pv-base-size", pv_kernel(virt_base=b""), "elf-note-size", PV)
    images.module("pv-hypercall-page-size", pv_kernel(hypercall_page=bytes(12)), "elf-note-size", PV)
    images.module("pv-neither-loader-nor-entry", pv_kernel(entry=None, virt_base=None, loader=None, xen_version=None),
                  "elf-no-pv", PV)


def features(images):
    for name, words in (("unknown", b"!a_feature_of_tomorrow"), ("among-known", b"writable_page_tables|!tomorrow|dom0"),
                        ("nameless", b"!"), ("translated", b"!auto_translated_physmap"),
                        ("supervisor", b"dom0|!supervisor_mode_kernel"), ("known-longer", b"!dom01")):
        images.module(f"pv-feature-{name}", pv_kernel(features=words + b"\0"), "elf-pv-feature", PV)


def places(images):
    """Kernels and initrds for which there is not enough memory."""
    for name, size in (("memory", 300 * MIB), ("almost", 256 * MIB - 4 * MIB), ("terabyte", 1 << 40)):
        images.module(f"pv-larger-than-{name}", pv_kernel(memory_size=size), "place-xen-pv", PV)
    images.module("pv-segment-far", pv_kernel(segments=[Segment(b"far", 600 * GIB)]), "place-xen-pv", PV)
    initrd = Section(".initrd", b"initrd".ljust(24 * MIB, b"."))
    images.module("pv-initrd-does-not-fit", uki([Section(".linux", pv_kernel(memory_size=44 * MIB)), initrd]),
                  "place-xen-pv", PV, memory=64)
    # With 4 MiB Xen itself refuses to build this dom0, with 8 the kernel starts.
    images.module("pv-little-memory", pv_kernel(), "place-xen-pv", PV, memory=6)
    line = Section(".cmdline", b"a" * 1024)
    images.module("pv-cmdline-1024", uki([Section(".linux", pv_kernel()), line]), "cmdline-kernel", PV)
    images.module("pv-cmdline-bzimage", uki([Section(".linux", bzimage(cmdline_size=255)), Section(".cmdline", b"a" * 256)]),
                  "cmdline-kernel", PV)


def unpacking(images, noise):
    """Each format cut, flipped, and with a wrong size; by the hundred it is done on the host (tests/unit/test_unpack.c)."""
    kernel = pv_kernel(address=ADDRESS) + noise(50000)
    # Bits without which no decoder goes on, for formats that need not have a checksum: properties, sizes of blocks.
    header = {"lzma": 0, "lzo": 42, "lz4": 6, "zstd": 4}
    for name, pack in COMPRESSORS.items():
        packed = pack(kernel)
        for cut, size in (("half", len(packed) // 2), ("end", len(packed) - 9)):
            images.module(f"pv-{name}-cut-{cut}", bzimage(packed=sized(name, packed[:size], len(kernel))),
                          "unpack-broken", PV)
        images.module(f"pv-{name}-less", bzimage(packed=sized(name, packed, len(kernel) + 1)),
                      "unpack-broken unpack-short", PV)
        images.module(f"pv-{name}-more", bzimage(packed=sized(name, packed, len(kernel) - 1)),
                      "unpack-broken unpack-long", PV)
        flipped = bytearray(sized(name, packed, len(kernel)))
        flipped[header.get(name, len(packed) // 2)] ^= 0x88
        images.module(f"pv-{name}-flip", bzimage(packed=bytes(flipped)), "unpack-broken unpack-long unpack-format", PV)
    dictionary = bytearray(sized("lzma", COMPRESSORS["lzma"](kernel), len(kernel)))
    struct.pack_into("<I", dictionary, 1, 256 * MIB)
    images.module("pv-lzma-window", bzimage(packed=bytes(dictionary)), "unpack-window", PV)
    # One empty last block behind a window of 256 MiB (RFC 8878, section 3.1.1).
    window = b"\x28\xb5\x2f\xfd" + bytes([0, 18 << 3, 1, 0, 0])
    images.module("pv-zstd-window", bzimage(packed=sized("zstd", window, 0)), "unpack-window", PV)
    images.module("pv-unpack-no-room", bzimage(packed=sized("xz", COMPRESSORS["xz"](kernel), 512 * MIB)),
                  "unpack-memory", PV)


def embedded(images):
    """What is left of an image that lull pack made, when its last segment lies about its size."""
    at = images.lull.find(b"LULLEMB1") + 8
    for name, size, title in (("huge", 1 << 60, "embedded-reach"), ("wraps", TOP - 1, "embedded-reach"),
                              ("more", 1 << 24, "*")):
        damaged = images.lull[:at] + struct.pack("<Q", size) + images.lull[at + 8:]
        images.add(f"pv-embedded-{name}", title, PV, images.write(f"pv-embedded-{name}.elf", damaged))


def add(images, noise):
    images.category = "pv"
    same(images)
    kinds(images)
    notes(images)
    features(images)
    places(images)
    unpacking(images, noise)
    embedded(images)
