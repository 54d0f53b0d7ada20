#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian kernels, and Xen's own file, unpacked under build/kernels and never installed.

    kernels.py path NAME...     fetch if need be, and print the file's name
    kernels.py fetch NAME...    the same without printing
    kernels.py fetch            the same for all that `make check` needs
    kernels.py host             print the newest kernel installed on this machine

Names: 5.10, 6.1, 6.1-cloud, 6.12, xen; 5.10-cloud, and of the backports 6.16-cloud to 7.3-cloud, 7.3, 7.3-rt and
newest-cloud (as PACKAGES has them). A package is downloaded once. Two processes may ask at the same time: the second waits
for the first. Exit status: 0, or 3 when a package cannot be had.
"""

import fcntl
import fnmatch
import glob
import lzma
import os
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import threading

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.lab import archive, packages, paths

IMAGE = "boot/vmlinuz-*"


def backport(name):
    """The row of a kernel that only the backports have, by its version and flavour: the newest package of that version."""
    version, _, flavour = name.partition("-")
    version = r"[0-9]" if version == "newest" else re.escape(version + ".")
    return rf"linux-image-{version}[^-]*-{flavour + '-' if flavour else ''}amd64", IMAGE, "trixie-backports"


# Short name: the package to ask for (or a regular expression of packages, of which the newest is taken), the file wanted of
# it, and the release of Debian that has it, if not this machine's.
PACKAGES = {
    "5.10": ("linux-image-amd64", IMAGE, "bullseye"),
    "5.10-cloud": ("linux-image-cloud-amd64", IMAGE, "bullseye"),
    "6.1": ("linux-image-amd64", IMAGE, None),
    "6.1-cloud": ("linux-image-cloud-amd64", IMAGE, None),
    "6.12": ("linux-image-6.12-amd64", IMAGE, None),
    "xen": (f"xen-hypervisor-{paths.XEN_VERSIONS[0]}-amd64", "boot/xen-*.gz", None),
    # What other builders make, to be looked at (tests/tools/test_packaged.py) or started; and loaders.
    "memtest86+": (r"memtest86\+", "boot/memtest86+*", None),
    "memtest86+-13": (r"memtest86\+", "boot/memtest86+*", "trixie"),
    "ipxe": ("ipxe", "boot/ipxe.*", None),
    "memdisk": ("syslinux-common", "usr/lib/syslinux/memdisk", None),
    "grub-xen": ("grub-xen-host", "usr/lib/grub-xen/*", None),
    "systemd-boot": ("systemd-boot-efi", "usr/lib/systemd/boot/efi/*", None),
    "systemd-boot-13": ("systemd-boot-efi", "usr/lib/systemd/boot/efi/*", "trixie"),
    "u-boot": ("u-boot-qemu", "usr/lib/u-boot/qemu-x86*/uboot.elf", None),
    "seabios": ("seabios", "usr/share/seabios/*", None),
    "kexec-tools": ("kexec-tools", "sbin/kexec", None),
    "grub-efi": ("grub-efi-amd64-bin", "usr/lib/grub/x86_64-efi/*", None),
    "xen-utils": (f"xen-utils-{paths.XEN_VERSIONS[0]}", "usr/lib/xen-*/boot/*", None),
    # From 6.19 on the kernel has a package without modules, of 14 MB.
    **{name: backport(name) for name in (
        "6.16-cloud", "6.17-cloud", "6.18-cloud", "6.19-cloud", "7.0-cloud", "7.1-cloud", "7.2", "7.2-cloud", "7.3-cloud",
        "7.3", "7.3-rt", "newest-cloud")},
}

# What is not in `make check`.
ON_REQUEST = {"systemd-boot-13", "6.17-cloud", "7.2", "newest-cloud"}

# The kernel that runs the lab (the cloud flavour has no dom0 support), and the modules unpacked with it, in the
# order in which they load. All of them would be nine tenths of the package.
DOM0 = "6.1"
COMMON_MODULES = [
    "virtio_ring", "virtio", "virtio_pci_modern_dev", "virtio_pci_legacy_dev", "virtio_pci", "virtio_console",
    "netfs", "fscache", "9pnet", "9pnet_virtio", "9p", "overlay",
]
ROLE_MODULES = {
    "xl": ["xen-privcmd", "xen-evtchn", "xen-gntdev", "xen-gntalloc", "xenfs", "loop", "xen-blkback"],
    "kvm": ["irqbypass", "ccp", "kvm", "kvm-amd", "kvm-intel"],
    # The guest that looks at its disk (initrd.py), which has the lab's kernel too.
    "disk": ["virtio_mmio", "virtio_blk", "xen-blkfront", "crc32c_generic", "libcrc32c", "crc16", "mbcache", "jbd2", "ext4"],
    # What it has besides where its file system is another (linux_fs.py).
    "btrfs": ["zstd_compress", "raid6_pq", "xor", "btrfs"],
    "xfs": ["xfs"],
    "vfat": ["fat", "vfat", "nls_cp437", "nls_ascii", "nls_utf8"],
}
FALLBACK = "6.1-cloud"
# What tests tell a Linux: nothing on the console but what they look for, a reset after a panic, and no check of the ciphers, which
# takes a tenth of an emulated start.
QUIET = "quiet panic=-1 cryptomgr.notests"
# Since 6.19 the package of a kernel's name is empty, and needs one with the kernel alone; since 7.2 that has it elsewhere.
SPLIT = "linux-binary-"
MOVED_IMAGE = "usr/lib/modules/*/vmlinuz"
# Where a package has its kernel, before and since 7.2.
KERNEL = "./*/vmlinuz*"


class Unavailable(Exception):
    """A package cannot be downloaded; the text says which and what to do."""


def fetch(name):
    """Return the file that NAME stands for, downloading its package when it is not there yet."""
    if name not in PACKAGES:
        raise Unavailable(f"no kernel is called {name!r}; the names are: {', '.join(PACKAGES)}")
    directory = os.path.join(paths.KERNELS, name)
    wanted = PACKAGES[name][1]
    found = present(name, directory)
    if found:
        return found
    paths.make_directory(paths.KERNELS)
    with open(os.path.join(paths.KERNELS, f".lock-{name}"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = present(name, directory)
        if not found:
            unpack(name, directory)
            found = present(name, directory)
    if not found:
        raise Unavailable(f"the package of {name} holds no {wanted}")
    return found


def present(name, directory):
    """The file that NAME stands for, where it is unpacked, and with all the modules that are wanted of it; else None."""
    if name == DOM0 and not all(module_file(directory, module) for module in wanted_modules()):
        return None
    return paths.newest(os.path.join(directory, PACKAGES[name][1]))


def wanted_modules():
    """The names of all modules that are unpacked with the lab's kernel."""
    return sum(ROLE_MODULES.values(), COMMON_MODULES)


