# SPDX-License-Identifier: GPL-2.0-or-later
"""What no loader of multiboot or of Linux leaves: broken tags, lists and boot_params, which only a wrapper can pass."""

import struct

from tests.files.formats import MIB, pvh_kernel
from tests.files.wrapper import BASE, DATA, MEMORY, Left

MULTIBOOT1, MULTIBOOT2, HDRS = 0x2badb002, 0x36d76289, 0x53726448
MAX32 = (1 << 32) - 1
KERNEL = BASE + DATA
# Offsets in boot_params (Linux, zero-page.rst).
EXT_RAMDISK_IMAGE, E820_ENTRIES, SENTINEL, MAGIC, RAMDISK_IMAGE, RAMDISK_SIZE = 0x0c0, 0x1e8, 0x1ef, 0x202, 0x218, 0x21c
CMD_LINE_PTR, SETUP_DATA, E820_TABLE = 0x228, 0x250, 0x2d0


def tag(kind, data=b"", size=None):
    made = struct.pack("<II", kind, 8 + len(data) if size is None else size) + data
    return made + bytes(-len(made) % 8)


def multiboot2(images):
    memory = tag(6, struct.pack("<II", 24, 0) + b"".join(struct.pack("<QQII", *region, 0) for region in MEMORY))

    def add(name, expect, *tags, total=None, magic=MULTIBOOT2, end=tag(0)):
        body = b"".join(tags) + end
        whole = struct.pack("<II", 8 + len(body) if total is None else total, 0) + body
        images.wrapped(f"multiboot2-left-{name}", Left(magic, whole, DATA=pvh_kernel()), expect, ("native",))
    add("nothing", "module-none", memory)
    add("no-end", "multiboot-tag", memory, end=b"")
    add("cut", "multiboot-tag", memory, total=8 + len(memory) - 24)
    add("cut-in-header", "multiboot-tag", memory, total=12)
    add("total-0", "multiboot-tag", memory, total=0)
    add("total-4g", "module-none", memory, total=MAX32)
    add("tag-0", "multiboot-tag", tag(1, b"a\0", size=0))
    add("tag-4g", "multiboot-tag", tag(1, b"a\0", size=MAX32))
    add("magic", "multiboot-magic", memory, magic=MULTIBOOT2 + 1)
    add("module-ends-before", "multiboot-tag", memory, tag(3, struct.pack("<II", KERNEL + 4096, KERNEL)))
    add("modules-9", "module-count", memory, *[tag(3, struct.pack("<II", KERNEL, KERNEL + 4096))] * 9)
    add("table-nowhere", "efi-table", memory, tag(12, struct.pack("<Q", 1 << 52)))
    add("table-upon-noise", "efi-table", memory, tag(12, struct.pack("<Q", KERNEL)))
    add("table-short", "efi-table", memory, tag(12))
    add("boot-services", "efi-boot-services", memory, tag(18))


def multiboot1(images):
    entries = b"".join(struct.pack("<IQQI", 20, *region) for region in MEMORY)

    def add(name, expect, flags=1 << 6 | 1 << 3, modules=(0, 0), memory=(len(entries), BASE + 0x4000)):
        left = struct.pack("<I16xII16xII", flags, *modules, *memory).ljust(128, b"\0")
        images.wrapped(f"multiboot1-left-{name}", Left(MULTIBOOT1, left, MEMORY_MAP=entries, DATA=pvh_kernel()), expect, ("native",))
    add("nothing", "module-none")
    add("modules-4-billion", "module-count", modules=(MAX32, BASE))
    add("modules-nowhere", "multiboot-reach module-reach", modules=(1, MAX32 - 7))
    add("map-wraps", "multiboot-reach", memory=(MAX32, MAX32 - 3))
    add("no-map", "memory-map-empty", flags=0)


def boot_params(images):
    def page(regions=MEMORY, count=None, ramdisk=None, **fields):
        made = bytearray(4096)
        kernel = pvh_kernel()
        values = {MAGIC: HDRS, RAMDISK_IMAGE: KERNEL, RAMDISK_SIZE: len(kernel) if ramdisk is None else ramdisk}
        values.update({int(name[1:], 16): value for name, value in fields.items()})
        for offset, value in values.items():
            struct.pack_into("<Q" if offset == SETUP_DATA else "<B" if offset == SENTINEL else "<I", made, offset, value)
        made[E820_ENTRIES] = len(regions) if count is None else count
        for number, region in enumerate(regions):
            struct.pack_into("<QQI", made, E820_TABLE + 20 * number, *region)
        return bytes(made)

    def add(name, expect, page, **tables):
        images.wrapped(f"boot-params-{name}", Left(HDRS, page, **{"DATA": pvh_kernel(), **tables}), expect, ("native",))
    add("no-regions", "memory-map-empty", page(regions=()))
    add("regions-129", "boot-params", page(count=129))
    add("regions-255", "boot-params", page(count=255))
    many = [*MEMORY, *((200 * MIB + i * 0x10000, 0x1000, 2 + i) for i in range(125))]
    add("regions-128", "handover-regions", page(regions=many))
    # The dirty page of a loader that cleared nothing: the high halves in it are noise.
    add("sentinel", "payload-unknown", page(ramdisk=64, x1ef=0xff, x0c0=MAX32), DATA=b"text " * 20)
    add("high-initrd", "module-reach boot-params", page(x0c0=MAX32))
    loop = struct.pack("<QII", BASE + 0x4000, 9, 16) + bytes(16)
    add("setup-data-loops", "setup-data", page(x250=BASE + 0x4000), MEMORY_MAP=loop)
    add("setup-data-nowhere", "boot-params", page(x250=1 << 52))
    add("setup-data-indirect", "setup-data", page(x250=BASE + 0x4000), MEMORY_MAP=struct.pack("<QII", 0, 1 << 31, 16) + bytes(16))
    add("cmdline-endless", "door-cmdline cmdline-buffer", page(x228=KERNEL), DATA=b"a" * 80000)
    add("efi-map-nowhere", "boot-params", page(x1c0=0x34364c45, x1d4=4096, x1dc=MAX32))


def add(images):
    images.category = "what a loader left"
    multiboot2(images)
    multiboot1(images)
    boot_params(images)
