#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Cells whose guests boot from their own disks: lull.elf and nothing else is given to the loader.

    disk_cells.py [--all]   write build/matrix/disk.cells and print its name; --all: every door with every layout

The disks are made when they are not there yet. Their kernel is the lab's own, and its initrd mounts the disk that lull has read.
"""

import itertools
import os
import re
import sys

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.lab import initrd, kernels, layouts, paths

KERNEL = "6.1"
# X86_FEATURE_AVX of Linux.
NO_AVX = "clearcpuid=156"
# The names of a disk that is a bare file system, which guests of PV hosters have as a partition.
BARE = {"pvh": "xvda1", "pv": "xvda1", "tcg": "vda", "microvm": "vda"}
# Door, layout, how xl or QEMU are to give the disk, CPUs, words for lull and the guest.
CELLS = [
    ("pv", "grub", "r", 2, ""),
    # What lull has read is mounted to be written to.
    ("pvh", "bare", "w", 1, "rw=1"),
    ("pv", "bls", "w", 1, "rw=1"),
    ("pvh", "extlinux", "r", 2, "lull.disk=xvda"),
    # A QEMU in dom0 behind it, which knows no indirect requests.
    ("pvh", "grub", "qdisk", 1, ""),
    # A drive without a medium and a disk without a kernel come first. A PV Linux waits five minutes for such a drive's back end
    # (wait_for_devices()); as PVH it looks at no drive.
    ("pvh", "uki", "others", 1, ""),
    ("pv", "uki", "r", 1, ""),
    # A UKI with three add-ons, of which one is for another kernel.
    ("pvh", "addons", "r", 1, ""),
    ("pv", "addons", "r", 1, ""),
    ("tcg", "addons", "r", 2, ""),
    # As Alma and Fedora have it: a file system of its own for /boot, and it is an XFS.
    ("pvh", "xfs", "r", 1, ""),
    ("pv", "xfs", "r", 2, ""),
    # The kernel is in a subvolume, compressed.
    ("pvh", "btrfs", "r", 2, ""),
    ("pv", "btrfs", "r", 1, ""),
    ("tcg", "uki", "r", 1, ""),
    ("tcg", "xfs", "r", 1, ""),
    ("tcg", "xfs", "r,4k", 1, ""),
    ("tcg", "btrfs", "r", 2, ""),
    ("tcg", "iso", "r", 1, ""),
    ("tcg", "grub", "r,legacy", 2, "lull.disk=vda2"),
    ("tcg", "extlinux", "r,modern", 1, ""),
    # As newer firmware does it on a machine with much memory.
    ("tcg", "bls", "r,high", 1, ""),
    ("tcg", "bls", "r,4k", 1, ""),
    ("microvm", "bls", "r", 1, ""),
]
# What the guest says of add-ons, and lull of one that it does not use.
ADDONS = [r"^LINE .* all=1 own=1$", "^ADDED /added-all of the add-on$", "^ADDED /added-own of the add-on$",
          r"warning disk \S+/EFI/Linux/lab\.efi\.extra\.d/other\.addon\.efi is passed over: addon-uname: "]
# Door, and what is typed where; the second entry of grub.cfg, and a word more.
MENU = [(r"starts in", "1"), (r"entry   1  ", "e"), (r"goes back[^$]*another=1", r" another=2x\x08\r")]


def all_cells():
    return [(door, layout, "r", cpus, "") for door, layout, cpus in itertools.product(BARE, layouts.LAYOUTS, (1, 2))]


def disk_lines(image, disk, access):
    """The lines of a cell's disks."""
    if access == "qdisk":
        # Not read-only: of such a disk QEMU 7.2 says "Block node is read-only", and takes its nodes out of xenstore.
        return [f"format=raw,vdev={disk},access=rw,backendtype=qdisk,target={image}"]
    if access == "others":
        return ["format=raw,vdev=xvdc,access=ro,devtype=cdrom,target=", f"{layouts.empty()},raw,xvdb,r", f"{image},raw,{disk},r"]
    return [f"{image},raw,{disk},{access}"]


def section(door, layout, access, cpus, words, typed=()):
    """One cell."""
    root, volume, system, title, file = layouts.LAYOUTS[layout]
    mounted = "btrfs" if layout == "btrfs" else "ext4"
    image = layouts.image(layout, kernels.fetch(KERNEL), initrd.disk(mounted), sector=4096 if access.endswith("4k") else 512)
    if mounted == "btrfs":
        # Its checksums for RAID would take AVX, which the emulator's second CPU of a guest under Xen calls an invalid opcode, with
        # lull or without.
        words = " ".join(filter(None, ["fs=btrfs", f"subvol={layouts.SUBVOLUME}", NO_AVX if door in ("pv", "pvh") else "", words]))
    disk = BARE[door] if root is None else BARE[door].rstrip("1")
    part = disk + str(root or "")
    # An emulated machine without a hypervisor states no frequency.
    taken = r"\d+" if door in ("pv", "pvh") else "unknown"
    entry = rf'^lull: disk {disk}{volume or ""} {system} entry="{title}" file={re.escape(file)} read=\d+\.\dMiB ns={taken}$'
    expect = [entry] * (not typed) + [rf"^DISK {part} ", "^FILE hello from the disk"] + ["^WRITTEN"] * ("rw=1" in words)
    expect += ADDONS * (layout == "addons")
    expect += [r'entry="Another"', r'cmdline="[^"]*another=1 [^"]*another=2"'] if typed else []
    console = "hvc0" if door in ("pv", "pvh") else "ttyS0"
    # A kernel that finds its devices by words of the command line finds no disk: Debian's has no such words. Nor can it power off.
    if door == "microvm":
        expect, words = [entry, "^NO DISK"], f"{words} stop=port".lstrip()
    lines = [f"[disk-{door}-{layout}-{access.replace(',', '-')}-{cpus}{'-menu' if typed else ''}]", f"door = {door}",
             f"kernel = {paths.BUILD}/lull.elf", f"cmdline = console={console} quiet disk={part} {words}".rstrip(),
             "disk = " + "\n    ".join(disk_lines(image, disk, access)), f"vcpus = {cpus}", "memory = 512", "timeout = 240",
             "expect = " + "\n    ".join(expect), "reject = lull error|Kernel panic|added-other" + "|NO DISK" * (door != "microvm")]
    if typed:
        lines.append("type = " + "\n    ".join(f"{pattern} => {keys}" for pattern, keys in typed))
    return "\n".join(lines) + "\n"


def sections(cells=()):
    """Some cells, or those of the default matrix."""
    found = [section(*cell) for cell in cells or CELLS]
    if not cells:
        found += [section(door, "grub", "r", 1, "lull.timeout=60", MENU) for door in ("pvh", "pv", "tcg")]
    return found


def main(arguments):
    target = os.path.join(paths.make_directory(os.path.join(paths.BUILD, "matrix")), "disk.cells")
    kernels.publish("\n".join(sections(all_cells() if arguments == ["--all"] else ())).encode(), target)
    print(target)


if __name__ == "__main__":
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__.strip())
        sys.exit(0)
    main(sys.argv[1:])
