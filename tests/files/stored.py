# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernels as lull pack stores them (shim/payload/stored.h), written by the document and not by the code."""

import struct

from tests.files.compress import COMPRESSORS

HEADER, EXTENT = struct.Struct("<8sIIQQQQQ32sIIQQQ"), struct.Struct("<QQQII")
COVERED = 32
HOWS = {"raw": 1, "lz4": 2, "zstd": 3}
MASK = (1 << 64) - 1


def checksum(data):
    def step(lane, word):
        product = (lane ^ word) * 0x100000001b3 & MASK
        return (product << 29 | product >> 35) & MASK

    lanes = [1, 2, 3, 4]
    for index, (word,) in enumerate(struct.iter_unpack("<Q", data)):
        lanes[index % 4] = step(lanes[index % 4], word)
    total = len(data)
    for lane in lanes:
        total = step(total, lane)
    return total


def sealed(data):
    """With the checksum that it has to have."""
    return data[:24] + struct.pack("<Q", checksum(data[COVERED:])) + data[COVERED:]


def stored(elf, hows=("raw", "lz4", "zstd"), setup=b""):
    """The ELF file in as many parts of one size, each stored in its own way."""
    part, table, data = -(-len(elf) // len(hows)), b"", b""
    for index, how in enumerate(hows):
        plain = elf[index * part:(index + 1) * part]
        packed = plain if how == "raw" else COMPRESSORS[how](plain)
        table += EXTENT.pack(index * part, len(plain), len(packed), HOWS[how], 0)
        data += packed
    size = -(-(HEADER.size + len(table) + len(setup) + len(data)) // 32) * 32
    header = HEADER.pack(b"LULLKRNL", 2, 0, size, 0, len(elf), 0, len(elf), bytes(32), 1 if setup else 2, len(hows), len(setup), 0, 0)
    return sealed((header + table + setup + data).ljust(size, b"\0"))
