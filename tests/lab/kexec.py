# SPDX-License-Identifier: GPL-2.0-or-later
"""A Linux whose only program starts another kernel: by kexec_file_load(2), or by kexec-tools, which calls kexec_load(2)."""

import os
import re
import subprocess

from tests.lab import compiler, initrd, kernels, paths
from tests.lab.result import LabFault

SOURCE = os.path.join(os.path.dirname(os.path.realpath(__file__)), "kexec_init.c")
LINUX = "6.1-cloud"


def program():
    """Return the first program, built when its source is newer."""
    target = os.path.join(paths.make_directory(paths.LAB), "kexec-init")
    if not initrd.fresh(target, [SOURCE]):
        made = f"{target}.{os.getpid()}"
        compiler.build(SOURCE, made, "-static")
        os.replace(made, target)
    return target


# kexec -c: never by kexec_file_load().
SCRIPT = """#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
[ -e /initrd ] && with=--initrd=/initrd
/kexec -c -l /kernel $with --command-line="$(/bin/busybox cat /cmdline)" && /kexec -e
/bin/busybox reboot -f
"""


def install_tools(root):
    """Put kexec-tools' program into ROOT with the libraries that it needs, and a script that runs it."""
    kexec = kernels.fetch("kexec-tools")
    needs = subprocess.run(["ldd", kexec], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    libraries = re.findall(r"(/\S+) \(0x", needs.stdout)
    if needs.returncode != 0 or "not found" in needs.stdout:
        raise LabFault(f"kexec-tools' program needs libraries that are not here; install xen-utils: {needs.stdout.strip()}")
    initrd.with_busybox(root)
    initrd.install(kexec, os.path.join(root, "kexec"))
    for library in libraries:
        os.makedirs(root + os.path.dirname(library), exist_ok=True)
        initrd.install(library, root + library)
    with open(os.path.join(root, "init"), "w", encoding="ascii") as output:
        output.write(SCRIPT)
    os.chmod(output.name, 0o755)


def prepare(directory, kernel, ramdisk, cmdline, by_tools=False):
    """Return the Linux, and its initrd in DIRECTORY, that start KERNEL with RAMDISK and CMDLINE."""
    with initrd.scratch() as root:
        if by_tools:
            install_tools(root)
        else:
            initrd.install(program(), os.path.join(root, "init"))
        initrd.install(kernel, os.path.join(root, "kernel"))
        if ramdisk:
            initrd.install(ramdisk, os.path.join(root, "initrd"))
        with open(os.path.join(root, "cmdline"), "wb") as line:
            line.write(os.fsencode(cmdline))
        target = os.path.join(paths.make_directory(directory), "kexec.cpio")
        with open(target, "wb") as output:
            output.write(initrd.archive(root))
    return kernels.fetch(LINUX), target
