# SPDX-License-Identifier: GPL-2.0-or-later
"""GRUB that UEFI firmware (OVMF) starts, with a kernel and its module beside it on the disk."""

import os

from tests.lab import iso, kernels, paths, proc, uefi
from tests.lab.result import LabFault

# By the cell's loader: GRUB's command for the kernel, for a module, and what it needs for them.
COMMANDS = {"grub": ("multiboot2", "module2"), "grub-linux": ("linux", "initrd"), "grub-chain": ("chainloader", None)}
MODULES = "multiboot2 linux chain normal serial terminal fat part_msdos part_gpt search search_fs_file all_video"
MENU = """serial --unit=0 --speed=115200
terminal_output serial
terminal_input serial
search --no-floppy --file --set=root /kernel.efi
{commands}
boot
"""


def build(directory, loader, ramdisk, cmdline):
    """Make the image in DIRECTORY, whose menu starts what the disk holds, and return its name."""
    start, add = COMMANDS[loader]
    commands = [f"{start} /kernel.efi {iso.quote(cmdline) if cmdline else ''}"] + ([f"{add} /module"] if ramdisk else [])
    menu = os.path.join(paths.make_directory(directory), "grub.cfg")
    with open(menu, "w", encoding="utf-8") as output:
        output.write(MENU.format(commands="\n".join(commands)))
    image = os.path.join(directory, "grub.efi")
    made = proc.run(["grub-mkstandalone", "-O", "x86_64-efi", "-d", os.path.dirname(kernels.fetch("grub-efi")),
                     f"--install-modules={MODULES}", f"--modules={MODULES}", "--fonts=", "--locales=", "--themes=", "-o", image,
                     f"boot/grub/grub.cfg={menu}"])
    if made.returncode != 0:
        raise LabFault(f"grub-mkstandalone failed: {made.stdout.strip()[-200:]}")
    return image


def run(kernel, ramdisk=None, cmdline="", loader="grub", scratch=None, **other):
    """Boot firmware, GRUB and KERNEL with RAMDISK as its module; the rest is as in uefi.run()."""
    image = build(os.path.join(scratch, "grub"), loader, ramdisk, cmdline)
    files = {"kernel.efi": kernel, **({"module": ramdisk} if ramdisk else {})}
    return uefi.run(image, files=files, scratch=scratch, **other)
