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

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(1, os.path.join(HERE, "..", "lab"))
sys.path.append(os.path.join(HERE, "..", "tools"))

import images
import initrd
import kernels
import paths


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


def repack(kernel, packer):
    """Return the name of a kernel (of kernels.py) packed by a format of tests/tools/images.py."""
    target = os.path.join(paths.make_directory(os.path.join(paths.BUILD, "matrix", "repacked")), f"{kernel}-{packer}")
    source = kernels.fetch(kernel)
    if not initrd.fresh(target, [source, os.path.realpath(__file__), images.__file__]):
        with open(source, "rb") as file:
            whole = file.read()
        packed = images.with_size(vmlinux(whole), packer)
        kernels.publish(images.bzimage(packed, version(whole), cmdline_size=2047), target)
    return target


if __name__ == "__main__":
    print(repack(*sys.argv[1:]))