def module_file(directory, name):
    """One module of the kernel that is unpacked in DIRECTORY, or None."""
    found = glob.glob(os.path.join(directory, "lib/modules/*/**", name + ".ko"), recursive=True)
    return found[0] if found else None


def unpack(name, directory):
    """Download NAME's package and move what is wanted of it into place in one step."""
    meta, wanted, suite = PACKAGES[name]
    options = archive.options(suite)
    package = real_package(meta, options)
    partial = directory + ".partial"
    shutil.rmtree(partial, ignore_errors=True)
    os.makedirs(partial)
    print(f"lull: downloading {package}", file=sys.stderr)
    apt = subprocess.run(["apt-get", "-q", *options, "download", package], cwd=partial,
                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    archives = glob.glob(os.path.join(partial, "*.deb"))
    if apt.returncode != 0 or not archives:
        raise Unavailable(f"apt-get download {package} failed: {last_line(apt.stderr)}")
    if name == DOM0:
        extract(archives[0], partial, "--wildcards", KERNEL, *(f"./lib/modules/*/{module}.ko" for module in wanted_modules()))
    elif wanted == IMAGE:
        extract_first(archives[0], partial, KERNEL)
    else:
        extract(archives[0], partial, "--wildcards", "./" + wanted)
    for image in glob.glob(os.path.join(partial, MOVED_IMAGE)):
        os.makedirs(os.path.join(partial, "boot"))
        release = os.path.basename(os.path.dirname(image))
        os.rename(image, os.path.join(partial, "boot", f"vmlinuz-{release}"))
    os.unlink(archives[0])
    shutil.rmtree(directory, ignore_errors=True)
    os.rename(partial, directory)


def extract(package, directory, *words):
    """Unpack what tar's words choose of a package."""
    stream = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE)
    tar = subprocess.run(["tar", "-x", "--no-same-owner", "-C", directory, *words], stdin=stream.stdout)
    stream.stdout.close()
    if stream.wait() != 0 or tar.returncode != 0:
        raise Unavailable(f"{os.path.basename(package)} cannot be unpacked")


