# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernels whose table of patch sites lies: the example of lull-sites(7), each field of each of its records changed.

All are judged on the host, by the code that the shim judges by, and one of each error is started.
"""

import os
import struct

from tests.files.elf_image import Image
from tests.images import host

EXAMPLE = os.path.join(host.ROOT, "build", "guests", "example.elf")
# struct lull_site (lull/site.h): site, image, feature, kind, flags, site_length, image_length, reserved.
RECORD = struct.Struct("<iiHBBBBH")
FIELDS = ("site", "image", "feature", "kind", "flags", "site_length", "image_length", "reserved")
VALUES = {"site": (-1 << 31, -4, 1, 1 << 20), "image": (-1 << 31, 1, 1 << 20), "feature": (200, 16),
          "kind": (0, 2, 4, 5, 99), "flags": (1,), "site_length": (0, 1, 200), "image_length": (1, 200), "reserved": (1,)}


def damaged(kernel):
    """Yield (name, kernel) for each change of one field of one record that changes anything."""
    table = Image(None, kernel).section(".lull_sites")
    for index in range(table.size // RECORD.size):
        at = table.offset + index * RECORD.size
        good = RECORD.unpack_from(kernel, at)
        for field, old in zip(FIELDS, good):
            for value in VALUES[field]:
                # The first two are distances, and wrong by so much.
                new = value + old if field in ("site", "image") and value != -1 << 31 else value
                record = [new if name == field else was for name, was in zip(FIELDS, good)]
                if new != old:
                    yield f"{index}-{field}-{value & 0xffffffff:x}", kernel[:at] + RECORD.pack(*record) + kernel[at + RECORD.size:]


def add(images):
    images.category = "sites"
    with open(EXAMPLE, "rb") as file:
        kernel = file.read()
    seen = set()
    for name, changed in damaged(kernel):
        path = images.write("sites.module", changed)
        verdict = host.verdicts(path)["pvh"]
        if verdict and verdict[1] not in seen:
            seen.add(verdict[1])
            images.module(f"sites-{name}", changed, verdict[1], ("dom0", "native"))
    if len(seen) < 6:
        raise ValueError(f"the changed tables make {sorted(seen)} only")
