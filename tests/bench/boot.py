# SPDX-License-Identifier: GPL-2.0-or-later
"""Instructions from reset to the first one of user space, for each way to start a kernel; and the shim's own part of them.

An emulator that runs one instruction a nanosecond makes instructions the clock: the first program of user space reads it
(init.S). The figures are the same again to a tenth of a percent, whatever else the machine does.

    shim            a row for each kernel: what the parts of the shim cost, as build/bench/lull.elf counts them (phases.c),
                    with its raw vmlinux. Moves are string instructions' turns; they and unpacking are not its own part
    boot            a row for each kernel: QEMU's own -kernel, lull with the kernel as it is (linux64, pvh), lull with the
                    raw vmlinux, and what `lull pack` makes, without KASLR and with it

A goal counts from the raw vmlinux of the day on which it was set (SET). What lull saves for any kernel since then makes that
ratio better, and the one with today's raw vmlinux worse; so both are printed.
"""

import os
import re
import subprocess
import sys
import tempfile

from tests.bench.goal import verdict
from tests.lab import initrd, kernels, paths, proc, xens
from tests.lab.result import LabFault

DIRECTORY = os.path.join(paths.BUILD, "bench")
# Instructions with the raw vmlinux when the goals were set.
SET = {"6.1-cloud": 1.466e9, "6.1": 1.626e9, "6.12": 1.828e9}
KERNELS = tuple(SET)
LINE = "console=ttyS0 quiet panic=-1"
USER_SPACE = re.compile(r"bench: user space +(\d+)")
PHASES = re.compile(r"bench: phases (.*)")
PATIENCE = 300
MACHINE = ["-accel", "tcg", "-icount", "shift=0", "-cpu", "EPYC,-hypervisor", "-m", "512", "-nodefaults",
           "-display", "none", "-no-reboot", "-serial", "stdio"]

RAW_GOAL, SIZE_GOAL, KASLR_GOAL = 1.05, 2.2, 12_000_000
OWN_GOAL = 5_000_000
NOT_OWN = ("unpack", "moves")


def progress(what):
    """Each boot takes some seconds, on a busy machine a minute."""
    print(f"bench: {what}", file=sys.stderr, flush=True)


def row(name, fields, widths):
    print(f"{name:<10}" + "".join(f"{field:>{width}}" for field, width in zip(fields, widths)), flush=True)


def user_space():
    """The initrd with the one program."""
    target = os.path.join(DIRECTORY, "init.cpio")
    with initrd.scratch() as directory:
        initrd.install(os.path.join(DIRECTORY, "init"), os.path.join(directory, "init"))
        kernels.publish(initrd.archive(directory), target)
    return target


def vmlinux(kernel):
    target = os.path.join(DIRECTORY, f"vmlinux-{kernel}")
    if proc.run([os.path.join(DIRECTORY, "unpack"), kernels.fetch(kernel), target]).returncode != 0:
        raise LabFault(f"there is no vmlinux in {kernels.fetch(kernel)}")
    return target


def boot(image, *options):
    """What one boot wrote to its console."""
    try:
        return proc.run([*xens.emulator(), *MACHINE, "-kernel", image, *options], patience=PATIENCE, errors="replace").stdout
    except subprocess.TimeoutExpired as late:
        raise LabFault(f"{image}: no end after {PATIENCE} s") from late


def pack(stem, kernel, line, *options):
    """The name of an image with this kernel."""
    packed = proc.run([os.path.join(paths.BUILD, "lull"), "pack", "-k", kernel, "-i", user_space(), "-c", line, "-o", stem, *options])
    if packed.returncode != 0:
        raise LabFault(f"lull pack failed: {packed.stdout.strip()}")
    return stem + ".elf"


def instructions(image, *options):
    """Instructions to user space."""
    said = boot(image, *options)
    found = USER_SPACE.search(said)
    if not found:
        raise LabFault("no user space:\n" + said[-2000:])
    return int(found[1])


