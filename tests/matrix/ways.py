# SPDX-License-Identifier: GPL-2.0-or-later
"""What all cells of the default matrix are made of: the ways in, the files that are started, and what each line of lull says."""

import os
import re
import subprocess

from tests.lab import initrd, kernels, paths
from tests.lab.result import LabFault

DIRECTORY = os.path.join(paths.BUILD, "matrix")
SHIM = os.path.join(paths.BUILD, "lull.elf")
# The same in other forms: for multiboot1 loaders, and for those of Linux.
MULTIBOOT1 = os.path.join(paths.BUILD, "lull-mb1.elf")
BZIMAGE = os.path.join(paths.BUILD, "lull.bzimage")
STUB = os.path.join(paths.BUILD, "lull.efi")
CPUS = (1, 2)
# Linked at 1 MiB with everything mapped, and like Linux.
PV_LOOKS = ("pv_look_low", "pv_look_high")

# The least memory in which each kernel boots directly with the default initrd, with 1 and with 2 CPUs. Found by
# `least_memory.py --doors xl,pv,qemu,grub`: the least, in steps of 4 MiB, at which twenty direct boots in a row went well.
# xl is type="pvh" without lull, qemu is -kernel with the bzImage, grub is GRUB's own linux and initrd commands.
LEAST = {
    ("xl", "6.1"): (92, 92), ("xl", "6.1-cloud"): (80, 80), ("xl", "6.12"): (76, 76),
    ("qemu", "6.1"): (88, 88), ("qemu", "6.1-cloud"): (76, 76), ("qemu", "6.12"): (76, 76),
    ("pv", "6.1"): (84, 84), ("pv", "6.1-cloud"): (72, 76), ("pv", "6.12"): (72, 72),
    ("grub", "6.1"): (92, 92), ("grub", "6.1-cloud"): (88, 88), ("grub", "6.12"): (88, 88),
}
# What "small" has more in PV, where lull holds the packed and the unpacked kernel at once. Nothing elsewhere.
MORE = {"pv": 48}

# What a kernel must not say. One warning is the lab's: under xl, 6.1 now and then finds the emulated CPU's XSAVE sizes inconsistent,
# when it is started directly too.
TROUBLE = ("lull error", "Kernel panic", r"\bWARNING: CPU(?!.* fpu__init_system_xstate)", r"\bBUG\b", r"\bOops\b")
# One window for the shim's own sites, and more where the payload has sites too.
RECEIPT = r"^lull: receipt .*\bheld=([1-9]\d*) delivered=\1\b"


def section(name, **keys):
    """Write one cell; an `expect` of several patterns becomes several lines."""
    lines = [f"[{name}]"]
    for key, value in keys.items():
        if isinstance(value, (list, tuple)):
            value = "\n    ".join(value)
        if value is not None:
            lines.append(f"{key} = {value}")
    return "\n".join(lines) + "\n"


