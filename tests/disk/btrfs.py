# SPDX-License-Identifier: GPL-2.0-or-later
"""btrfs as mkfs.btrfs makes it, with the tree of a folder."""

from tests.disk.tree import Tree, expected, run

# name: what mkfs.btrfs is told.
KINDS = {
    "btrfs": [],
    "btrfs-single": ["-m", "single"],
    "btrfs-4k": ["-n", "4096", "-s", "4096"],
    "btrfs-64k": ["-n", "65536"],
    "btrfs-mixed": ["-M", "-n", "4096"],
    "btrfs-holes": ["-O", "^no-holes"],
    "btrfs-old": ["-O", "^no-holes,^skinny-metadata", "-R", "^free-space-tree"],
}
UUID = "12345678-9abc-def0-1234-56789abcdef0"


def make(scratch, kind, chance):
    """An image of a kind of btrfs, and what is in it."""
    source, image = scratch / "tree", scratch / "image"
    Tree(source, chance, 300000, has_holes=False)
    with image.open("wb") as output:
        output.truncate(160 << 20)
    run("mkfs.btrfs", "-q", "-L", "label", "-U", UUID, *KINDS[kind], "--rootdir", source, image)
    return image, expected(source), f'fs=btrfs uuid={UUID} label="label" recovery=no'
