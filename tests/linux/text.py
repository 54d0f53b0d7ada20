#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The text of a running Linux, in memory, started through lull and directly: it must be the same, byte for byte.

    text.py [KERNEL...]     those of kernels.py; else 6.1 and 6.12

Each kernel is booted by QEMU, without a hypervisor, directly and with lull.proto=pvh and each lull.linux_sites=, up to
the point where it finds no root file system: everything that Linux patches is patched by then, and its .init sections are
not yet freed. Then .text, .init.text and .exit.text are read out of the machine's memory, by the monitor. Left out are
only the constants that Linux 6.11 and later puts into its instructions at boot (sections runtime_*): a hash table's address is
where memory was free.

With KASLR (lull.proto=vmlinux, and lull.proto=pvh lull.kaslr=on) the text is looked for in memory, and what its relocations did is
undone. A word that Linux has copied into the text since, out of an alternative, may still differ by the whole offset.

That a difference would be seen is proved by the direct boots with one CPU and with two: the lock prefixes, as many as
`lull check` predicts, and each of them f0 and 3e. Ends in `text: N passed, N failed`.
"""

import argparse
import concurrent.futures
import json
import os
import re
import struct
import subprocess
import sys
import tempfile

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.lab import accel, kernels, packages, paths, plain, proc, qemu, result
from tests.lab.result import LabFault
from tests.linux import relocs
from tests.matrix import linux_cells

LULL = os.path.join(paths.BUILD, "lull")
# Where the kernel's own addresses count from in memory, as long as it is not moved (nokaslr; page_64_types.h).
KERNEL_MAP = 0xffffffff80000000
TEXTS = (".text", ".init.text", ".exit.text")
BLOCK = 4096
# What is put into an instruction is eight bytes long at most.
CONSTANT = 8
# Three of them: when Linux finds the clock good enough for other timers is up to the machine's load, and a static branch. The last:
# a machine that waits for its turn is taken for one without a timer.
LINE = "console=ttyS0 loglevel=4 cryptomgr.notests tsc=unstable nohz=off highres=off no_timer_check"
STOPPED = b"Kernel panic - not syncing: VFS: Unable to mount root fs"
# What comes last, behind what Linux says of its offset.
END = b"---[ end " + STOPPED
PATIENCE = 180
LOGS = os.path.join(paths.BUILD, "text")
MEMORY = 256
# With KASLR_FLAG set, Linux says where it runs when it panics.
OFFSET = re.compile(rb"Kernel Offset: (0x[0-9a-f]+) from ")
ALIGNMENT = 2 << 20
LINKED = 16 << 20
# A text of .rodata that is long enough to be found by.
BANNER = b"Linux version "
# lull.linux_sites=, None for a boot without lull, and the CPUs.
BOOTS = ((None, 1), (None, 2), ("off", 1), ("auto", 1), ("safe", 1), ("auto", 2))
# lull.proto= with KASLR, and the CPUs.
MOVED = (("vmlinux", 1), ("vmlinux", 2), ("pvh", 1))


def sections(version):
    """Address and size of each section of the kernel that is in a bzImage."""
    said = subprocess.run([LULL, "inspect", "--json", kernels.fetch(version)], stdout=subprocess.PIPE, check=True)
    elf = json.loads(said.stdout)["bzimage"]["vmlinux"]
    return {found["name"]: (int(found["address"], 16), found["size"]) for found in elf["sections"]}


def wanted(version):
    """The sections to be read."""
    return {name: found for name, found in sections(version).items()
            if found[1] and (name in TEXTS or name.startswith("runtime_"))}


def pack(version, directory):
    """One image of lull and the kernel."""
    output = os.path.join(directory, version)
    subprocess.run([LULL, "pack", "-k", kernels.fetch(version), "-c", LINE, "-o", output], check=True,
                   stdout=subprocess.DEVNULL)
    return output + ".elf"


class NoEnd(Exception):
    """A boot that did not come to its end, in words."""


def kept(line, cpus, ended):
    """Keep the console of a boot that did not end as it should, and the registers of a triple fault; return what is said of it."""
    name = os.path.join(paths.make_directory(LOGS), re.sub(r"[^\w.=]+", "-", f"{line.removeprefix(LINE).strip()}-cpus={cpus}") + ".log")
    with open(name, "w", encoding="utf-8") as log:
        log.write(ended.console + "\n" + ended.log)
    return (f"{ended.outcome} after {ended.seconds:.0f} s {ended.detail}; the last lines are {ended.console.splitlines()[-3:]} "
            f"(log: {os.path.relpath(name, paths.ROOT)})")


class Boot:
    """What one boot left in memory: bytes by section, and the lines of its console."""

    def __init__(self, image, line, cpus, where, directory, banner=None):
        flags = [*accel.native(cpus), "-m", str(MEMORY), "-kernel", image, "-append", line]
        with qemu.Machine(flags, log_resets=True) as machine, tempfile.TemporaryDirectory(dir=directory) as scratch:
            deadline = PATIENCE
            while END not in machine.com1.data:
                machine.wait(deadline)
                if machine.ended or machine.clock() > deadline:
                    raise NoEnd(kept(line, cpus, plain.verdict(machine, machine.ended, machine.clock())))
            self.lines = result.plain_text(bytes(machine.com1.data)).splitlines()
            self.said = OFFSET.search(machine.com1.data)
            self.offset = find_kernel(machine, os.path.join(scratch, "memory"), banner) if banner else 0
            self.memory = {name: read(machine, os.path.join(scratch, "memory"), address + self.offset, size)
                           for name, (address, size) in where.items()}


def read(machine, path, address, size):
    machine.save_memory(address - KERNEL_MAP, size, path)
    with open(path, "rb") as saved:
        return saved.read()


def find_kernel(machine, path, banner):
    """How far a kernel is from where it is linked in physical memory: its banner is there, and nowhere else so aligned."""
    address, text = banner
    machine.save_memory(0, MEMORY << 20, path)
    with open(path, "rb") as saved:
        memory = saved.read()
    linked = address - KERNEL_MAP
    found = [offset for offset in range(0, (MEMORY << 20) - linked, ALIGNMENT)
             if memory[linked + offset:linked + offset + len(text)] == text]
    if len(found) != 1:
        raise LabFault(f"the kernel's banner is in {len(found)} places")
    return found[0]


def constants(boot, where):
    """The addresses of bytes that runtime_* lists: signed 32-bit offsets, each from its own place to the constant's."""
    found = set()
    for name in (name for name in boot.memory if name.startswith("runtime_")):
        for at in range(0, len(boot.memory[name]), 4):
            site = where[name][0] + at + int.from_bytes(boot.memory[name][at:at + 4], "little", signed=True)
            found.update(range(site, site + CONSTANT))
    return found


