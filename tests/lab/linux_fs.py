# SPDX-License-Identifier: GPL-2.0-or-later
"""File systems that a Linux fills: in one guest of its own the lab's kernel mounts each image and runs a script there.

What only a mounted file system gets comes so: subvolumes, compression, the traces of files that were written and removed.
"""

import os
import shutil
import subprocess

from tests.lab import accel, initrd, kernels, paths, plain, result

DONE = "LULL DONE"
# A script's $1 is the image's place among the others.
INIT = """#!/bin/busybox sh
. /begin
fill() {{
    for try in $(seq 100); do
        [ -b "/dev/vd$2" ] && break
        usleep 100000
    done
    mount -t "$3" -o "$4" "/dev/vd$2" /mnt || return
    (cd /mnt && exec sh -e "/scripts/$1" "$1") || return
    umount /mnt
}}
{calls} echo "{done}"
poweroff -f
"""
FAMILIES = ("btrfs", "xfs", "vfat")


class Filled:
    """An image to be filled: its file system, how it is mounted, what is done in it, and what lies in /trees/NUMBER meanwhile."""

    def __init__(self, image, kind, script, tree=None, options="rw"):
        self.image, self.kind, self.script, self.tree, self.options = image, kind, script, tree, options


def fill(images):
    """Fill them all in one guest; LabFault where that did not do it."""
    kernel = kernels.fetch(kernels.DOM0)
    with initrd.scratch() as place:
        archive = os.path.join(place, "initrd")
        with initrd.scratch() as directory:
            populate(directory, kernel, images)
            kernels.publish(initrd.archive(directory), archive)
        flags = accel.native(1)
        for number, one in enumerate(images):
            flags += ["-drive", f"if=none,id=disk{number},format=raw,cache=unsafe,file={plain.escape(str(one.image))}",
                      "-device", f"virtio-blk-pci,drive=disk{number}"]
        ended = plain.run(kernel, archive, f"console=ttyS0 {kernels.QUIET}", memory=768, timeout=300, flags=flags)
    if ended.outcome != "poweroff" or DONE not in ended.lines():
        raise result.LabFault("a Linux could not fill file systems: " + " / ".join(ended.lines()[-8:]))


def populate(directory, kernel, images):
    """What the guest's initrd has: busybox, the tool for btrfs with its libraries, modules, and what is to be done."""
    initrd.with_busybox(directory)
    initrd.install(initrd.BEGIN, os.path.join(directory, "begin"))
    with_program(directory, paths.tool("btrfs"))
    names = initrd.disk_modules() + sum((kernels.ROLE_MODULES[family] for family in FAMILIES), [])
    initrd.copy_modules(os.path.dirname(os.path.dirname(kernel)), names, os.path.join(directory, "modules"))
    calls = ""
    os.makedirs(os.path.join(directory, "scripts"))
    for number, one in enumerate(images):
        with open(os.path.join(directory, "scripts", str(number)), "w", encoding="utf-8") as script:
            script.write(one.script)
        if one.tree:
            shutil.copytree(one.tree, os.path.join(directory, "trees", str(number)), symlinks=True)
        calls += f"fill {number} {chr(ord('a') + number)} {one.kind} {one.options} && "
    with open(os.path.join(directory, "init"), "w", encoding="utf-8") as script:
        script.write(INIT.format(calls=calls, done=DONE))
    os.chmod(os.path.join(directory, "init"), 0o755)


def with_program(directory, program):
    """Copy a program and the libraries that it is linked with."""
    if not program:
        raise kernels.Unavailable("no btrfs; install btrfs-progs")
    listed = subprocess.run(["ldd", program], stdout=subprocess.PIPE, text=True, check=True).stdout
    files = [word for word in listed.split() if word.startswith("/")]
    for name in files:
        target = directory + name
        os.makedirs(os.path.dirname(target), exist_ok=True)
        initrd.install(name, target)
    initrd.install(program, os.path.join(directory, "bin", os.path.basename(program)))
