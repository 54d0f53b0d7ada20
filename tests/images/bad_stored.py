# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernels as lull pack stores them (shim/payload/stored.h): one bit flipped in each part, and each field odd with a right
checksum; and compressed files that are no kernel."""

import gzip
import struct

from tests.files.compress import COMPRESSORS
from tests.files.cpio import cpio
from tests.files.formats import CODE_OFFSET, MIB, bzimage, pvh_kernel
from tests.files.stored import EXTENT, HEADER, HOWS, MASK, sealed, stored

ADDRESS = 16 * MIB
# Offsets in the header, and in an extent.
VERSION, RESERVED, SIZE, UNPACKED, LOAD, ORIGIN, COUNT, SETUP, MEMORY = 8, 12, 16, 32, 40, 88, 92, 96, 104
OFFSET, MADE, STORED, HOW, SPARE = 0, 8, 16, 24, 28


def changed(data, offset, value, size=8):
    """Another number in its place, with a checksum that is right."""
    return sealed(data[:offset] + value.to_bytes(size, "little") + data[offset + size:])


def flips(images, kernel):
    whole = stored(kernel, setup=bzimage()[:CODE_OFFSET])
    table = HEADER.size
    setup = table + 3 * EXTENT.size
    data = setup + CODE_OFFSET
    part = -(-len(kernel) // 3)
    lz4 = data + part
    zstd = lz4 + len(COMPRESSORS["lz4"](kernel[part:2 * part]))
    end = zstd + len(COMPRESSORS["zstd"](kernel[2 * part:]))
    for name, offset in (("checksum", 24), ("load", LOAD + 2), ("sha256", 60), ("setup", setup + 100), ("raw", data + 50),
                         ("lz4", (lz4 + zstd) // 2), ("zstd", (zstd + end) // 2), ("padding", len(whole) - 1)):
        flipped = bytearray(whole)
        flipped[offset] ^= 0x10
        images.module(f"stored-flip-{name}", bytes(flipped), "stored-checksum",
                      ("dom0", "native") if name == "lz4" else ("native",))
    for name, offset, bit in (("magic", 3, 1), ("version", VERSION, 2), ("size", SIZE + 1, 0x80), ("unpacked", UNPACKED + 1, 0x80),
                              ("count", COUNT, 1), ("offset", table + EXTENT.size + 1, 0x80), ("how", table + HOW, 0x80)):
        flipped = bytearray(whole)
        flipped[offset] ^= bit
        images.module(f"stored-flip-{name}", bytes(flipped),
                      "payload-unknown" if name == "magic" else "stored-field stored-checksum")


def fields(images, kernel):
    whole = stored(kernel)
    last = HEADER.size + 2 * EXTENT.size
    for name, offset, size, value in (
            ("version", VERSION, 4, 1), ("reserved", RESERVED, 4, 1), ("size-0", SIZE, 8, 0), ("size-more", SIZE, 8, len(whole) + 32),
            ("size-odd", SIZE, 8, len(whole) - 1), ("unpacked-less", UNPACKED, 8, len(kernel) - 1),
            ("load-odd", LOAD, 8, ADDRESS + 1), ("load-high", LOAD, 8, (4 << 30) - 4096), ("load-wrap", LOAD, 8, MASK - 4095),
            ("origin", ORIGIN, 4, 9), ("origin-bzimage", ORIGIN, 4, 1), ("count-many", COUNT, 4, 0xffffffff),
            ("count-less", COUNT, 4, 2), ("setup", SETUP, 8, 512), ("memory-high", MEMORY, 8, (4 << 30) + 1),
            ("memory-size", MEMORY + 8, 8, (4 << 30) + 1), ("offset-before", last + OFFSET, 8, 0),
            ("offset-wrap", last + OFFSET, 8, MASK), ("made-nothing", last + MADE, 8, 0), ("made-wrap", last + MADE, 8, MASK),
            ("stored-more", last + STORED, 8, MASK), ("how", last + HOW, 4, 4), ("spare", last + SPARE, 4, 1)):
        images.module(f"stored-{name}", changed(whole, offset, value, size), "stored-field")
    images.module("stored-limit", changed(whole, UNPACKED, (1 << 30) + 1), "unpack-limit")
    images.module("stored-no-room", changed(whole, UNPACKED, 900 * MIB), "unpack-memory", ("native",))
    images.module("stored-cut", whole[:-32], "stored-field", ("dom0", "native"))
    images.module("stored-head", whole[:50], "stored-field")
    images.module("stored-other-format", changed(whole, last + HOW, HOWS["lz4"], 4), "unpack-broken")
    less = EXTENT.unpack_from(whole, last)[1] - 1
    images.module("stored-longer", changed(whole, last + MADE, less), "unpack-long")
    images.module("stored-shorter", sealed(whole[:UNPACKED] + struct.pack("<Q", len(kernel) + 1) + whole[UNPACKED + 8:last + MADE] +
                                           struct.pack("<Q", less + 2) + whole[last + MADE + 8:]), "unpack-short")
    images.module("stored-text", stored(b"no ELF file " * 100), "elf-kind")
    images.module("stored-setup-text", stored(kernel, setup=b"x" * 1024), "linux-field")


def compressed(images):
    kernel = pvh_kernel(address=ADDRESS)
    for name, pack in COMPRESSORS.items():
        images.module(f"compressed-{name}-cut", pack(kernel)[:-len(pack(kernel)) // 3], "unpack-broken elf-segment-end")
        images.module(f"compressed-{name}-archive", pack(cpio()), "payload-compressed")
    images.module("compressed-high", COMPRESSORS["xz"](pvh_kernel(address=2 << 30)), "place-segment-ram", ("native",))
    images.module("compressed-no-room", gzip.compress(kernel + bytes(256 * MIB), compresslevel=1, mtime=0), "unpack-memory", ("native",))
    images.module("compressed-nothing", COMPRESSORS["zstd"](b""), "payload-compressed")


def add(images, noise):
    images.category = "stored"
    kernel = pvh_kernel(address=ADDRESS) + noise(30000)
    flips(images, kernel)
    fields(images, kernel)
    compressed(images)
