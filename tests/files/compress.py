# SPDX-License-Identifier: GPL-2.0-or-later
"""The compressions that a bzImage may have, as Linux's build makes them."""

import bz2
import ctypes
import gzip
import lzma
import struct


def lz4_legacy(data):
    """The frame of `lz4 -l`: blocks of 8 MiB, and no end mark."""
    library = ctypes.CDLL("liblz4.so.1")
    out = struct.pack("<I", 0x184c2102)
    for start in range(0, len(data), 8 << 20):
        block = data[start:start + (8 << 20)]
        room = library.LZ4_compressBound(len(block))
        buffer = ctypes.create_string_buffer(room)
        size = library.LZ4_compress_default(block, buffer, len(block), room)
        out += struct.pack("<I", size) + buffer.raw[:size]
    return out


def zstd(data):
    """One zstd frame."""
    library = ctypes.CDLL("libzstd.so.1")
    library.ZSTD_compress.restype = ctypes.c_size_t
    room = len(data) + 1024 + len(data) // 128
    buffer = ctypes.create_string_buffer(room)
    size = library.ZSTD_compress(buffer, ctypes.c_size_t(room), data, ctypes.c_size_t(len(data)), 3)
    return buffer.raw[:size]


def lzop(data, flags=0x0103, block_size=256 << 10, version=0x1040):
    """A file as lzop writes it; the flags say which checksums a block has (their values are nobody's business)."""
    library = ctypes.CDLL("liblzo2.so.2")
    work = ctypes.create_string_buffer(1 << 20)
    out = b"\x89LZO\0\r\n\x1a\n" + struct.pack(">HH", version, 0x20a0)
    out += struct.pack(">HBBIIII", 0x0940, 1, 5, flags, 0o100644, 0, 0) if version >= 0x940 else \
        struct.pack(">BIII", 1, flags, 0o100644, 0)
    out += b"\x04name" + struct.pack(">I", 0)
    for start in range(0, len(data), block_size):
        block = data[start:start + block_size]
        buffer = ctypes.create_string_buffer(len(block) + len(block) // 16 + 67)
        size = ctypes.c_size_t(0)
        library.lzo1x_1_compress(block, ctypes.c_size_t(len(block)), buffer, ctypes.byref(size), work)
        packed = buffer.raw[:size.value] if size.value < len(block) else block
        sums = sum(1 for bit in (0x1, 0x100) if flags & bit)
        if len(packed) < len(block):
            sums += sum(1 for bit in (0x2, 0x200) if flags & bit)
        out += struct.pack(">II", len(block), len(packed)) + b"\xee" * (4 * sums) + packed
    return out + struct.pack(">I", 0)


def xz(data):
    """As Linux's build packs: the x86 filter before LZMA2."""
    return lzma.compress(data, check=lzma.CHECK_CRC32,
                         filters=[{"id": lzma.FILTER_X86}, {"id": lzma.FILTER_LZMA2, "preset": 6}])


COMPRESSORS = {
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "bzip2": bz2.compress,
    "lzma": lambda data: lzma.compress(data, format=lzma.FORMAT_ALONE),
    "xz": xz,
    "lzo": lzop,
    "lz4": lz4_legacy,
    "zstd": zstd,
}


def sized(name, packed, size):
    """What a bzImage holds: the kernel's build puts the size behind every format but gzip, which has it itself."""
    return packed[:-4] + struct.pack("<I", size) if name == "gzip" else packed + struct.pack("<I", size)


def with_size(data, name):
    """Bytes, packed as they are inside a bzImage."""
    return sized(name, COMPRESSORS[name](data), len(data))
