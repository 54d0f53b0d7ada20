# SPDX-License-Identifier: GPL-2.0-or-later
"""GRUB CDs for BIOS machines: one that starts a multiboot kernel with its modules, or a Linux kernel with its initrd; or any."""

import os

from tests.lab import paths, proc
from tests.lab.result import LabFault

# Only what the menu below uses: the smaller GRUB's core, the fewer sectors the BIOS has to fetch.
MODULES = "multiboot multiboot2 linux normal serial terminal biosdisk iso9660"

MENU = """serial --unit=0 --speed=115200
terminal_output serial
terminal_input serial
set timeout=0
{commands}
boot
"""


# GRUB's commands for the kernel and for each module, by the kind of kernel.
COMMANDS = {"multiboot2": ("multiboot2", "module2"), "multiboot1": ("multiboot", "module"), "linux": ("linux", "initrd")}


def build(directory, kernel, module=None, cmdline="", second=None, kind="multiboot2", module_cmdline=""):
    """Make a CD that starts KERNEL, and return its name."""
    files = [(f"/boot/module{number}", name) for number, name in enumerate([module, second]) if name]
    start, add = COMMANDS[kind]
    commands = [f"{start} /boot/kernel {quote(cmdline)}"] + [f"{add} {inside}" for inside, _ in files]
    if module_cmdline:
        commands[1] += " " + quote(module_cmdline)
    return burn(directory, MENU.format(commands="\n".join(commands)), [("/boot/kernel", kernel), *files])


def burn(directory, menu, files, modules=MODULES, options=()):
    """Make boot.iso in DIRECTORY and return its name. MENU is the text of its grub.cfg; FILES are pairs of a name on the CD and
    a file, which is grafted in, not copied twice; OPTIONS are xorriso's."""
    mkrescue = paths.tool("grub-mkrescue")
    if not mkrescue:
        raise LabFault("no grub-mkrescue; install grub-common grub-pc-bin xorriso mtools")
    configuration = os.path.join(paths.make_directory(directory), "grub.cfg")
    with open(configuration, "w", encoding="utf-8", errors="surrogateescape") as output:
        output.write(menu)
    disc = os.path.join(directory, "boot.iso")
    grafts = [f"{inside}={graft(name)}" for inside, name in [*files, ("/boot/grub/grub.cfg", configuration)]]
    made = proc.run([mkrescue, "-d", "/usr/lib/grub/i386-pc", "--compress=no", f"--install-modules={modules}",
                     "--fonts=", "--locales=", "--themes=", "-o", disc, *options, *grafts])
    if made.returncode != 0:
        raise LabFault(f"grub-mkrescue failed: {made.stdout.strip().splitlines()[-1:]}")
    return disc


def graft(name):
    """xorriso reads = and \\ in a file's name as its own."""
    return os.path.abspath(name).replace("\\", "\\\\").replace("=", "\\=")


def quote(cmdline):
    """Write a command line for GRUB's script language, word by word: GRUB joins the words with single spaces. An empty
    word between two spaces is what keeps both."""
    return " ".join("'" + word.replace("'", "'\"'\"'") + "'" for word in cmdline.split(" "))
