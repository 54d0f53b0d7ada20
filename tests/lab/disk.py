# SPDX-License-Identifier: GPL-2.0-or-later
"""Disks of guests, as a line of a cell's `disk` names one.

Under xl the line is xl's own (xl-disk-configuration(5)): PATH,raw,xvda,r, or key=value pairs that end in target=PATH. In a QEMU
of its own it is PATH,raw,vda,r or w, and maybe ,legacy (a PCI device, or one of microvm, as virtio 0.9 has them) or ,modern
(as virtio 1 has them, and only so) or ,high (the same, with its registers above 2 TiB) or ,4k (whose sectors have 4096 bytes)
behind it. What is written to a disk there is forgotten at the guest's end.
"""

from tests.lab import paths

TARGET = "target="
# Flags of QEMU's device by the last word of a line.
VIRTIO = {"": "", "legacy": ",disable-modern=on", "modern": ",disable-legacy=on", "high": ",disable-legacy=on",
          "4k": ",logical_block_size=4096,physical_block_size=4096"}
# SeaBIOS 1.16.2 puts the registers of devices above where memory may be plugged, once those of one do not fit below 4 GiB.
HIGH = ["-m", "slots=1,maxmem=2T", "-global", "EPYC-x86_64-cpu.phys-bits=46", "-device", "pci-testdev,membar=8G"]


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


def qemu_flags(lines, microvm=False):
    """Flags that give a QEMU these disks, all of them virtio-blk."""
    flags = ["-global", "virtio-mmio.force-legacy=false"] if microvm and any(line.endswith(",modern") for line in lines) else []
    for number, line in enumerate(lines):
        words = (line.split(",") + [""])[:5]
        if len(words) != 5 or words[1] != "raw" or words[3] not in ("r", "w") or words[4] not in VIRTIO:
            raise ValueError(f"{line}: a disk here is PATH,raw,vda,r or w, and maybe ,legacy, ,modern, ,high or ,4k")
        flags += HIGH if words[4] == "high" else []
        flags += ["-drive", f"if=none,id=disk{number},format=raw,file={words[0]},snapshot=on" +
                  (",readonly=on" if words[3] == "r" else "")]
        device = "virtio-blk-device" if microvm else "virtio-blk-pci"
        if not microvm or words[4] == "4k":
            device += VIRTIO[words[4]]
        flags += ["-device", f"{device},drive=disk{number}"]
    return flags
