# SPDX-License-Identifier: GPL-2.0-or-later
"""GRUB as a guest under Xen, with a kernel and its initrd in its memory disk: what lull is compared with."""

import os

from tests.lab import kernels, proc
from tests.lab.result import LabFault

PLATFORMS = {"pvh": "i386-xen_pvh", "pv": "x86_64-xen"}
# What it takes to start a kernel. As a PV guest GRUB unpacks it, with any of the filters that it has for that.
MODULES = "linux normal sleep halt xzio gzio lzopio"
# A kernel that GRUB does not start ends the guest, with GRUB's error on its console: the sleep is what sends it there.
CONFIG = """linux (memdisk)/boot/linux {cmdline}
initrd (memdisk)/boot/initrd
boot
sleep 1
halt
"""


# What it takes besides to find one on a disk that MBR or GPT and ext4 or FAT divide.
DISK_MODULES = MODULES + " configfile search search_fs_uuid part_msdos part_gpt ext2 fat test echo"
DISK_CONFIG = """search --no-floppy --fs-uuid --set=root {uuid}
configfile /boot/grub/grub.cfg
sleep 1
halt
"""


def build(target, door, kernel, initrd, cmdline):
    """Write the image for DOOR, a key of PLATFORMS, to TARGET and return its name."""
    return standalone(target, door, CONFIG.format(cmdline=cmdline), MODULES, f"boot/linux={kernel}", f"boot/initrd={initrd}")


def build_for_disk(target, door, uuid):
    """The same of a GRUB that does what the grub.cfg on the file system with this UUID says."""
    return standalone(target, door, DISK_CONFIG.format(uuid=uuid), DISK_MODULES)


def standalone(target, door, config, modules, *files):
    name = target + ".cfg"
    kernels.publish(config.encode(), name)
    made = proc.run(["grub-mkstandalone", "-O", PLATFORMS[door], f"--install-modules={modules}", f"--modules={modules}", "--fonts=",
                     "--locales=", "--themes=", "-o", target, f"boot/grub/grub.cfg={name}", *files])
    os.unlink(name)
    if made.returncode != 0:
        raise LabFault(f"grub-mkstandalone failed: {made.stdout.strip()}")
    return target