def extract_first(package, directory, member):
    """Unpack the first member that matches, and decompress nothing behind it: a kernel lies before its modules, which are nine
    tenths of the package. tar would read a pipe to its end."""
    stream = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        with tarfile.open(fileobj=stream.stdout, mode="r|") as files:
            found = next((file for file in files if fnmatch.fnmatch(file.name, member)), None)
            if found:
                files.extract(found, directory)
    except tarfile.TarError as problem:
        raise Unavailable(f"{os.path.basename(package)} cannot be unpacked: {problem}") from problem
    finally:
        # dpkg-deb has a child that writes; it ends where nobody reads.
        stream.stdout.close()
        stream.kill()
        stream.wait()


def real_package(meta, options):
    """Follow a meta package to the one that holds the kernel; any other package stands for itself."""
    package = newest_known(meta, options)
    if not package and os.geteuid() == 0:
        packages.apt(*options, "update")
        package = newest_known(meta, options)
    if not package:
        raise Unavailable(f"apt knows no package {meta}; run apt-get update as root")
    return holder(package, options)


def holder(package, options):
    """The package with the kernel, of one that has it or depends on one that does."""
    query = subprocess.run(["apt-cache", *options, "depends", package], stdout=subprocess.PIPE, text=True,
                           env=dict(os.environ, LC_ALL="C"))
    for image in ("linux-image-", SPLIT):
        needed = [line.split()[-1] for line in query.stdout.splitlines() if f"Depends: {image}" in line]
        if needed:
            return holder(needed[0], options)
    return package


def newest_known(pattern, options):
    """The newest package in apt's lists whose whole name matches, or None."""
    query = subprocess.run(["apt-cache", *options, "search", "--names-only", f"^{pattern}$"], stdout=subprocess.PIPE,
                           text=True)
    return max((line.split()[0] for line in query.stdout.splitlines()), key=paths.version_key, default=None)


def last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"


def host_newest_kernel():
    """Return the newest kernel installed on this machine that we may read, or None."""
    readable = [name for name in glob.glob("/boot/vmlinuz-*") if os.access(name, os.R_OK)]
    return max(readable, key=paths.version_key, default=None)


def default_kernel():
    """The kernel `make run` takes when none is named."""
    return host_newest_kernel() or fetch(FALLBACK)


def unpacked_dom0():
    """Return the lab host's kernel as the ELF file inside it: Xen would spend five emulated seconds on the xz.

    The payload's place is in the boot protocol's header (Linux, Documentation/x86/boot.rst: setup_sects,
    payload_offset, payload_length).
    """
    kernel = fetch(DOM0)
    target = os.path.join(paths.make_directory(paths.LAB), "dom0-" + os.path.basename(kernel))
    if not os.path.exists(target):
        with open(kernel, "rb") as source:
            image = source.read()
        setup_sectors = image[0x1f1] or 4
        offset, length = struct.unpack_from("<II", image, 0x248)
        begin = (setup_sectors + 1) * 512 + offset
        publish(lzma.decompress(image[begin:begin + length - 4]), target)
    return target


def publish(data, target):
    """Write a file in one step, so that nobody boots half of it."""
    partial = f"{target}.{os.getpid()}.{threading.get_ident()}"
    with open(partial, "wb") as output:
        output.write(data)
    os.rename(partial, target)


def main(arguments):
    if arguments == ["host"]:
        found = host_newest_kernel()
        print(found or "none")
        return 0
    if arguments == ["fetch"]:
        arguments += [name for name in PACKAGES if name not in ON_REQUEST]
    if len(arguments) < 2 or arguments[0] not in ("path", "fetch"):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    status = 0
    for name in arguments[1:]:
        try:
            found = fetch(name)
            if arguments[0] == "path":
                print(found)
        except Unavailable as problem:
            print(f"lull: {problem}", file=sys.stderr)
            status = packages.MISSING
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
