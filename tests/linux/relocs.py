# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel inside a bzImage, and the relocations behind it, read as Linux's own decompressor reads them
(handle_relocations() of arch/x86/boot/compressed/misc.c): from the end, each list after a word of 0."""

import array
import lzma
import struct
import subprocess

HIGH = 0xffffffff00000000
# Magic, and what unpacks it.
FORMATS = {b"\xfd7zXZ": None, b"\x28\xb5\x2f\xfd": ("zstd", "-dcq", "--long=31"), b"\x02\x21\x4c\x18": ("lz4", "-dcq")}


def unpack(path):
    """What is inside a bzImage: the ELF file, then its relocations (boot.rst, payload_offset and payload_length)."""
    with open(path, "rb") as file:
        whole = file.read()
    offset, length = struct.unpack_from("<II", whole, 0x248)
    start = (whole[0x1f1] + 1) * 512 + offset
    # The last four bytes are the size.
    packed = whole[start:start + length - 4]
    command = next(command for magic, command in FORMATS.items() if packed.startswith(magic))
    if command is None:
        return lzma.decompress(packed)
    return subprocess.run(command, input=packed, stdout=subprocess.PIPE, check=True).stdout


def lists(vmlinux):
    """Addresses of words, by (bytes, sign): those that V is added to, or taken from."""
    table, = struct.unpack_from("<Q", vmlinux, 40)
    size, count = struct.unpack_from("<HH", vmlinux, 58)
    words = array.array("I", vmlinux[table + size * count:])
    found, current = [], []
    for word in words:
        if word == 0:
            found.append(current)
            current = []
        else:
            current.append(HIGH | word)
    found.append(current)
    kinds = ((8, 1), (4, -1), (4, 1)) if len(found) == 4 else ((8, 1), (4, 1))
    return dict(zip(kinds, found[1:]))


def undo(text, start, relocations, delta):
    """The bytes of a section that is linked at `start`, as they were before they were moved by `delta`."""
    text = bytearray(text)
    for (size, sign), addresses in relocations.items():
        for address in addresses:
            at = address - start
            if 0 <= at <= len(text) - size:
                value = int.from_bytes(text[at:at + size], "little") - sign * delta
                text[at:at + size] = (value % (1 << 8 * size)).to_bytes(size, "little")
    return bytes(text)
