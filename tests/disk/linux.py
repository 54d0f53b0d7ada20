# SPDX-License-Identifier: GPL-2.0-or-later
"""File systems whose trees a Linux has written, in the lab's guest (lab/linux_fs.py), with the traces that this leaves: names that
were removed, files in pieces, compressed and shared extents, subvolumes."""

import zlib

from tests.disk import btrfs
from tests.disk.tree import LETTERS, Tree, expected, run
from tests.lab import linux_fs

UUID = btrfs.UUID
# name: how it is mounted
KINDS = {
    "linux-ext4": "rw",
    "linux-ext4-inline": "rw",
    "linux-ext2": "rw",
    "linux-xfs": "rw",
    "linux-xfs-4": "rw",
    "linux-fat16": "rw,utf8",
    "linux-fat32": "rw,utf8",
    "linux-btrfs": "rw",
    "linux-btrfs-zlib": "rw,compress-force=zlib",
    "linux-btrfs-lzo": "rw,compress-force=lzo",
    "linux-btrfs-zstd": "rw,compress-force=zstd",
}
MAKE_EXT = {"linux-ext4": ["-t", "ext4", "-b", "1024"], "linux-ext4-inline": ["-t", "ext4", "-b", "4096", "-O", "inline_data"],
            "linux-ext2": ["-t", "ext2", "-b", "1024"]}
MAKE_FAT = {"linux-fat16": ["-c", "2"], "linux-fat32": ["-F", "-c", "1"]}
MAKE_XFS = {"linux-xfs": [], "linux-xfs-4": ["-m", "crc=0"]}
# One guest can have so many disks.
MOST = 11

# What comes before the tree is there when it is written, and half of it is not; then parts of its larger files are written again.
WRITE = """mkdir filler
for number in $(seq 80); do
    dd if=/bin/busybox of=filler/$number bs=1000 count=$((number % 20 + 1)) 2>/dev/null
done
sync
for number in $(seq 1 2 80); do
    rm filler/$number
done
place=$PWD
cp {copy} /trees/$1/. .
for number in $(seq {names}); do
    : >"wide/a name that does not stay, $number"
done
for number in $(seq {kept}); do
    : >"wide/$number{long}"
done
sync
cd /trees/$1
find . -type f -size +8k | while IFS= read -r file; do
    dd if="$file" of="$place/$file" bs=4096 skip=1 seek=1 count=1 conv=notrunc 2>/dev/null
done
cd "$place"
rm -r filler wide/a\\ name*
printf end | dd of=hole bs=1000 seek=150 2>/dev/null
"""
# The file with a hole is shared by two subvolumes, of which one is told more.
SUBVOLUMES = """btrfs subvolume create part
cd part
{write}cd ..
btrfs subvolume snapshot part copy
sync
echo more >>part/hole
{last}"""
HOLE = bytes(150000) + b"end"
# In some trees a directory has so many names of its own that an index of blocks of 1 KiB takes two levels.
MANY = 3000
LONG = "-a-name-as-long-as-those-of-packages-are"


def file_line(path, content):
    return b"f %s %d %08x" % (path, len(content), zlib.crc32(content))


def below(lines, folder):
    """Lines of what is in a folder."""
    return {line[:2] + folder + line[2:] for line in lines}


def format_image(kind, image):
    """Make an empty file system. Return the start of what walk should say of it."""
    if kind in MAKE_EXT:
        run("mke2fs", "-q", *MAKE_EXT[kind], "-N", 8192, "-L", "label", "-U", UUID, image, "24m")
        return f'fs={kind[6:10]} uuid={UUID} label="label"'
    if kind in MAKE_FAT:
        size = 96 if "32" in kind else 24
        run("mformat", "-C", "-i", image, "-T", size * 2048, "-h", 2, "-s", 63, "-v", "LABEL", "-N", "1234abcd", *MAKE_FAT[kind], "::")
        return 'fs=vfat uuid=1234-ABCD label="LABEL"'
    if kind in MAKE_XFS:
        run("mkfs.xfs", "-q", "--unsupported", "-L", "label", "-m", f"uuid={UUID}", *MAKE_XFS[kind], "-d", f"file,name={image},size=64m")
        return f'fs=xfs uuid={UUID} label="label"'
    with open(image, "wb") as output:
        output.truncate(160 << 20)
    run("mkfs.btrfs", "-q", "-L", "label", "-U", UUID, image)
    return f'fs=btrfs uuid={UUID} label="label"'


def prepare(scratch, kind, chance):
    """An image that is still to be filled, as linux_fs has them; what will be in it, and the start of what walk should say."""
    source, image = scratch / "tree", scratch / "image"
    is_fat = kind in MAKE_FAT
    Tree(source, chance, 300000, is_fat=is_fat, has_holes=False, letters=LETTERS, plain=0.5 if "btrfs" in kind else 1)
    wanted = expected(source) | {file_line(b"/hole", HOLE)}
    head = format_image(kind, image) + " recovery=no"
    kept = chance.choice([0, 0, MANY])
    wanted |= {file_line(f"/wide/{number}{LONG}".encode(), b"") for number in range(1, kept + 1)}
    write = WRITE.format(copy="-r" if is_fat else "-a", names=chance.choice([10, 300]), kept=kept, long=LONG)
    if kind in MAKE_EXT:
        wanted |= {b"d /lost+found"}
    if "btrfs" in kind:
        part = wanted - {file_line(b"/hole", HOLE)} | {file_line(b"/hole", HOLE + b"more\n")}
        is_default = chance.random() < 0.5
        write = SUBVOLUMES.format(write=write, last="btrfs subvolume set-default part\n" if is_default else "")
        both = below(part - {b"d "}, b"/part") | below(wanted - {b"d "}, b"/copy") | {b"d ", b"d /part", b"d /copy"}
        wanted = part if is_default else both
    system = "vfat" if is_fat else "btrfs" if "btrfs" in kind else kind.split("-")[1]
    return linux_fs.Filled(image, system, write, source, KINDS[kind]), wanted, head
