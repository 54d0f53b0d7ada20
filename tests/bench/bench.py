#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`make bench [PARTS="shim boot engine starts efi disk memory"]`: sizes and costs, each beside a reference of the same run.

    size           build/lull.elf in bytes, without what reads disks, beside GRUB's core image for PVH, without any module, made by this run
    instructions   from the door to the receipt, with a kernel that has no tables, counted by an emulator that runs one
                   instruction a nanosecond
    window         instructions with events masked, the same way
    boot           instructions from reset to user space, and the shim's own part: see boot.py
    engine         times of the engine on this machine over real kernels' tables, and its size: see engine.py
    starts         times of whole starts under xl, beside GRUB's: see starts.py
    efi            instructions of UEFI starts, beside systemd-stub's: see efi.py
    memory         the least memory that each kernel starts in as a PV guest, by itself and with lull
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.bench import boot, disk, efi, engine, starts
from tests.bench.goal import verdict
from tests.lab import kernels, paths, proc, result, xens

SHIM = os.path.join(paths.BUILD, "lull.elf")
GUEST = os.path.join(paths.BUILD, "guests", "pvh_look64.elf")
SIZE_GOAL_ALL, SIZE_GOAL = 512 * 1024, 410 * 1024
# What is in lull.elf only to read disks, and a line of the linker's map: a section's size and the object that it is of.
DISKS = re.compile(r"shim/disk/|shim/boot_disk|pv/virtio/|pv/xen/(?:blk|store|grants|hvm_sharing|pv_sharing)")
MAPPED = re.compile(r"^ (?:\.\S+)?\s+0x[0-9a-f]+\s+0x([0-9a-f]+) (\S.*)$", re.MULTILINE)
INSTRUCTION_GOAL = 60_000
RUNS = 3
# One instruction takes one virtual nanosecond, so what the shim calls nanoseconds are instructions.
MACHINE = ["-accel", "tcg", "-icount", "shift=0", "-cpu", "EPYC,-hypervisor", "-m", "256",
           "-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio",
           "-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-kernel", SHIM, "-initrd", GUEST]


def cpu_name():
    """What this machine calls its CPU: the engine's times are its own."""
    with open("/proc/cpuinfo") as cpuinfo:
        found = re.search(r"^model name\s*: (.*)$", cpuinfo.read(), re.MULTILINE)
    return found[1] if found else "unknown"


def of_disks():
    """Bytes of lull.elf that are there for disks alone, as the linker's map says."""
    with open(os.path.join(paths.BUILD, "lull.map")) as linker_map:
        linked = linker_map.read().split("Linker script and memory map", 1)[1].split("\n.bss ", 1)[0]
    return sum(int(size, 16) for size, name in MAPPED.findall(linked) if DISKS.search(name))


def grub_core():
    """Bytes of GRUB's core image for PVH, or None where GRUB's files are not installed."""
    with tempfile.TemporaryDirectory() as scratch:
        image = os.path.join(scratch, "grub")
        made = subprocess.run(["grub-mkstandalone", "-O", "i386-xen_pvh", "--install-modules=", "--fonts=",
                               "--locales=", "--themes=", "-o", image], capture_output=True, check=False)
        return os.path.getsize(image) if made.returncode == 0 else None


def boot_shim():
    """(instructions to the receipt, instructions masked) of one emulated boot."""
    try:
        said = proc.run([*xens.emulator(), *MACHINE], patience=120, errors="replace").stdout
    except subprocess.TimeoutExpired as late:
        raise result.LabFault("the shim: no end after 120 s") from late
    found = re.search(r"receipt .*masked_ticks=(\d+) shim_ticks=(\d+)", said)
    if not found:
        raise result.LabFault("the shim printed no receipt:\n" + said)
    return int(found[2]), int(found[1])


def shim_alone():
    """Print what needs no other loader to be measured."""
    size = os.path.getsize(SHIM)
    grub = grub_core()
    beside = f"; GRUB's core for PVH without a module {grub}, ratio {size / grub:.2f}" if grub else "; no GRUB for PVH to compare with"
    disks = of_disks()
    print(f"size: {size} bytes, {disks} of them for disks{verdict(size <= SIZE_GOAL_ALL, f'at most {SIZE_GOAL_ALL}')}; the others are "
          f"{size - disks}{verdict(size - disks <= SIZE_GOAL, f'at most {SIZE_GOAL}')}{beside}")
    runs = [boot_shim() for _ in range(RUNS)]
    instructions, window = (statistics.median(run[i] for run in runs) for i in (0, 1))
    print(f"instructions: {instructions:.0f} from door to receipt"
          + verdict(instructions <= INSTRUCTION_GOAL, f"at most {INSTRUCTION_GOAL}"))
    print(f"window: {window:.0f} instructions masked, {window / instructions:.3f} of all",
          flush=True)
    return True


def memory():
    """The search is the matrix's own; here one boot has to hold at the figure, not twenty."""
    search = os.path.join(paths.ROOT, "tests", "matrix", "least_memory.py")
    return subprocess.run([sys.executable, search, "--doors", "pv,lull-pv", "--kernels", "6.1,6.1-cloud,6.12",
                           "--vcpus", "1", "--times", "1"], check=False).returncode == 0


PARTS = {"shim": shim_alone, "boot": boot.main, "engine": engine.main, "starts": starts.main, "efi": efi.main,
         "disk": disk.main, "memory": memory}


def main(chosen):
    proc.leave_on_signals()
    if not PARTS.keys() >= set(chosen):
        sys.exit(f"bench: the parts are: {' '.join(PARTS)}")
    print(f"CPU: {cpu_name()}, {os.cpu_count()} of them", flush=True)
    try:
        return 0 if all(PARTS[part]() for part in chosen or PARTS) else 1
    except (result.LabFault, kernels.Unavailable) as problem:
        print(f"bench: {problem}", file=sys.stderr)
        return 1
    finally:
        proc.stop_all()


if __name__ == "__main__":
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__.strip())
        sys.exit(0)
    sys.exit(main(sys.argv[1:]))
