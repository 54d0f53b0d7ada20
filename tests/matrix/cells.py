# SPDX-License-Identifier: GPL-2.0-or-later
"""Cells files: INI, one section a cell. Reads and checks them, and holds a result against what a cell asks for.

Keys: door kernel ramdisk initrd cmdline disk type start_info vcpus maxvcpus memory maxmem expect reject outcome timeout loader
secure. A [DEFAULT] section gives keys to all cells. A semicolon after a space begins a comment. `expect` and `reject` may have several
lines, each a regular expression of its own; `disk` one line for each disk (tests/lab/disk.py). The reason that is given for an outcome counts as a line too, for `expect`.
"""

import configparser
import os
import re

from tests.lab import disk, paths, result, typist, vmm

DOORS = {
    # An HVM guest starts from a CD with GRUB, or from a file for loaders of Linux.
    "pv": "xl", "pvh": "xl", "hvm": "xl", "hvm-kernel": "xl",
    # A PV guest in Xen's own shim, which is a PVH guest.
    "pvshim": "xl",
    "dom0-pv": "dom0", "dom0-pvh": "dom0",
    # The lab's own dom0, started through the cell's kernel, up to `xl list`.
    "host-pv": "host",
    "tcg": "plain", "tcg-hypervisor": "plain",
    # A machine without PCI and ACPI, whose devices the kernel's command line names.
    "microvm": "plain",
    "bochs": "bochs",
    # Firmware starts the kernel, an EFI application.
    "uefi": "plain",
    # Firmware starts GRUB, and GRUB the kernel.
    "grub-efi": "plain",
    "kvm": "kvm", "kvm-hyperv": "kvm", "kvm-vmware": "kvm",
    # By the tests' own monitor, which stands for these.
    **{door: "kvm" for door in vmm.DOORS},
}
TEXT_KEYS = ("door", "kernel", "ramdisk", "initrd", "cmdline", "disk", "type", "expect", "reject", "outcome", "loader", "secure",
             "start_info")
NUMBER_KEYS = ("vcpus", "maxvcpus", "memory", "maxmem", "timeout")
FILE_KEYS = ("kernel", "ramdisk", "initrd")
EFI_LOADERS = ("grub", "grub-linux", "grub-chain")
LOADERS = ("qemu", "grub", "grub-multiboot1", "grub-linux", "kexec", "kexec-load")
DEFAULTS = {"vcpus": 1, "memory": 256, "outcome": "poweroff", "timeout": 90}

# An offset in start_info, and a number of 32 bits.
WORD = re.compile(r"\d+=(?:0x[0-9a-f]{1,8}|\d+)\Z")

# A name becomes the name of a log file.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*\Z")


class Malformed(Exception):
    """The file is not a cells file; the text says where and why."""


def read(path):
    """Return the cells of a file: dictionaries with a name, files made absolute, numbers as numbers."""
    parser = configparser.ConfigParser(interpolation=None, inline_comment_prefixes=(";",))
    try:
        with open(path, encoding="utf-8") as source:
            parser.read_file(source, path)
    except (OSError, UnicodeDecodeError, configparser.Error) as problem:
        raise Malformed(str(problem).replace("\n", " ")) from problem
    found = [check(path, name, dict(parser[name])) for name in parser.sections()]
    if not found:
        raise Malformed(f"{path}: no cells in it")
    return found


def check(path, name, keys):
    """Return one section as a cell, or raise Malformed with what is wrong with it."""
    def wrong(text):
        return Malformed(f"{path}: [{name}]: {text}")
    if not NAME.match(name):
        raise wrong("a cell's name has letters, digits and . _ + - only")
    unknown = sorted(set(keys) - set(TEXT_KEYS + NUMBER_KEYS))
    if unknown:
        raise wrong(f"unknown key {unknown[0]!r}; the keys are {' '.join(TEXT_KEYS + NUMBER_KEYS)}")
    for key in ("door", "kernel"):
        if not keys.get(key):
            raise wrong(f"{key} is missing")
    cell = dict(DEFAULTS, name=name, **{key: keys[key] for key in TEXT_KEYS if keys.get(key)})
    for key in NUMBER_KEYS:
        if key in keys:
            cell[key] = number(keys[key], key, wrong)
    one_of(cell, "door", DOORS, wrong)
    one_of(cell, "outcome", result.EXPECTABLE, wrong)
    if "loader" in cell:
        one_of(cell, "loader", EFI_LOADERS if cell["door"] == "grub-efi" else LOADERS, wrong)
        if not cell["door"].startswith(("tcg", "grub-efi")):
            raise wrong("loader is for door = tcg, tcg-hypervisor or grub-efi")
    if "secure" in cell:
        one_of(cell, "secure", ("on", "off"), wrong)
    if "disk" in cell:
        cell["disk"] = disks(cell, wrong)
    if "type" in cell:
        cell["type"] = typed(cell, wrong)
    if "start_info" in cell:
        cell["start_info"] = words(cell, wrong)
    if cell["door"] == "uefi" and any(key in cell for key in ("ramdisk", "cmdline")):
        raise wrong("firmware starts a file alone: no ramdisk or cmdline with door = uefi")
    if "secure" in cell and cell["door"] != "uefi":
        raise wrong("secure is for door = uefi")
    if "initrd" in cell and not (cell["door"] in ("pvh", "hvm", "bochs") or cell.get("loader") == "grub"):
        raise wrong("initrd (a second module) needs door = pvh, hvm or bochs, or loader = grub")
    if "initrd" in cell and "ramdisk" not in cell:
        raise wrong("initrd is the second module; ramdisk, the first, is missing")
    for key in ("expect", "reject"):
        cell[key] = patterns(cell.get(key, ""), key, wrong)
    for key in FILE_KEYS:
        if key in cell:
            cell[key] = paths.in_repository(cell[key])
    return cell


