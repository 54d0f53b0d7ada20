# SPDX-License-Identifier: GPL-2.0-or-later
"""Synthetic files for the tests of the host tool: ELF kernels, bzImages of every compression, shims, UKIs."""

import bz2
import ctypes
import gzip
import lzma
import os
import struct
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))


def run(*command):
    """Run a program that must succeed."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def link(directory, name, source, bits=64, defines=(), symbols=()):
    """Assemble and link tests/tools/SOURCE.S with SOURCE.lds; return the file's name."""
    path = os.path.join(directory, name)
    run("gcc", f"-m{bits}", *[f"-D{word}" for word in defines], "-c", os.path.join(HERE, source + ".S"),
        "-o", path + ".o")
    run("ld", "-m", "elf_x86_64" if bits == 64 else "elf_i386", "-z", "max-page-size=4096", "-nostdlib",
        "--build-id=none", "--no-warn-rwx-segments", *[f"--defsym={symbol}" for symbol in symbols],
        "-T", os.path.join(HERE, source + ".lds"), path + ".o", "-o", path)
    return path


def shim(directory, name="shim.elf", base="0x100000", late=0, defines=()):
    """The least that lull pack takes for lull.elf."""
    return link(directory, name, "shim", defines=defines, symbols=[f"BASE={base}", f"LATE={late}"])


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


def with_size(data, name):
    """Packed as it is inside a bzImage: every format but gzip has the size behind it."""
    packed = COMPRESSORS[name](data)
    return packed if name == "gzip" else packed + struct.pack("<I", len(data))


def bzimage(packed, version=b"9.8-synthetic (who@where) #1 SMP\0", protocol=0x20f, xloadflags=3, cmdline_size=100):
    """A bzImage of one setup sector whose code holds `packed` (boot.rst, "The Real-Mode Kernel Header")."""
    offset = 0x300
    code = (b"\x90" * offset + packed)
    code += b"\0" * (-len(code) % 16)
    setup = bytearray(1024)
    struct.pack_into("<B", setup, 0x1f1, 1)
    struct.pack_into("<I", setup, 0x1f4, len(code) // 16)
    struct.pack_into("<H", setup, 0x1fe, 0xaa55)
    struct.pack_into("<BB4sH", setup, 0x200, 0xeb, 0x6a, b"HdrS", protocol)
    struct.pack_into("<H", setup, 0x20e, 0x300 - 0x200)
    struct.pack_into("<B", setup, 0x211, 1)
    struct.pack_into("<II", setup, 0x22c, 0x7fffffff, 0x200000)
    struct.pack_into("<BBHI", setup, 0x234, 1, 21, xloadflags, cmdline_size)
    struct.pack_into("<II", setup, 0x248, offset, len(packed))
    struct.pack_into("<QI", setup, 0x258, 0x1000000, 0x100000)
    setup[0x300:0x300 + len(version)] = version
    return bytes(setup) + code


def cpio():
    """An empty "new ASCII" archive."""
    name = b"TRAILER!!!\0"
    return b"070701" + b"%08x" % 0 * 11 + b"%08x" % len(name) + b"%08x" % 0 + name + b"\0" * 3


def cpio_of(files, trailer=True):
    """An archive of files: (name, content)."""
    out = b""
    for name, content in [*files, *([("TRAILER!!!", b"")] if trailer else [])]:
        name = name.encode() + b"\0"
        fields = [0, 0o100644, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0]
        out += b"070701" + b"".join(b"%08X" % field for field in fields) + name
        out += bytes(-len(out) % 4) + content
        out += bytes(-len(out) % 4)
    return out


def objcopy_uki(directory, sections):
    """A UKI made without lull: a PE stub of ld's, and objcopy --add-section, as the UKI specification has it."""
    source, stub, out = (os.path.join(directory, name) for name in ("stub.s", "stub.efi", "objcopy.efi"))
    with open(source, "w") as file:
        file.write(".text\n.globl start\nstart: ret\n")
    run("as", source, "-o", source + ".elf")
    run("objcopy", "-O", "pe-x86-64", source + ".elf", source + ".o")
    run("ld", "-m", "i386pep", "--subsystem", "10", "-e", "start", "--image-base", "0", source + ".o", "-o", stub)
    command = ["objcopy"]
    address = 0x1000000
    for name, content in sections.items():
        part = os.path.join(directory, "section" + name)
        with open(part, "wb") as file:
            file.write(content)
        command += ["--add-section", f"{name}={part}", "--set-section-flags", f"{name}=data,readonly,alloc,load,contents",
                    "--change-section-vma", f"{name}={address:#x}"]
        address += (len(content) + 0xfff) & ~0xfff
    run(*command, stub, out)
    return out
