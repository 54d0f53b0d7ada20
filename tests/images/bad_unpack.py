# SPDX-License-Identifier: GPL-2.0-or-later
"""Broken kernels inside bzImages that must be unpacked: as dom0 all of them are, elsewhere by lull.proto=pvh."""

import struct

from tests.files.compress import COMPRESSORS, sized
from tests.files.formats import MIB, NOTE_ENTRY, bzimage, note, pvh_kernel

ADDRESS = 16 * MIB
PVH = {"tiers": ("native",), "cmdline": "lull.proto=pvh"}
DOM0 = {"tiers": ("dom0",)}


def every_format(images, noise):
    # With noise behind the ELF file, as relocations are, so that there is something to cut and to flip.
    kernel = pvh_kernel(address=ADDRESS) + noise(50000)
    for name, pack in COMPRESSORS.items():
        packed = pack(kernel)
        images.module(f"unpack-{name}-cut", bzimage(packed=sized(name, packed[:len(packed) // 2], len(kernel))),
                      "unpack-broken", **PVH)
        images.module(f"unpack-{name}-less", bzimage(packed=sized(name, packed, len(kernel) + 1)),
                      # gzip compares the number by itself.
                      "unpack-broken" if name == "gzip" else "unpack-short", **PVH)
        images.module(f"unpack-{name}-more", bzimage(packed=sized(name, packed, len(kernel) - 1)),
                      "unpack-broken unpack-long", **PVH)
        if name in ("gzip", "bzip2", "xz"):
            flipped = bytearray(sized(name, packed, len(kernel)))
            # bzip2 has a checksum at the end of each block only.
            flipped[len(packed) // 2] ^= 4
            images.module(f"unpack-{name}-flip", bzimage(packed=bytes(flipped)), "unpack-broken unpack-long", **DOM0)


def headers(images):
    kernel = pvh_kernel(address=ADDRESS)
    dictionary = bytearray(sized("lzma", COMPRESSORS["lzma"](kernel), len(kernel)))
    struct.pack_into("<I", dictionary, 1, 256 * MIB)
    images.module("unpack-lzma-window", bzimage(packed=bytes(dictionary)), "unpack-window", **DOM0)
    # One empty last block behind a window of 256 MiB (RFC 8878, section 3.1.1).
    window = b"\x28\xb5\x2f\xfd" + bytes([0, 18 << 3, 1, 0, 0])
    images.module("unpack-zstd-window", bzimage(packed=sized("zstd", window, 0)), "unpack-window", **DOM0)
    images.module("unpack-unknown", bzimage(packed=b"\x55" * 100), "unpack-format", ("dom0", "native"),
                  cmdline="lull.proto=pvh")
    images.module("unpack-nothing", bzimage(packed=b""), "linux-no-payload", **DOM0)
    images.module("unpack-2-gib", bzimage(packed=sized("xz", COMPRESSORS["xz"](kernel), 2 << 30)), "unpack-limit", **DOM0)
    images.module("unpack-no-room", bzimage(packed=sized("xz", COMPRESSORS["xz"](kernel), 512 * MIB)),
                  "unpack-memory", **PVH)


def contents(images):
    def inside(data):
        return bzimage(packed=sized("xz", COMPRESSORS["xz"](data), len(data)))
    images.module("unpack-text", inside(b"no ELF file " * 100), "elf-kind", **DOM0)
    images.module("unpack-no-bytes", inside(b""), "elf-truncated", **DOM0)
    images.module("unpack-elf-cut", inside(pvh_kernel(address=ADDRESS)[:4097]), "elf-segment-end", **DOM0)
    images.module("unpack-no-note", inside(pvh_kernel(address=ADDRESS, notes=b"")), "linux-no-pvh", **DOM0)
    pv_only = pvh_kernel(address=ADDRESS, notes=note(NOTE_ENTRY, struct.pack("<Q", ADDRESS)))
    images.module("unpack-pv-only", inside(pv_only), "linux-no-pvh", **PVH)
    images.module("unpack-high", inside(pvh_kernel(address=2 << 30)), "place-segment-ram", **PVH)


def protocols(images):
    kernel = bzimage()
    images.module("proto-linux64-in-dom0", kernel, "linux-control-domain", cmdline="lull.proto=linux64", **DOM0)
    for name, word in (("unknown", "lull.proto=pv"), ("empty", "lull.proto="), ("bare", "lull.proto")):
        images.module(f"proto-{name}", kernel, "cmdline-proto", ("native",), cmdline=word)


def add(images, noise):
    images.category = "unpack"
    every_format(images, noise)
    headers(images)
    contents(images)
    protocols(images)
