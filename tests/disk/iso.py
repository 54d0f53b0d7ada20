# SPDX-License-Identifier: GPL-2.0-or-later
"""ISO images as xorriso makes them, with Rock Ridge, with Joliet, with both. (genisoimage does not end with some trees.)"""

import os
import re

from tests.disk.tree import Tree, expected, run

# name: what xorriso is told.
KINDS = {
    "iso-rock": ["-R"],
    "iso-rock-joliet": ["-R", "-J", "-joliet-long"],
    "iso-joliet": ["--norock", "-J", "-joliet-long"],
    # Images that are disks with a table, too: as grub-mkrescue makes them, and with another file in a GPT, as Fedora has its ESP.
    "iso-rock-mbr": ["-R", "--protective-msdos-label"],
    "iso-rock-gpt": ["-R", "-append_partition", "2", "0xef", "{appended}", "-appended_part_as_gpt"],
}
# Longer names, and others than ASCII, are written otherwise.
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_+"


def make(scratch, kind, chance):
    """An image of a kind of ISO 9660, and what is in it."""
    source, image = scratch / "tree", scratch / "image"
    has_rock = "rock" in kind
    Tree(source, chance, 300000, is_fat=not has_rock, has_holes=False, **({} if has_rock else {"letters": LETTERS}))
    for path in sorted(source.rglob("*"), reverse=True):
        if path.is_symlink():
            # A slash at the end of a target is left out, and long ones are refused.
            target = os.readlink(path).rstrip("/")
            path.unlink()
            if len(target) <= 200 and len(os.fsencode(path.name)) <= 240:
                path.symlink_to(target)
        elif not has_rock and (len(path.name) > 60 or "😀" in path.name):
            path.rename(path.with_name(path.name[:60].replace("😀", "smile")))
        elif has_rock and len(os.fsencode(path.name)) > 240:
            path.rename(path.with_name("shorter" + path.name[:100]))
    (scratch / "appended").write_bytes(chance.randbytes(100000))
    options = [word.format(appended=scratch / "appended") for word in KINDS[kind]]
    run("xorriso", "-as", "mkisofs", "-quiet", "-V", "LABEL", "-input-charset", "utf-8", *options, "-o", image, source)
    found = run("blkid", "-p", "-o", "export", image).decode()
    uuid = re.search("^UUID=(.*)$", found, re.MULTILINE)[1]
    return image, expected(source), f'fs=iso9660 uuid={uuid} label="LABEL" recovery=no'
