#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A Debian kernel packed by another of the formats that Linux's build knows, in a bzImage that only lull.proto=pvh
can start: nothing in it unpacks itself.

    repack.py KERNEL FORMAT     write build/matrix/repacked/KERNEL-FORMAT and print its name
"""

import lzma
import os
import struct
import sys

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.files import compress
from tests.lab import initrd, kernels, paths
from tests.tools import images


def vmlinux(bzimage):
    """What is inside a bzImage of Debian 12's, which are packed by xz (boot.rst, payload_offset and payload_length)."""
    offset, length = struct.unpack_from("<II", bzimage, 0x248)
    start = (bzimage[0x1f1] + 1) * 512 + offset
    # The last four bytes are the size, not xz.
    return lzma.decompress(bzimage[start:start + length - 4])


def version(bzimage):
    """The string that the setup header points to, its end included."""
    start = struct.unpack_from("<H", bzimage, 0x20e)[0] + 0x200
    return bzimage[start:bzimage.index(b"\0", start) + 1]


def publish(name, source, make):
    """Return the file of this name, made by make(bytes of source) where it is not there or too old."""
    target = os.path.join(paths.make_directory(os.path.join(paths.BUILD, "matrix", "repacked")), name)
    if not initrd.fresh(target, [source, os.path.realpath(__file__), images.__file__, compress.__file__]):
        with open(source, "rb") as file:
            kernels.publish(make(file.read()), target)
    return target


def repack(kernel, packer):
    """Return the name of a kernel (of kernels.py) packed by a format of tests/files/compress.py."""
    def make(whole):
        return images.bzimage(images.with_size(vmlinux(whole), packer), version(whole), cmdline_size=2047)
    return publish(f"{kernel}-{packer}", kernels.fetch(kernel), make)


def compressed(kernel):
    """Return the name of a compressed vmlinux, as developers have it: the ELF file without the relocations of a bzImage."""
    def make(whole):
        elf = vmlinux(whole)
        sections, = struct.unpack_from("<Q", elf, 40)
        size, count = struct.unpack_from("<HH", elf, 58)
        return compress.COMPRESSORS["gzip"](elf[:sections + size * count])
    return publish(f"{kernel}-vmlinux.gz", kernels.fetch(kernel), make)


def xz_crc64(data):
    """As xz packs by default; the kernel's own decoder takes CRC32 only."""
    return lzma.compress(data) + struct.pack("<I", len(data))


def pack_guest(guest, packer):
    """Return the name of a bzImage with any PVH kernel in it; "xz-crc64" is a format more."""
    def make(whole):
        return images.bzimage(xz_crc64(whole) if packer == "xz-crc64" else images.with_size(whole, packer))
    return publish(f"{os.path.basename(guest)}-{packer}", guest, make)


if __name__ == "__main__":
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__.strip())
        sys.exit(0)
    print(repack(*sys.argv[1:]))
