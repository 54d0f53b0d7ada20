# SPDX-License-Identifier: GPL-2.0-or-later
"""Write the bad images and their manifest to build/images.

Each entry of manifest.json says how to start lull (tier, image, module, command line) and which errors may be what it
says then. Everything is computed; the only inputs are build/lull.elf, build/lull and the example kernel, and what is random has
a fixed seed.
"""

import argparse
import json
import os
import sys

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.images import (bad_door, bad_elf, bad_left, bad_linux, bad_multiboot, bad_pv, bad_relocs, bad_sites, bad_stored, bad_uki,
                          bad_unpack)
from tests.files.formats import bzimage, pv_kernel, pvh_kernel
from tests.files.wrapper import Module, Wrapper, wrap
from tests.lab import kernels

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
LULL = os.path.join(ROOT, "build", "lull.elf")
OUTPUT = os.path.join(ROOT, "build", "images")
# The kernel that bad PV kernels are made from, as it is.
GOOD_PV = os.path.join(OUTPUT, "good-pv.module")


class Images:
    """The files and the manifest as they grow."""

    def __init__(self, directory, lull):
        self.directory, self.lull_path, self.entries, self.category = directory, lull, [], ""
        with open(lull, "rb") as file:
            self.lull = file.read()
        os.makedirs(directory, exist_ok=True)

    def write(self, name, data):
        path = os.path.join(self.directory, name)
        # In one step: other suites have these files too, and write the same at the same time.
        kernels.publish(data, path)
        return path

    def add(self, name, expect, tiers, image, module=None, cmdline="", memory=256):
        if any(entry["name"] == name for entry in self.entries):
            raise ValueError(f"two images are named {name}")
        self.entries.append({
            "name": name, "category": self.category, "tiers": list(tiers), "image": image, "module": module,
            "cmdline": cmdline, "memory": memory, "expect": expect.split(),
        })

    def module(self, name, data, expect, tiers=("native",), **options):
        """lull.elf itself, with these bytes as the only module. EXPECT: titles, or * for any.

        Bytes are read the same way everywhere, and a start without Xen takes a fifth of the time. What ends otherwise under
        Xen asks for it, and so do some of each kind.
        """
        self.add(name, expect, tiers, self.lull_path, self.write(name + ".module", data), **options)

    def wrapped(self, name, wrapper, expect, tiers=("dom0",), lull=None, **options):
        """A wrapper around lull, or around a damaged one."""
        self.add(name, expect, tiers, self.write(name + ".elf", wrap(lull or self.lull, wrapper)), **options)


def noise(size):
    """Bytes that look random, the same every time."""
    state, out = 0x12345678, bytearray()
    while len(out) < size:
        state = (state * 6364136223846793005 + 1442695040888963407) & (1 << 64) - 1
        out += (state >> 24).to_bytes(5, "little")
    return bytes(out[:size])


def no_kernel(images):
    """Modules that are nothing at all."""
    both = ("dom0", "native")
    images.category = "no kernel"
    images.add("no-module", "module-none", both, images.lull_path, None)
    images.wrapped("no-module-wrapped", Wrapper(), "module-none", both)
    images.wrapped("empty-module", Wrapper([Module()]), "payload-empty", both)
    images.wrapped("three-modules", Wrapper([Module(bzimage()), Module(b"070701"), Module(pvh_kernel())]), "initrd-kernel")
    images.module("one-byte", b"\x7f", "payload-unknown")
    images.module("zeros", bytes(65536), "payload-unknown")
    images.module("ones", b"\xff" * 4096, "payload-unknown")
    images.module("noise", noise(1 << 20), "payload-unknown", both)
    images.module("text", b"#!/bin/sh\nexec true\n", "payload-unknown")
    archive = b"070701" + b"0" * 104 + b"TRAILER!!!\0\0\0\0"
    images.module("archive", archive, "payload-archive", both)
    kernel = pvh_kernel()
    images.module("zstd", b"\x28\xb5\x2f\xfd" + noise(256), "unpack-broken")
    images.module("lz4", b"\x02\x21\x4c\x18" + noise(256), "unpack-broken")
    images.wrapped("initrd-empty", Wrapper([Module(kernel), Module()]), "initrd-empty")
    images.wrapped("initrd-is-kernel", Wrapper([Module(bzimage()), Module(kernel)]), "initrd-kernel")


def generate(lull=LULL, directory=OUTPUT):
    """Write every image and the manifest; return the manifest's entries."""
    images = Images(directory, lull)
    images.write(os.path.basename(GOOD_PV), pv_kernel())
    no_kernel(images)
    bad_uki.add(images, noise)
    bad_linux.add(images)
    bad_unpack.add(images, noise)
    bad_stored.add(images, noise)
    bad_relocs.add(images)
    bad_elf.add(images)
    bad_multiboot.add(images)
    bad_door.add(images, noise)
    bad_left.add(images)
    bad_pv.add(images, noise)
    bad_sites.add(images)
    with open(os.path.join(directory, "manifest.json"), "w", encoding="utf-8") as manifest:
        json.dump(images.entries, manifest, indent=1)
    return images.entries


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lull", default=LULL)
    parser.add_argument("--output", default=OUTPUT)
    options = parser.parse_args()
    print(f"images: {len(generate(options.lull, options.output))} in {os.path.relpath(options.output)}")


if __name__ == "__main__":
    main()
