# SPDX-License-Identifier: GPL-2.0-or-later
"""XFS as mkfs.xfs makes it, with the tree that a prototype file describes."""

import os

from tests.disk.tree import LETTERS, Tree, expected, run
from tests.lab.layouts import prototype

# name: what mkfs.xfs is told.  As Alma and Fedora make them, and what old or odd ones have.
KINDS = {
    "xfs-5": [],
    "xfs-5-new": ["-m", "bigtime=1,inobtcount=1,rmapbt=1", "-i", "nrext64=1,sparse=1"],
    "xfs-5-1k": ["-b", "size=1024"],
    "xfs-5-1k-wide": ["-b", "size=1024", "-n", "size=16384"],
    "xfs-5-64k": ["-b", "size=65536", "-i", "size=2048"],
    "xfs-5-old": ["-m", "reflink=0,finobt=0,bigtime=0", "-i", "sparse=0"],
    "xfs-5-stripes": ["-d", "su=64k,sw=2", "-l", "su=64k"],
    "xfs-4": ["-m", "crc=0"],
    "xfs-4-512": ["-m", "crc=0", "-b", "size=512", "-i", "size=256", "-n", "size=4096"],
    "xfs-4-kinds": ["-m", "crc=0", "-n", "ftype=1"],
    "xfs-4-groups": ["-m", "crc=0", "-d", "agcount=7", "-i", "maxpct=50"],
}
UUID = "12345678-9abc-def0-1234-56789abcdef0"


def make(scratch, kind, chance):
    """An image of a kind of XFS, and what is in it."""
    source, image = scratch / "tree", scratch / "image"
    # A prototype's words are parted by blanks.
    Tree(source, chance, 300000, has_holes=False, letters=LETTERS.replace(" ", ""))
    if "xfs-5" in kind:
        # mkfs.xfs leaves out the header that the target of a long link has in version 5, and Linux does not read them.
        for path in source.rglob("*"):
            if path.is_symlink() and len(os.readlink(path)) > 200:
                path.unlink()
    (scratch / "prototype").write_text("\n".join(["/dev/null", "0 0", "d--755 0 0", *prototype(source), ""]))
    mebibytes = {"xfs-5-64k": 256, "xfs-4-groups": 128}.get(kind, 64)
    run("mkfs.xfs", "-q", "--unsupported", "-L", "label", "-m", f"uuid={UUID}", *KINDS[kind], "-p", scratch / "prototype",
        "-d", f"file,name={image},size={mebibytes}m")
    return image, expected(source), f'fs=xfs uuid={UUID} label="label" recovery=no'
