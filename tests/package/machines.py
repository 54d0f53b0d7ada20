# SPDX-License-Identifier: GPL-2.0-or-later
"""Machines of their own that start what the hooks have made by an installed example: for systemd-boot, and for GRUB."""

import os
import subprocess

from tests.lab import accel, iso, kernels, paths, plain, qemu, result, scratch, uefi

EXAMPLES = "/usr/share/doc/lull/examples"
CMDLINE = "console=ttyS0 lull_test=1"
TIMEOUT = 240
MKCONFIG = "/usr/share/grub/grub-mkconfig_lib"
# The CD as grub-probe would say it; GRUB takes its time of change for its name.
CHANGED = "2026010203040506"
GRUB_PROBE = """#!/bin/sh
case "$*" in
*target=device*) echo /dev/sr0 ;;
*target=fs_uuid*) echo 2026-01-02-03-04-05-06 ;;
*target=fs\\ * | *target=fs) echo iso9660 ;;
esac
"""
RELATIVE_PATH = """#!/bin/sh
echo "${1#"$ROOT"}"
"""
MENU = """serial --unit=0 --speed=115200
terminal_output serial
terminal_input serial
set timeout=0
menuentry_id_option=--id
"""
GRUB_MODULES = iso.MODULES + " search search_fs_uuid echo"


def script(directory, name, text):
    path = os.path.join(directory, name)
    with open(path, "w") as output:
        output.write(text)
    os.chmod(path, 0o755)
    return path


def systemd_boot(made, entry):
    """OVMF starts systemd-boot, which starts the image: by the example's entry, or as it finds it in EFI/Linux."""
    directory = paths.make_directory(os.path.join(scratch.use(), "systemd-boot"))
    image = made.path(f"/var/lib/lull/{made.version}.efi")
    files = {"loader/loader.conf": script(directory, "loader.conf", "timeout 0\n")}
    if entry:
        text = made.read(f"{EXAMPLES}/systemd-boot.conf").decode() + f"options {CMDLINE}\n"
        files |= {"loader/entries/lull.conf": script(directory, "lull.conf", text), "EFI/lull/guest.efi": image}
    else:
        files[f"EFI/Linux/{made.version}.efi"] = image
    loader = os.path.join(os.path.dirname(kernels.fetch("systemd-boot")), "systemd-bootx64.efi")
    return uefi.run(loader, files=files, timeout=TIMEOUT, scratch=directory, memory=1024)


def grub(made):
    """A PC's BIOS starts GRUB, whose menu is what the example prints in the bare system."""
    directory = paths.make_directory(os.path.join(scratch.use(), "grub-example"))
    text = made.read(f"{EXAMPLES}/grub-15_lull").decode()
    # GRUB's library takes these names for words.
    root, ours = paths.one_word(made.root), paths.one_word(directory)
    for name in ("/usr/lib/lull/", "/var/lib/lull/"):
        text = text.replace(name, root + name)
    script(directory, "grub-probe", GRUB_PROBE)
    script(directory, "grub-mkrelpath", RELATIVE_PATH)
    if not os.path.exists(MKCONFIG):
        raise result.LabFault(f"no {MKCONFIG}; install grub-common")
    entries = subprocess.run([script(directory, "15_lull", text)], check=True, stdout=subprocess.PIPE, text=True,
                             env=dict(os.environ, ROOT=root, grub_probe=f"{ours}/grub-probe",
                                      grub_mkrelpath=f"{ours}/grub-mkrelpath", GRUB_CMDLINE_LINUX=CMDLINE)).stdout
    files = [(name, made.path(name)) for name in ("/usr/lib/lull/lull.elf", f"/var/lib/lull/{made.version}.efi")]
    disc = iso.burn(directory, MENU + entries, files, GRUB_MODULES, [f"--modification-date={CHANGED}"])
    with qemu.Machine([*accel.native(1), "-m", "1024", *plain.DEBUG_EXIT, "-cdrom", disc, "-vga", "none"], log_resets=True) as machine:
        return plain.verdict(machine, plain.watch(machine, TIMEOUT, None), machine.clock())