def disks(cell, wrong):
    """The disks of a cell, their files made absolute."""
    if cell["door"] not in ("pv", "pvh", "tcg", "tcg-hypervisor", "microvm"):
        raise wrong("disk is for door = pv, pvh, tcg, tcg-hypervisor or microvm")
    try:
        return [disk.absolute(line) for line in cell["disk"].splitlines() if line.strip()]
    except ValueError as problem:
        raise wrong(f"disk = {problem}") from problem


def typed(cell, wrong):
    """What is typed at a cell's console."""
    if cell["door"] not in ("pv", "pvh", "tcg", "tcg-hypervisor", "microvm"):
        raise wrong("type is for door = pv, pvh, tcg, tcg-hypervisor or microvm")
    try:
        return typist.parse(cell["type"])
    except (ValueError, re.error) as problem:
        raise wrong(f"type = {problem}") from problem


def words(cell, wrong):
    """What is written over words of start_info."""
    if cell["door"] not in vmm.DOORS:
        raise wrong(f"start_info is for door = {' or '.join(vmm.DOORS)}")
    found = cell["start_info"].split()
    bad = next((word for word in found if not WORD.match(word)), None)
    if bad:
        raise wrong(f"start_info: {bad} is not OFFSET=VALUE")
    return found


def number(text, key, wrong):
    if not text.isdigit() or int(text) == 0:
        raise wrong(f"{key} = {text}: not a number above zero")
    return int(text)


def one_of(cell, key, choices, wrong):
    if cell[key] not in choices:
        raise wrong(f"{key} = {cell[key]}: the choices are {' '.join(choices)}")


def patterns(text, key, wrong):
    """Compile the lines of an `expect` or `reject`."""
    lines = [line for line in text.splitlines() if line.strip()]
    try:
        return [re.compile(line) for line in lines]
    except re.error as problem:
        raise wrong(f"{key}: not a regular expression: {problem}") from problem


def missing_file(cell):
    """Name a file that the cell wants and nobody has made, or None."""
    wanted = [cell[key] for key in FILE_KEYS if key in cell] + [disk.path(line) for line in cell.get("disk", [])]
    return next((name for name in wanted if name and not os.path.isfile(name)), None)


def guest_of(cell):
    """The part of a cell that a lab needs, as plain data."""
    wanted = ("door", "kernel", "ramdisk", "initrd", "cmdline", "disk", "type", "vcpus", "maxvcpus", "memory", "maxmem", "timeout",
              "secure", "start_info")
    return {key: cell[key] for key in wanted if key in cell}


def complaints(cell, ended, lines):
    """List what is wrong with a result; nothing, when the cell has passed."""
    found = []
    if ended.outcome != cell["outcome"]:
        reason = f" ({ended.detail})" if ended.detail else ""
        found.append(f"outcome {ended.outcome}{reason}, wanted {cell['outcome']}")
    for pattern in cell["expect"]:
        if not any(pattern.search(line) for line in [*lines, ended.detail]):
            found.append(f"no line matches {pattern.pattern!r}")
    for pattern in cell["reject"]:
        bad = next((line for line in lines if pattern.search(line)), None)
        if bad is not None:
            found.append(f"line {bad.strip()!r} matches {pattern.pattern!r}")
    if found and ended.outcome != result.REFUSED:
        last = next((line.strip() for line in reversed(lines) if line.strip()), None)
        found.append(f"last line {last!r}" if last else "it printed nothing")
    return found
