# SPDX-License-Identifier: GPL-2.0-or-later
"""A Linux whose only program starts another kernel by kexec_file_load(2)."""

import os
import subprocess

from tests.lab import initrd, kernels, paths
from tests.lab.result import LabFault

SOURCE = os.path.join(os.path.dirname(os.path.realpath(__file__)), "kexec_init.c")
LINUX = "6.1-cloud"


def program():
    """Return the first program, built when its source is newer."""
    target = os.path.join(paths.make_directory(paths.LAB), "kexec-init")
    if not initrd.fresh(target, [SOURCE]):
        made = f"{target}.{os.getpid()}"
        built = subprocess.run(["gcc", "-static", "-O1", "-Wall", "-Werror", "-o", made, SOURCE],
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if built.returncode != 0:
            raise LabFault(f"{SOURCE} does not compile: {built.stdout.strip().splitlines()[-1:]}")
        os.replace(made, target)
    return target


def prepare(directory, kernel, ramdisk, cmdline):
    """Return the Linux, and its initrd in DIRECTORY, that start KERNEL with RAMDISK and CMDLINE."""
    with initrd.scratch() as root:
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