WAYS = ("QEMU", "linux64", "pvh", "raw", "packed", "packed, KASLR")
WAY_WIDTHS = (9, 9, 9, 9, 9, 15)


def count(kernel, way, stem):
    """Instructions by one of the ways; and the bytes of the file that was started."""
    bzimage, line = kernels.fetch(kernel), LINE + " nokaslr"
    if way == "QEMU":
        return instructions(bzimage, "-initrd", user_space(), "-append", line), os.path.getsize(bzimage)
    if way == "raw":
        image = pack(stem, vmlinux(kernel), line, "--keep")
    elif way == "packed":
        image = pack(stem, bzimage, line)
    elif way == "packed, KASLR":
        image = pack(stem, bzimage, LINE + " lull.kaslr=on")
    else:
        image = pack(stem, bzimage, f"{line} lull.proto={way}", "--keep")
    return instructions(image), os.path.getsize(image)


def boots(scratch):
    """Print the table of all kernels, and how each compares with the goals."""
    counts, sizes = {}, {}
    print("boot: instructions from reset to user space, in thousands of millions")
    row("", WAYS, WAY_WIDTHS)
    for kernel in KERNELS:
        for way in WAYS:
            progress(f"{kernel}, {way}")
            counts[kernel, way], sizes[kernel, way] = count(kernel, way, os.path.join(scratch, "boot"))
        row(kernel, [f"{counts[kernel, way] / 1e9:.3f}" for way in WAYS], WAY_WIDTHS)
    for kernel in KERNELS:
        packed, raw = counts[kernel, "packed"], counts[kernel, "raw"]
        size = sizes[kernel, "packed"] / sizes[kernel, "QEMU"]
        cost = counts[kernel, "packed, KASLR"] - packed
        print(f"{kernel} packed: {packed / SET[kernel]:.3f} x the raw vmlinux of when the goal was set ({SET[kernel] / 1e9:.3f} G)"
              + verdict(packed <= RAW_GOAL * SET[kernel], f"at most {RAW_GOAL}") + f"; {packed / raw:.3f} x today's")
        print(f"{kernel} size: the image is {size:.2f} x the kernel's file" + verdict(size <= SIZE_GOAL, f"at most {SIZE_GOAL}"))
        print(f"{kernel} KASLR: costs {cost / 1e6:.1f} M" + verdict(cost <= KASLR_GOAL, f"at most {KASLR_GOAL / 1e6:.0f} M"),
              flush=True)


def phases(image):
    found = PHASES.search(boot(image))
    if not found:
        raise LabFault("the shim printed no phases")
    return {name: int(count) for name, count in (field.split("=") for field in found[1].split())}


def shim(scratch):
    """Print the table of the shim's parts, and how its own part compares with the goal."""
    own = {}
    print("shim: instructions in thousands, by its parts, with the raw vmlinux")
    for kernel in KERNELS:
        progress(f"{kernel}, the shim's parts")
        parts = phases(pack(os.path.join(scratch, "shim"), vmlinux(kernel), LINE + " nokaslr", "--keep",
                            "--shim", os.path.join(DIRECTORY, "lull.elf")))
        if not own:
            row("", parts, [9] * len(parts))
        row(kernel, [f"{count / 1000:.1f}" for count in parts.values()], [9] * len(parts))
        own[kernel] = sum(count for part, count in parts.items() if part not in NOT_OWN)
    for kernel, sum_of_parts in own.items():
        print(f"{kernel} shim: its own part is {sum_of_parts / 1e6:.2f} M"
              + verdict(sum_of_parts <= OWN_GOAL, f"at most {OWN_GOAL / 1e6:.0f} M"), flush=True)


def main():
    """Print all of it; a goal that is missed is no failure, as for the other parts."""
    paths.make_directory(DIRECTORY)
    with tempfile.TemporaryDirectory() as scratch:
        shim(scratch)
        boots(scratch)
    return True
