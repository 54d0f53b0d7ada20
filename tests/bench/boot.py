# SPDX-License-Identifier: GPL-2.0-or-later
"""Instructions from reset to the first one of user space, for each way to start a kernel; and the shim's own part of them.

An emulator that runs one instruction a nanosecond makes instructions the clock: the first program of user space reads it
(init.S). The figures are the same again to a tenth of a percent, whatever else the machine does.

    boot            a line for each kernel: QEMU's own -kernel, lull with the kernel as it is (linux64, pvh), lull with the
                    raw vmlinux, and what `lull pack` makes; and then that with KASLR. What this lull does not have yet is
                    `not there`
    shim            what the parts of the shim cost, as build/bench/lull.elf counts them (phases.c), with each kernel's raw
                    vmlinux: moves are string instructions' turns. Unpacking and moves are not the shim's own part
"""

import os
import re
import subprocess

from tests.lab import initrd, kernels, paths, xens
from tests.lab.result import LabFault

DIRECTORY = os.path.join(paths.BUILD, "bench")
KERNELS = ("6.1-cloud", "6.1", "6.12")
LINE = "console=ttyS0 quiet panic=-1"
USER_SPACE = re.compile(rb"bench: user space +(\d+)")
PHASES = re.compile(rb"bench: phases (.*)")
PATIENCE = 300
MACHINE = ["-accel", "tcg", "-icount", "shift=0", "-cpu", "EPYC,-hypervisor", "-m", "512", "-nodefaults",
           "-display", "none", "-no-reboot", "-serial", "stdio"]

RAW_GOAL, SIZE_GOAL, KASLR_GOAL = 1.05, 2.2, 12_000_000
OWN_GOAL = 5_000_000
NOT_OWN = ("unpack", "moves")


def verdict(holds, goal):
    return f", the goal is {goal}" + ("" if holds else ": MISSED")


def user_space():
    """The initrd with the one program."""
    target = os.path.join(DIRECTORY, "init.cpio")
    with initrd.scratch() as directory:
        initrd.install(os.path.join(DIRECTORY, "init"), os.path.join(directory, "init"))
        kernels.publish(initrd.archive(directory), target)
    return target


def vmlinux(kernel):
    target = os.path.join(DIRECTORY, f"vmlinux-{kernel}")
    subprocess.run([os.path.join(DIRECTORY, "unpack"), kernels.fetch(kernel), target], check=True)
    return target


def boot(image, *options):
    """What one boot wrote to its console."""
    ran = subprocess.run([*xens.emulator(), *MACHINE, "-kernel", image, *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, timeout=PATIENCE, check=False)
    return ran.stdout


def pack(kernel, line, *options):
    """An image with this kernel, or None where lull does not know an option."""
    stem = os.path.join(DIRECTORY, "boot")
    packed = subprocess.run([os.path.join(paths.BUILD, "lull"), "pack", "-k", kernel, "-i", user_space(), "-c", line,
                             "-o", stem, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if packed.returncode == 2:
        return None
    if packed.returncode != 0:
        raise LabFault(f"lull pack failed: {packed.stdout.decode(errors='replace').strip()}")
    return stem + ".elf"


def instructions(image, *options):
    """Instructions to user space; None where the shim says that it does not know a word."""
    if image is None:
        return None
    said = boot(image, *options)
    if re.search(rb"lull: warning not used: the word|lull error \d+: option", said):
        return None
    found = USER_SPACE.search(said)
    if not found:
        raise LabFault("no user space:\n" + said.decode(errors="replace")[-2000:])
    return int(found[1])


def column(name, count):
    return f"{name} {count / 1e9:.3f} G" if count else f"{name} not there"


def boots(kernel):
    """Print one kernel's line, and how it compares with the goals."""
    bzimage, raw, line = kernels.fetch(kernel), vmlinux(kernel), LINE + " nokaslr"
    counts = {
        "QEMU": instructions(bzimage, "-initrd", user_space(), "-append", line),
        "linux64": instructions(pack(bzimage, line + " lull.proto=linux64", "--keep")),
        "pvh": instructions(pack(bzimage, line + " lull.proto=pvh", "--keep")),
        "raw": instructions(pack(raw, line, "--keep")),
    }
    image = pack(bzimage, line)
    size = os.path.getsize(image) / os.path.getsize(bzimage)
    counts["packed"] = instructions(image)
    counts["packed, KASLR"] = instructions(pack(bzimage, LINE + " lull.kaslr=on"))
    print(f"{kernel} boot: " + ", ".join(column(name, count) for name, count in counts.items()))
    ratio = counts["packed"] / counts["raw"]
    print(f"{kernel} boot: packed {ratio:.3f} x raw{verdict(ratio <= RAW_GOAL, f'at most {RAW_GOAL}')}; the image is "
          f"{size:.2f} x the kernel's file{verdict(size <= SIZE_GOAL, f'at most {SIZE_GOAL}')}")
    if counts["packed, KASLR"]:
        cost = counts["packed, KASLR"] - counts["packed"]
        print(f"{kernel} boot: KASLR costs {cost / 1e6:.1f} M{verdict(cost <= KASLR_GOAL, f'at most {KASLR_GOAL / 1e6:.0f} M')}")
    print(end="", flush=True)


def phases(image):
    found = PHASES.search(boot(image))
    if not found:
        raise LabFault("the shim printed no phases")
    return {name: int(count) for name, count in (field.split("=") for field in found[1].decode().split())}


def shim(kernel):
    shim_with_clock = os.path.join(DIRECTORY, "lull.elf")
    parts = phases(pack(vmlinux(kernel), LINE + " nokaslr", "--keep", "--shim", shim_with_clock))
    own = sum(count for part, count in parts.items() if part not in NOT_OWN)
    print(f"{kernel} shim: {', '.join(f'{part} {count}' for part, count in parts.items())}; its own part {own}"
          + verdict(own <= OWN_GOAL, f"at most {OWN_GOAL}"), flush=True)


def main():
    """Print all of it; a goal that is missed is no failure, as for the other parts."""
    paths.make_directory(DIRECTORY)
    for kernel in KERNELS:
        shim(kernel)
    for kernel in KERNELS:
        boots(kernel)
    return True