def unequal(one, other):
    """Where two texts differ.  Nearly all blocks are the same, and are compared as a whole."""
    for start in range(0, len(one), BLOCK):
        ours, theirs = one[start:start + BLOCK], other[start:start + BLOCK]
        if ours != theirs:
            yield from (start + i for i in range(len(ours)) if ours[i] != theirs[i])


def differences(one, other, where, but=frozenset()):
    """Addresses at which the texts differ, with both bytes."""
    return [(where[name][0] + i, one.memory[name][i], other.memory[name][i]) for name in TEXTS
            for i in unequal(one.memory[name], other.memory[name]) if where[name][0] + i not in but]


def find_banner(vmlinux, rodata):
    """The address of linux_banner, and its text, by the first program header, which loads .rodata too."""
    offset = struct.unpack_from("<Q", vmlinux, struct.unpack_from("<Q", vmlinux, 32)[0] + 8)[0]
    start = offset + rodata[0] - KERNEL_MAP - LINKED
    at = vmlinux.index(BANNER, start, start + rodata[1])
    return rodata[0] + at - start, vmlinux[at:vmlinux.index(b"\0", at)]


class Verdicts:
    def __init__(self):
        self.passed = self.failed = 0

    def give(self, name, complaint):
        self.passed, self.failed = self.passed + (not complaint), self.failed + bool(complaint)
        print(f"FAIL {name}: {complaint}" if complaint else f"ok {name}", flush=True)


def describe(found):
    """The first few of some differences."""
    some = ", ".join(f"{address:#x} has {ours:02x} and not {theirs:02x}" for address, theirs, ours in found[:4])
    return f"{len(found)} bytes differ: {some}" if found else ""


def check_receipt(boot, version, setting, cpus):
    """Nothing was proved where lull did not do what it was asked."""
    pattern = linux_cells.sites_line(version, setting, cpus)
    return "" if any(re.search(pattern, line) for line in boot.lines) else f"no line matches {pattern!r}"


