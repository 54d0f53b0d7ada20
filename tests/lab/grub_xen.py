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


def build(target, door, kernel, initrd, cmdline):
    """Write the image for DOOR, a key of PLATFORMS, to TARGET and return its name."""
    config = target + ".cfg"
    kernels.publish(CONFIG.format(cmdline=cmdline).encode(), config)
    made = proc.run(["grub-mkstandalone", "-O", PLATFORMS[door], f"--install-modules={MODULES}",
                     f"--modules={MODULES}", "--fonts=", "--locales=", "--themes=", "-o", target,
                     f"boot/grub/grub.cfg={config}", f"boot/linux={kernel}", f"boot/initrd={initrd}"])
    os.unlink(config)
    if made.returncode != 0:
        raise LabFault(f"grub-mkstandalone failed: {made.stdout.strip()}")
    return target
