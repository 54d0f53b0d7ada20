# SPDX-License-Identifier: GPL-2.0-or-later
"""lull inspect and pack: what other builders make, out of Debian's packages.  Nothing of it is broken."""

import glob
import os
import subprocess

from tests.lab import paths
from tests.tools.case import SHIM, TOOL, Case, debian_kernel, kernels

BZIMAGE, ELF, PE = "linux-bzimage", "elf", "pe"
# Short name in kernels.py, file, kind, doors, and the error by which lull refuses it.
FILES = [
    ("memtest86+", "memtest86+x64.bin", BZIMAGE, ["linux", "lull"], None),
    ("memtest86+", "memtest86+x64.efi", BZIMAGE, ["linux", "efi", "lull"], None),
    ("memtest86+", "memtest86+ia32.bin", BZIMAGE, ["linux"], "linux-entry"),
    ("memtest86+", "memtest86+ia32.efi", BZIMAGE, ["linux", "efi"], "linux-entry"),
    ("memtest86+-13", "memtest86+x64.bin", BZIMAGE, ["linux", "lull"], None),
    ("memtest86+-13", "memtest86+ia32.bin", BZIMAGE, ["linux"], "linux-entry"),
    ("ipxe", "ipxe.lkrn", BZIMAGE, ["linux"], "linux-protocol"),
    ("ipxe", "ipxe.efi", PE, ["efi"], "uki-no-linux"),
    ("memdisk", "memdisk", BZIMAGE, ["linux"], "linux-protocol"),
    ("grub-xen", "grub-x86_64-xen.bin", ELF, ["xen-pv", "lull"], None),
    ("grub-xen", "grub-i386-xen_pvh.bin", ELF, ["pvh", "lull"], None),
    ("systemd-boot", "systemd-bootx64.efi", PE, ["efi"], "uki-no-linux"),
    ("systemd-boot", "linuxx64.efi.stub", PE, ["efi"], "uki-no-linux"),
    ("u-boot", "qemu-x86/uboot.elf", ELF, ["multiboot", "lull"], None),
    ("u-boot", "qemu-x86_64/uboot.elf", ELF, [], "elf-no-pvh"),
    ("xen-utils", "xen-shim", ELF, ["pvh", "multiboot2", "multiboot", "lull"], None),
    ("xen-utils", "hvmloader", ELF, [], "elf-no-pvh"),
]


def packaged(package, name=""):
    """Every file of a package that kernels.py takes, or the one with this name."""
    debian_kernel(package)
    files = glob.glob(os.path.join(paths.KERNELS, package, kernels.PACKAGES[package][1]))
    return sorted(file for file in files if file.endswith("/" + name) or not name)


class Packaged(Case):

    def test_what_it_is(self):
        for package, name, kind, doors, refused in FILES:
            with self.subTest((package, name)):
                path, = packaged(package, name)
                found = self.inspect(path)
                self.assertEqual((found["kind"], [row["door"] for row in found["starts_by"]]), (kind, doors))
                self.assertEqual(found.get("lull_refuses", {}).get("name"), refused)

    def test_firmware(self):
        """Files of no kind that lull knows."""
        for path in packaged("seabios"):
            with self.subTest(path):
                self.assertEqual(self.inspect(path)["kind"], "unknown")

    def test_pack_says_what_inspect_says(self):
        """What lull.elf takes is packed, and what it refuses is refused with the same error."""
        for package, name, _, doors, refused in FILES:
            with self.subTest((package, name)):
                path, = packaged(package, name)
                done = subprocess.run([TOOL, "pack", "-k", path, "-o", self.path("out"), "--shim", SHIM],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
                said = done.stderr.decode()
                self.assertEqual(done.returncode, 0 if "lull" in doors else 1, said)
                if refused:
                    self.assertRegex(said, rf"^=+ lull error \d+: {refused} =+\n")
