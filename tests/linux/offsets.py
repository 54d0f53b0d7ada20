#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Where KASLR puts a Linux, boot after boot: as many places as chance allows.

    offsets.py [BOOTS]      64

Linux 6.1-cloud, as lull pack stores it, is started by QEMU, every other time with a CPU that has no RDRAND. It says itself
where it runs. Of N draws of one of SLOTS places so many are expected to be distinct, SLOTS * (1 - (1 - 1/SLOTS)**N); fewer by more
than four standard deviations are a failure, and so is a bit of the places that is always the same. Ends in `offsets: N passed, N failed`.
"""

import concurrent.futures
import math
import os
import re
import subprocess
import sys
import tempfile

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.lab import initrd, kernels, packages, paths, proc, qemu
from tests.lab.result import LabFault

KERNEL = "6.1-cloud"
LINE = "console=ttyS0 quiet panic=-1 addresses=1"
SAYS = re.compile(rb"ADDRESSES virtual=([0-9a-f]+) physical=([0-9a-f]+)\r?\n")
PATIENCE = 300
CPUS = ("EPYC,-hypervisor", "EPYC,-hypervisor,-rdrand,-rdseed")
MEMORY = 512
ALIGNMENT = 2 << 20
# As many as there are for this kernel at the least: it takes some 60 MiB of 1 GiB of addresses, and of the memory.
SLOTS = {"virtual": 470, "physical": 210}


def pack(directory):
    output = os.path.join(directory, "packed")
    subprocess.run([os.path.join(paths.BUILD, "lull"), "pack", "-k", kernels.fetch(KERNEL), "-i", initrd.guest(), "-c", LINE,
                    "-o", output], check=True, stdout=subprocess.DEVNULL)
    return output + ".elf"


def boot(image, number):
    """Both addresses, by their slots."""
    flags = ["-accel", "tcg,thread=single", "-cpu", CPUS[number % 2], "-m", str(MEMORY), "-kernel", image]
    with qemu.Machine(flags) as machine:
        while not (said := SAYS.search(machine.com1.data)):
            machine.wait(PATIENCE)
            if machine.ended or machine.clock() > PATIENCE:
                raise LabFault(f"boot {number}: no addresses; last line {machine.com1.data.splitlines()[-1:]}")
    virtual, physical = (int(text, 16) for text in said.groups())
    return (virtual & (1 << 30) - 1) // ALIGNMENT, physical // ALIGNMENT


def complaint(places, slots):
    """What is wrong with some places, of which there are so many slots; or nothing."""
    boots, distinct = len(places), len(set(places))
    expected = slots * (1 - (1 - 1 / slots) ** boots)
    least = math.floor(expected - 4 * math.sqrt(boots * (boots - 1) / (2 * slots)))
    stuck = [bit for bit in range(slots.bit_length() - 1) if len({place >> bit & 1 for place in places}) == 1]
    print(f"{distinct} of {boots} are distinct, {expected:.1f} expected, from {min(places)} to {max(places)}")
    if distinct < least:
        return f"only {distinct} distinct places, at least {least} wanted"
    return f"bits {stuck} are the same in all" if stuck else ""


def main(boots):
    packages.require("lab")
    proc.leave_on_signals()
    failed = 0
    try:
        with concurrent.futures.ThreadPoolExecutor(2) as pool, tempfile.TemporaryDirectory(prefix="offsets-") as directory:
            image = pack(directory)
            places = list(pool.map(lambda number: boot(image, number), range(boots)))
    finally:
        proc.stop_all()
    for kind, found in zip(("virtual", "physical"), zip(*places)):
        for name, some in (("", found), (" with RDRAND", found[::2]), (" without RDRAND", found[1::2])):
            wrong = complaint(some, SLOTS[kind])
            failed += bool(wrong)
            print(f"FAIL {kind}{name}: {wrong}" if wrong else f"ok {kind}{name}", flush=True)
    print(f"offsets: {6 - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__.strip())
        sys.exit(0)
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 64))
