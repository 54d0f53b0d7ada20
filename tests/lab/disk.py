# SPDX-License-Identifier: GPL-2.0-or-later
"""Disks of guests, as a line of a cell's `disk` names one.

Under xl the line is xl's own (xl-disk-configuration(5)): PATH,raw,xvda,r, or key=value pairs that end in target=PATH. In a QEMU
of its own it is PATH,raw,vda,r or w, and maybe ,legacy (a PCI device, or one of microvm, as virtio 0.9 has them) or ,modern
(as virtio 1 has them, and only so) behind it. What is written to a disk there is forgotten at the guest's end.
"""

import os
import subprocess
import tempfile

from tests.lab import kernels, paths

TARGET = "target="
VIRTIO = ("", "legacy", "modern")
# A partition begins at the first mebibyte.
SECTORS_BEFORE = 2048


def parts(line):
    """The words of one disk and which of them is, or ends in, its path."""
    words = [word.strip() for word in line.strip().split(",")]
    if "=" not in words[0]:
        return words, 0
    if not words[-1].startswith(TARGET):
        raise ValueError(f"{line.strip()}: target=PATH has to be the last word")
    return words, len(words) - 1


def path(line):
    """The file of a disk; empty where there is none, as in a drive without a medium."""
    words, index = parts(line)
    return words[index].removeprefix(TARGET)


def absolute(line):
    """The same line, its path read as a cells file means it."""
    words, index = parts(line)
    name = path(line)
    if name:
        words[index] = words[index].removesuffix(name) + paths.in_repository(name)
    return ",".join(words)


def bootable(target, kernel, initrd, partition=None):
    """Make an image with an ext4 that has a kernel and its initrd in /boot, and a file, unless it is newer than they are. With
    PARTITION it is that one of an MBR."""
    if os.path.exists(target) and all(os.path.getmtime(target) > os.path.getmtime(name) for name in (kernel, initrd, __file__)):
        return target
    paths.make_directory(os.path.dirname(target))
    version = os.path.basename(kernel).removeprefix("vmlinuz-")
    with tempfile.TemporaryDirectory(prefix="disk-") as place:
        root = paths.make_directory(os.path.join(place, "root"))
        boot = paths.make_directory(os.path.join(root, "boot"))
        for name, source in ((f"vmlinuz-{version}", kernel), (f"initrd.img-{version}", initrd)):
            with open(source, "rb") as data, open(os.path.join(boot, name), "wb") as copy:
                copy.write(data.read())
        with open(os.path.join(root, "hello"), "w") as hello:
            hello.write("hello from the disk\n")
        image = os.path.join(place, "image")
        with open(image, "wb") as output:
            output.truncate(48 << 20)
        subprocess.run([paths.tool("mke2fs"), "-q", "-t", "ext4", "-b", "4096", "-d", root, image], check=True)
        with open(image, "rb") as source:
            kernels.publish(partitioned(source.read(), partition) if partition else source.read(), target)
    return target


def partitioned(content, number):
    """A disk with an MBR and one partition, with this number from 1 to 4."""
    entry = bytes([0, 0, 0, 0, 0x83, 0, 0, 0]) + SECTORS_BEFORE.to_bytes(4, "little") + (len(content) // 512).to_bytes(4, "little")
    table = bytes(446 + 16 * (number - 1)) + entry
    return table.ljust(510, b"\0") + b"\x55\xaa" + bytes(512 * (SECTORS_BEFORE - 1)) + content


def qemu_flags(lines, microvm=False):
    """Flags that give a QEMU these disks, all of them virtio-blk."""
    flags = ["-global", "virtio-mmio.force-legacy=false"] if microvm and any(line.endswith(",modern") for line in lines) else []
    for number, line in enumerate(lines):
        words = (line.split(",") + [""])[:5]
        if len(words) != 5 or words[1] != "raw" or words[3] not in ("r", "w") or words[4] not in VIRTIO:
            raise ValueError(f"{line}: a disk here is PATH,raw,vda,r or w, and maybe ,legacy or ,modern")
        flags += ["-drive", f"if=none,id=disk{number},format=raw,file={words[0]},snapshot=on" +
                  (",readonly=on" if words[3] == "r" else "")]
        device = "virtio-blk-device" if microvm else "virtio-blk-pci"
        if not microvm and words[4]:
            device += ",disable-modern=on" if words[4] == "legacy" else ",disable-legacy=on"
        flags += ["-device", f"{device},drive=disk{number}"]
    return flags