def check_moved(direct, boot, proto, where, relocations, but):
    """The text of a kernel with KASLR, after what its relocations did is undone."""
    said = int(boot.said[1], 16) if boot.said else None
    virtual = said if proto == "vmlinux" else boot.offset
    if (said is None) == (proto == "vmlinux"):
        return f"the kernel says {boot.said} of its offset"
    for name in TEXTS:
        boot.memory[name] = relocs.undo(boot.memory[name], where[name][0], relocations, virtual)
    left = differences(direct, boot, where, but)
    copied = {address for address, _, _ in left if is_copied(direct, boot, address, where, virtual)}
    return describe([found for found in left if found[0] not in copied])


def is_copied(direct, boot, address, where, virtual):
    """Whether a byte is of a word of four that differs by the offset: one that came out of a relocated alternative."""
    name = next(name for name in TEXTS if 0 <= address - where[name][0] < where[name][1])
    return any(abs(word(direct, name, at) - word(boot, name, at)) in (virtual, (1 << 32) - virtual)
               for at in range(max(0, address - where[name][0] - 3), address - where[name][0] + 1))


def word(boot, name, at):
    return int.from_bytes(boot.memory[name][at:at + 4], "little")


def count_locks(one, two, where):
    """Lock prefixes that are there with two CPUs and not with one."""
    return sum((ours, theirs) == (0x3e, 0xf0) for _, ours, theirs in differences(one, two, where))


def check_locks(one, two, version, where):
    """With two CPUs Linux keeps what it takes out with one, and this comparison sees all of it."""
    _, patched = linux_cells.predicted(version)
    locks = count_locks(one, two, where)
    return "" if locks == patched else f"{locks} lock prefixes differ, {patched} predicted"


def complaint(boot, check):
    """What is wrong with a boot: it has no end, or what CHECK says of it."""
    try:
        return check(boot.result())
    except NoEnd as problem:
        return str(problem)


def compare(version, pool, verdicts, directory):
    where = wanted(version)
    image = pack(version, directory)
    vmlinux = relocs.unpack(kernels.fetch(version))
    banner = find_banner(vmlinux, sections(version)[".rodata"])

    def start(setting, cpus):
        if setting is None:
            return Boot(kernels.fetch(version), f"{LINE} nokaslr", cpus, where, directory)
        return Boot(image, f"{LINE} nokaslr lull.proto=pvh lull.linux_sites={setting}", cpus, where, directory)

    def start_moved(proto, cpus):
        line = f"{LINE} lull.proto={proto} lull.kaslr=on lull.linux_sites=off"
        return Boot(image, line, cpus, where, directory, banner)

    boots = {boot: pool.submit(start, *boot) for boot in BOOTS}
    moved = {boot: pool.submit(start_moved, *boot) for boot in MOVED}
    relocations = relocs.lists(vmlinux)
    name = f"{version}: direct, one CPU and two"
    try:
        direct = {cpus: boots[None, cpus].result() for cpus in (1, 2)}
    except NoEnd as problem:
        # With nothing to compare with, all of this kernel's are one failure.
        verdicts.give(name, str(problem))
        return
    but = constants(direct[1], where)
    verdicts.give(name, check_locks(direct[1], direct[2], version, where))
    for setting, cpus in BOOTS[2:]:
        verdicts.give(f"{version}: linux_sites={setting} cpus={cpus}", complaint(
            boots[setting, cpus], lambda boot: check_receipt(boot, version, setting, cpus) or
            describe(differences(direct[cpus], boot, where, but))))
    for proto, cpus in MOVED:
        verdicts.give(f"{version}: KASLR, proto={proto} cpus={cpus}", complaint(
            moved[proto, cpus], lambda boot: check_moved(direct[cpus], boot, proto, where, relocations, but)))


def wanted_kernels(description):
    """The names of kernels.py that the command line gives; else 6.1 and 6.12."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kernels", nargs="*", metavar="KERNEL", default=["6.1", "6.12"])
    names = parser.parse_args().kernels
    for name in names:
        if name not in kernels.PACKAGES:
            parser.error(f"no kernel is called {name!r}; the names are: {', '.join(kernels.PACKAGES)}")
    return names


def main(versions):
    packages.require("lab")
    proc.leave_on_signals()
    verdicts = Verdicts()
    try:
        with tempfile.TemporaryDirectory(prefix="text-") as directory, \
                concurrent.futures.ThreadPoolExecutor(proc.jobs()) as pool:
            for version in versions:
                compare(version, pool, verdicts, directory)
    finally:
        proc.stop_all()
    print(f"text: {verdicts.passed} passed, {verdicts.failed} failed")
    return 1 if verdicts.failed else 0


if __name__ == "__main__":
    sys.exit(main(wanted_kernels(__doc__)))