# How a cells file says each way in, the console there, and the door and the backend that lull then reports.
WAYS = {
    "xl": ({"door": "pvh"}, "hvc0", "pvh", "xen-hvm"),
    "hvm": ({"door": "hvm"}, "hvc0", "multiboot2", "xen-hvm"),
    "qemu": ({"door": "tcg"}, "ttyS0", "pvh", "native"),
    "grub": ({"door": "tcg", "loader": "grub"}, "ttyS0", "multiboot2", "native"),
    "qemu-mb1": ({"door": "tcg", "kernel": MULTIBOOT1}, "ttyS0", "multiboot1", "native"),
    "grub-mb1": ({"door": "tcg", "kernel": MULTIBOOT1, "loader": "grub-multiboot1"}, "ttyS0", "multiboot1", "native"),
    "qemu-bzimage": ({"door": "tcg", "kernel": BZIMAGE}, "ttyS0", "linux", "native"),
    "grub-bzimage": ({"door": "tcg", "kernel": BZIMAGE, "loader": "grub-linux"}, "ttyS0", "linux", "native"),
    "kexec": ({"door": "tcg", "kernel": BZIMAGE, "loader": "kexec"}, "ttyS0", "linux", "native"),
    "kexec-load": ({"door": "tcg", "kernel": BZIMAGE, "loader": "kexec-load"}, "ttyS0", "linux", "native"),
    "hvm-kernel": ({"door": "hvm-kernel", "kernel": BZIMAGE}, "hvc0", "linux", "xen-hvm"),
    "grub-efi": ({"door": "grub-efi"}, "ttyS0", "multiboot2", "native"),
    "grub-efi-bzimage": ({"door": "grub-efi", "kernel": BZIMAGE, "loader": "grub-linux"}, "ttyS0", "linux", "native"),
    "dom0": ({"door": "dom0-pvh"}, None, "pvh", "xen-hvm"),
    "pv": ({"door": "pv"}, "hvc0", "pv", "xen-pv"),
    "dom0-pv": ({"door": "dom0-pv"}, None, "pv", "xen-pv"),
    "pvshim": ({"door": "pvshim"}, "hvc0", "pv", "xen-pv"),
    "kvm": ({"door": "kvm"}, "ttyS0", "pvh", "kvm"),
    "hyperv": ({"door": "kvm-hyperv"}, "ttyS0", "pvh", "hyperv"),
    "vmware": ({"door": "kvm-vmware"}, "ttyS0", "pvh", "vmware"),
    "firecracker": ({"door": "kvm-firecracker"}, "ttyS0", "pvh", "kvm"),
    "cloud-hypervisor": ({"door": "kvm-cloud-hypervisor"}, "ttyS0", "pvh", "kvm"),
    "stranger": ({"door": "tcg-hypervisor"}, "ttyS0", "pvh", "native"),
    "bochs": ({"door": "bochs"}, "ttyS0", "multiboot2", "native"),
}
# Those that every kernel and every size is tried on: by PVH, and all. And the faces of KVM, which has no doors of its own.
PVH_DOORS = ("xl", "qemu", "grub")
DOORS = (*PVH_DOORS, "pv")
FACES = ("kvm", "hyperv", "vmware")
# The tests' own monitor, as which it builds a guest.
MONITORS = ("firecracker", "cloud-hypervisor")
# By these other files.
OTHER_FILES = ("qemu-mb1", "grub-mb1", "qemu-bzimage", "grub-bzimage", "kexec")
# By loaders that take a minute or more before lull runs.
SLOW_FILES = ("kexec-load", "hvm-kernel", "grub-efi", "grub-efi-bzimage")


def guest_file(guest):
    return os.path.join(paths.BUILD, "guests", f"{guest if guest in PV_LOOKS else 'pvh_' + guest}.elf")


def release(kernel):
    """The release that a kernel's file name ends in, for a regular expression."""
    return os.path.basename(kernels.fetch(kernel)).split("-", 1)[1].replace(".", r"\.").replace("+", r"\+")


def uki(kernel, image=None, words="quiet", options=()):
    """Return the UKI of a kernel, or of another file, with the default initrd; its command line is for a serial line."""
    name = os.path.basename(image) if image else kernel
    name += "" if words == "quiet" else "-" + re.sub(r"\W+", "-", words)
    image = image or kernels.fetch(kernel)
    name += "".join(option.replace("--", "-") for option in options)
    stem = os.path.join(paths.make_directory(os.path.join(DIRECTORY, "uki")), name)
    pack(stem, image, [*options, "-i", initrd.guest(), "-c", f"console=ttyS0 {words} panic=-1 own_cmdline"])
    return stem + ".efi"


def pack(stem, image, options):
    """Have `lull pack` make STEM.elf and STEM.efi, unless they are there and newer than all that is in them."""
    tool = os.path.join(paths.BUILD, "lull")
    files = [option for before, option in zip(options, options[1:]) if before == "-i"]
    if initrd.fresh(stem + ".efi", [tool, SHIM, STUB, image, *files]):
        return
    run_pack(tool, *options, "-k", image, "-o", stem)


def run_pack(tool, *options):
    done = subprocess.run([tool, "pack", *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise LabFault(f"lull pack failed: {done.stdout.strip()}")


def packed_as(kernel, form):
    """The same for loaders that do not take lull.elf: a form of the shim with a kernel in it, "bzimage" or "mb1"."""
    stem = os.path.join(paths.make_directory(os.path.join(DIRECTORY, "uki")), f"{kernel}-{form}")
    target = stem + (".bzimage" if form == "bzimage" else ".elf")
    tool, shim, image = os.path.join(paths.BUILD, "lull"), BZIMAGE if form == "bzimage" else MULTIBOOT1, kernels.fetch(kernel)
    if not initrd.fresh(target, [tool, shim, image, initrd.guest()]):
        run_pack(tool, "-k", image, "-i", initrd.guest(), "-c", "console=ttyS0 quiet panic=-1", "--shim", shim,
                 "-o", target if form == "bzimage" else stem)
    return target


def packed(kernel, *options):
    """The same as one image with lull in it."""
    return uki(kernel, options=options)[:-len(".efi")] + ".elf"
