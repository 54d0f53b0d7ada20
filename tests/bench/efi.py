# SPDX-License-Identifier: GPL-2.0-or-later
"""Instructions under OVMF from the first one of a UKI to the first one of its kernel: lull's stub beside systemd's, of Debian 12
and of Debian 13, turn about.

    all         from StartImage() of the UKI to the entry of the kernel in it
    LoadImage   firmware's part, which loads that kernel: all three stubs ask it to
    console     in ConOut: systemd's stubs are silent, lull says its four lines
    own         the rest: what a stub does by itself, and what of firmware it asks for besides
    no disk     all, once more, where firmware does not say which disk the UKI came from

An emulator that runs one instruction in 16 nanoseconds makes instructions the clock. The UKIs differ by the stub alone. Each is started
as if from a file on the disk, so that a stub may look for what lies beside it; what that costs is the difference to the last row.
The kernel's first instructions tell the clock and end the machine.
"""

import os
import statistics
import struct
import sys
import tempfile

from tests.bench.goal import verdict
from tests.lab import initrd, kernels, paths, proc, uefi
from tests.lab.result import LabFault

DIRECTORY = os.path.join(paths.BUILD, "bench")
LAUNCHER = os.path.join(paths.BUILD, "efi", "launcher.efi")
KERNELS = ("6.1", "6.12")
LULL = "lull"
# How each other stub is called, and what brings it.
OTHERS = {"systemd 252": "systemd-boot", "systemd 257": "systemd-boot-13"}
STUBS = (LULL, *OTHERS)
ROUNDS = 3
GOAL = 1.0
PARTS = ("all", "LoadImage", "console", "own")
WITHOUT = "no disk"
PATIENCE = 300
# clock.h: a letter, and the time-stamp counter.
MARK = struct.Struct("<cQ")
# An instruction takes so many nanoseconds, as a power of 2.
SHIFT = 4
MACHINE = ["-accel", "tcg,thread=single", "-icount", f"shift={SHIFT}", "-smp", "1", "-cpu", "EPYC,-hypervisor"]


def clocked(kernel, scratch):
    """A copy of a kernel that tells the clock when firmware enters it. What lies in its file lies at the same place in memory."""
    with open(kernels.fetch(kernel), "rb") as source, open(os.path.join(DIRECTORY, "efi_kernel"), "rb") as first:
        data, code = bytearray(source.read()), first.read()
    pe = struct.unpack_from("<I", data, 0x3c)[0]
    entry = struct.unpack_from("<I", data, pe + 40)[0]
    data[entry:entry + len(code)] = code
    name = os.path.join(scratch, "kernel")
    with open(name, "wb") as target:
        target.write(data)
    return name


def pack(stub, kernel, scratch):
    """The name of a UKI with a stub."""
    stem = os.path.join(scratch, stub.replace(" ", "-"))
    options = [] if stub == LULL else ["--stub", os.path.join(os.path.dirname(kernels.fetch(OTHERS[stub])), "linuxx64.efi.stub")]
    packed = proc.run([os.path.join(paths.BUILD, "lull"), "pack", "--keep", "-k", kernel, "-i", initrd.guest(),
                       "-c", "console=ttyS0 quiet", "-o", stem, *options])
    if packed.returncode != 0:
        raise LabFault(f"lull pack failed: {packed.stdout.strip()}")
    return stem + ".efi"


def marks(log):
    """What was told to the debug console since the image was started: (letter, instructions) of each."""
    with open(log, "rb") as told:
        data = told.read()
    return [(letter.decode(), ticks >> SHIFT) for letter, ticks in MARK.iter_unpack(data[:len(data) // MARK.size * MARK.size])]


def between(told, first, last):
    """The sum of all times from a mark to the next one."""
    return sum(end - begin for (letter, begin), (after, end) in zip(told, told[1:]) if (letter, after) == (first, last))


def start(packed, with_disk, scratch):
    """Start a UKI. Return what that cost, by its parts."""
    log, empty = os.path.join(scratch, "marks"), os.path.join(scratch, "empty")
    with open(empty, "wb"):
        pass
    files = {"00.efi": packed, "00.clk": empty, **({"00.dev": empty} if with_disk else {})}
    flags = [*MACHINE, "-chardev", f"file,id=marks,path={log}", "-device", "isa-debugcon,iobase=0xe9,chardev=marks"]
    ended = uefi.run(LAUNCHER, files=files, timeout=PATIENCE, scratch=os.path.join(scratch, "machine"), memory=768, flags=flags)
    told = marks(log)
    letters = "".join(letter for letter, _ in told)
    if not (letters.startswith("S") and letters.endswith("K")):
        raise LabFault(f"{packed}: marks {letters}, and then: {ended.outcome} {ended.detail}\n{ended.console[-2000:]}")
    whole, load, console = told[-1][1] - told[0][1], between(told, "L", "l"), between(told, "T", "t")
    return dict(zip(PARTS, (whole, load, console, whole - load - console)))


def measure(kernel, scratch):
    """The medians of each stub's parts."""
    image = clocked(kernel, scratch)
    packed = {stub: pack(stub, image, scratch) for stub in STUBS}
    costs = {stub: [] for stub in STUBS}
    for number in range(ROUNDS):
        for stub in STUBS:
            print(f"... {kernel} by {stub}, {number + 1} of {ROUNDS}", file=sys.stderr, flush=True)
            costs[stub].append(start(packed[stub], True, scratch))
    return {stub: {**{part: statistics.median(cost[part] for cost in costs[stub]) for part in PARTS},
                   WITHOUT: start(packed[stub], False, scratch)["all"]} for stub in STUBS}


def row(name, fields):
    print(f"{name:<16}" + "".join(f"{field:>14}" for field in fields), flush=True)


def compare(kernel, medians):
    """Print the parts of each stub, and lull's sum beside each of the others'."""
    for part in (*PARTS, WITHOUT):
        row(f"{kernel} {part}", [f"{medians[stub][part] / 1000:.1f}" for stub in STUBS])
    for other in OTHERS:
        ratio = medians[LULL]["all"] / medians[other]["all"]
        print(f"{kernel}: lull takes {ratio:.2f} x of {other}" + verdict(ratio <= GOAL, f"at most {GOAL}"), flush=True)


def main():
    """Print all of it; a goal that is missed is no failure, as for the other parts."""
    paths.make_directory(DIRECTORY)
    print("efi: instructions from the image's first to the kernel's, in thousands")
    row("", STUBS)
    with tempfile.TemporaryDirectory() as scratch:
        for kernel in KERNELS:
            compare(kernel, measure(kernel, scratch))
    return True
