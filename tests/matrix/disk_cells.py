#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Cells whose guests boot from their own disks: lull.elf and nothing else is given to the loader.

    disk_cells.py       write build/matrix/disk.cells and print its name

The disks are made when they are not there yet. Their kernel is the lab's own, and its initrd mounts the disk that lull has read.
"""

import os
import sys

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.lab import disk, initrd, kernels, paths

DIRECTORY = os.path.join(paths.BUILD, "disk")
KERNEL = "6.1"
# Door, disk as the guest sees it, partition (None: a bare file system), how xl or QEMU are to give it, words that lull takes.
CELLS = [
    ("pvh", "xvda", 2, "r", "lull.disk=xvda2"),
    ("pv", "xvda1", None, "r", ""),
    # What lull has read is mounted to be written to.
    ("pvh", "xvda1", None, "w", "rw=1"),
    ("pv", "xvda", 2, "w", "rw=1"),
    ("tcg", "vda", 1, "r", ""),
    ("tcg", "vda", None, "r,legacy", ""),
    ("tcg", "vda", None, "r,modern", ""),
]


def section(door, name, partition, access, words):
    """One cell."""
    kernel = kernels.fetch(KERNEL)
    image = disk.bootable(os.path.join(DIRECTORY, f"boot-{partition or 'bare'}.img"), kernel, initrd.disk(), partition)
    version = os.path.basename(kernel).removeprefix("vmlinuz-")
    part = name + str(partition or "")
    console = "hvc0" if door in ("pv", "pvh") else "ttyS0"
    expect = [rf'^lull: disk {part} ext4 entry="vmlinuz-{version}" file=/boot/vmlinuz-{version} read=\d+\.\dMiB ns=\d+$',
              rf"^DISK {part} ", "^FILE hello from the disk"] + (["^WRITTEN"] if "rw=1" in words else [])
    lines = [f"[disk-{door}-{part}-{access.replace(',', '-')}]", f"door = {door}", f"kernel = {paths.BUILD}/lull.elf",
             f"cmdline = console={console} quiet disk={part} {words}".rstrip(), f"disk = {image},raw,{name},{access}",
             "memory = 512", "timeout = 240", "expect = " + "\n    ".join(expect), "reject = lull error|Kernel panic|NO DISK"]
    return "\n".join(lines) + "\n"


def sections():
    """All cells."""
    return [section(*cell) for cell in CELLS]


def main():
    target = os.path.join(paths.make_directory(os.path.join(paths.BUILD, "matrix")), "disk.cells")
    kernels.publish("\n".join(sections()).encode(), target)
    print(target)


if __name__ == "__main__":
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__.strip())
        sys.exit(0)
    main()
