#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A Debian on a disk, with its own kernel, update-initramfs and grub-mkconfig; it is made once, in some minutes, and kept.

    debian.py          make it and print its name
    debian.py second   the same, with a second kernel: one that its own apt has installed, in a guest that lull has started

mmdebstrap makes the tree, which needs root; mke2fs makes the file system of it. grub-mkconfig wants a real disk, so it runs in the
first guest that has this one.
"""

import fcntl
import os
import shutil
import sys

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.lab import accel, packages, paths, plain, proc, result

DIRECTORY = os.path.join(paths.BUILD, "disk")
INCLUDED = ["systemd-sysv", "udev", "linux-image-cloud-amd64", "initramfs-tools", "grub2-common", "grub-pc-bin", "e2fsprogs", "zstd"]
SECOND = "linux-image-6.12-cloud-amd64"
MIB = 1 << 20
SIZE = 1280 * MIB
BEFORE = MIB
LINUX = 0x83
# Typed at its login prompt. The root file system may be read-only, so that systemd is not asked.
LOGIN = [[r"login: ", "root\\r"], [r"root@lull:~# ", "poweroff\\r"]]
# The init of the guest that finishes the disk, and of the one that gets another kernel.
FINISH = """#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
mount -o remount,rw / && {command} && echo "LULL DONE"
sync
mount -o remount,ro /
poweroff -f
"""
# Each is run with the tree as $1.
HOOKS = [
    'chroot "$1" passwd -d root',
    'echo lull >"$1/etc/hostname"',
    # Its first boot is like all others.
    'echo 0123456789abcdef0123456789abcdef >"$1/etc/machine-id"',
    'printf "GRUB_DEFAULT=0\\nGRUB_TIMEOUT=0\\nGRUB_DISTRIBUTOR=Debian\\nGRUB_CMDLINE_LINUX=\\n" >"$1/etc/default/grub"',
    # A login on whatever the console is. The one for each device waits for udev, which on a busy emulator is not there in time.
    'mkdir -p "$1/etc/systemd/system/getty.target.wants"',
    'ln -s /lib/systemd/system/console-getty.service "$1/etc/systemd/system/getty.target.wants/"',
    'ln -s /dev/null "$1/etc/systemd/system/serial-getty@.service"',
    'ln -s /dev/null "$1/etc/systemd/system/e2scrub_reap.service"',
    'mkdir -p "$1/boot/grub" "$1/root/second"',
    f'chroot "$1" sh -c "cd /root/second && apt-get -q download \\$(apt-cache depends {SECOND} | sed -n \'s/.*Depends: //p\')"',
]


def script(hook, command):
    return f"printf '%s' '{FINISH.format(command=command)}' >\"$1/root/{hook}\" && chmod 755 \"$1/root/{hook}\""


def tree(place):
    """Make the tree."""
    from tests.package import bare
    hooks = HOOKS + [script("finish", "update-grub"), script("second/install", "apt-get -y install /root/second/*.deb")]
    bare.bootstrap(place, "--variant=minbase", "--format=directory", f"--include={','.join(INCLUDED)}",
                   *(f"--customize-hook={hook}" for hook in hooks))


def run(*command):
    done = proc.run(command)
    if done.returncode != 0:
        raise result.LabFault(f"{command[0]}: {done.stdout.strip()}")


def boot(disk, cmdline, kernel, initrd=None):
    """Run a guest that writes to the disk, until it has said that all is done."""
    drive = ["-drive", f"if=none,id=disk,format=raw,cache=unsafe,file={plain.escape(disk)}", "-device", "virtio-blk-pci,drive=disk"]
    ended = plain.run(kernel, initrd, f"console=ttyS0 {cmdline}", memory=768, timeout=600, flags=accel.native(1) + drive)
    if ended.outcome != "poweroff" or "LULL DONE" not in ended.console:
        raise result.LabFault("the Debian on a disk is not finished: " + "\n".join(ended.console.splitlines()[-20:]))
    return ended


def make(target):
    """Make the disk."""
    place = target + ".tree"
    shutil.rmtree(place, ignore_errors=True)
    print("lull: making a Debian on a disk, which is kept; some minutes", file=sys.stderr, flush=True)
    try:
        tree(place)
        partial = target + ".partial"
        with open(partial, "wb") as disk:
            disk.truncate(BEFORE + SIZE)
            entry = bytes([0, 0, 0, 0, LINUX, 0, 0, 0]) + (BEFORE // 512).to_bytes(4, "little") + (SIZE // 512).to_bytes(4, "little")
            disk.write((bytes(446) + entry).ljust(510, b"\0") + b"\x55\xaa")
        run(paths.tool("mke2fs"), "-q", "-t", "ext4", "-d", place, "-E", f"offset={BEFORE}", partial, f"{SIZE // 1024}k")
        kernel, initrd = (paths.newest(os.path.join(place, "boot", name)) for name in ("vmlinuz-*", "initrd.img-*"))
        boot(partial, "root=/dev/vda1 ro quiet init=/root/finish", kernel, initrd)
        os.rename(partial, target)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def image():
    """The disk's name; it is made where it is not there."""
    target = os.path.join(paths.make_directory(DIRECTORY), "debian.img")
    with open(os.path.join(DIRECTORY, ".lock-debian"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(target):
            packages.require("package", "disk")
            make(target)
    return target


def second():
    """A disk like it, in which apt has installed another kernel."""
    first, target = image(), os.path.join(DIRECTORY, "debian-second.img")
    if os.path.exists(target) and os.path.getmtime(target) > os.path.getmtime(first):
        return target
    run("cp", "--sparse=always", first, target + ".partial")
    ended = boot(target + ".partial", "init=/root/second/install", os.path.join(paths.BUILD, "lull.elf"))
    print("\n".join(line for line in ended.console.splitlines() if line.startswith("lull: ")), file=sys.stderr)
    os.rename(target + ".partial", target)
    return target


def main(arguments):
    if arguments not in ([], ["second"]):
        print(__doc__.strip())
        return 0 if arguments in (["-h"], ["--help"]) else 2
    proc.leave_on_signals()
    try:
        print(second() if arguments else image())
    except result.LabFault as fault:
        print(f"lab fault: {fault}", file=sys.stderr)
        return 20
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
