# SPDX-License-Identifier: GPL-2.0-or-later
"""The engine on this machine's CPU, over the alternatives of real kernels; sizes of its objects.

    window         time masked for the whole table in one window, beside a bare memcpy of the same bytes to the same
                   places (the goal is about warm caches), and beside Linux's policy: each record stored by itself, and
                   IRET, or CPUID, behind it
    plan           records a second of plan_make(), for the table and for a million records; and the exponent of the
                   time against their number
    engine size    text and constants of what liblull.a links, and of the readers of Linux's tables

The program tests/bench/engine.c measures, and takes turns: a ratio is one of two medians of the same seconds.
"""

import math
import os
import statistics
import subprocess
import sys

from tests.bench.goal import verdict
from tests.lab import kernels, paths, proc
from tests.lab.result import LabFault

PROGRAM = os.path.join(paths.BUILD, "bench", "engine")
KERNELS = ("6.1", "6.1-cloud", "6.12")
# The goals are about this one's table.
GOALS_OF = "6.12"
MEMCPY_GOAL, COLD_GOAL, IRET_GOAL, CPUID_GOAL = 2.0, 0.85, 8, 500
RATE_GOAL = 5_000_000
SIZE_GOAL = 12 * 1024
OBJECTS = os.path.join(paths.BUILD, "shim", "pv", "engine")
# The two masks and serialise() in x86/ are the kernel's choice of backend, and not counted.
ENGINE = ("plan", "arena", "group", "sort", "commit", "mask", "journal", "sites_lull", "rendezvous", "repatch")
LINUX_READERS = ("linux/linux_alternatives", "linux/sites_linux", "linux/sites_linux_plan")


def measure(kernel):
    """What the program printed, by the first word of a line: a list of its fields as numbers."""
    lines = {}
    print(f"bench: the engine, {kernel}", file=sys.stderr, flush=True)
    ran = proc.run([PROGRAM, kernels.fetch(kernel)])
    if ran.returncode != 0:
        raise LabFault(f"{PROGRAM} failed on {kernel}: {ran.stdout}")
    for line in ran.stdout.splitlines():
        word, *fields = line.split()
        lines.setdefault(word, []).append({name: int(value) for name, value in (field.split("=") for field in fields)})
    return lines


def print_window(kernel, runs, table):
    masked, memcpy, cold, cold_memcpy, iret, cpuid = (
        statistics.median(run[name] for run in runs)
        for name in ("commit", "memcpy", "cold_commit", "cold_memcpy", "iret", "cpuid"))
    goals = kernel == GOALS_OF
    start = f"{kernel} window: {table['records']} records, {table['edits']} stores, {table['bytes']} bytes"
    where = "in a virtual machine" if table["hypervisor"] else "no virtual machine, where CPUID does not exit"
    print(f"{start}: masked {masked / 1000:.1f} us, {masked / memcpy:.2f} x a bare memcpy"
          + (verdict(masked <= MEMCPY_GOAL * memcpy, f"at most {MEMCPY_GOAL}") if goals else ""))
    print(f"{kernel} window: with cold caches masked {cold / 1000:.1f} us, {cold / cold_memcpy:.2f} x the same memcpy"
          + (verdict(cold <= COLD_GOAL * cold_memcpy, f"at most {COLD_GOAL}") if goals else ""))
    print(f"{kernel} window: an IRET for each record takes {iret / masked:.1f} x as long"
          + (verdict(iret >= IRET_GOAL * masked, f"at least {IRET_GOAL}") if goals else ""))
    # How long the hypervisor takes for one decides this ratio: the memcpy itself has one too.
    print(f"{kernel} window: a CPUID for each record, {cpuid / table['records']:.0f} ns each, takes {cpuid / masked:.0f} x as long, "
          f"and {cpuid / memcpy:.0f} x the memcpy ({where})"
          + (verdict(cpuid >= CPUID_GOAL * masked, f"at least {CPUID_GOAL}")
             if goals and table["hypervisor"] else ""))


def slope(points):
    """The exponent that fits points best: the slope of the line through their logarithms."""
    logs = [(math.log(x), math.log(y)) for x, y in points]
    middle = [statistics.mean(values) for values in zip(*logs)]
    return (sum((x - middle[0]) * (y - middle[1]) for x, y in logs) / sum((x - middle[0]) ** 2 for x, _ in logs))


def print_plan(kernel, runs):
    times = {}
    for run in runs:
        times.setdefault(run["records"], []).append(run["ns"])
    points = [(records, statistics.median(found)) for records, found in sorted(times.items())]
    rates = [f"{records / ns * 1000:.1f} million records a second of {records}" for records, ns in (points[0], points[-1])]
    goals = kernel == GOALS_OF
    slowest = min(records / ns * 1e9 for records, ns in points)
    print(f"{kernel} plan: {', '.join(rates)}"
          + (verdict(slowest >= RATE_GOAL, f"at least {RATE_GOAL / 1e6:.0f}") if goals else ""))
    print(f"{kernel} plan: time grows with the number of records to the power of {slope(points):.2f}, the goal is 1",
          flush=True)


def sizes(names):
    """Text and constants of some objects, in bytes."""
    files = [os.path.join(OBJECTS, f"{name}.c.o") for name in names]
    found = subprocess.run(["size", *files], stdout=subprocess.PIPE, text=True, check=True)
    return dict(zip(names, (int(line.split()[0]) for line in found.stdout.splitlines()[1:])))


def print_sizes():
    for what, names in (("liblull.a", ENGINE), ("Linux's readers beside it", LINUX_READERS)):
        found = sizes(names)
        total = sum(found.values())
        print(f"engine size: {what}: {total} bytes ({', '.join(f'{name} {size}' for name, size in found.items())})"
              + (verdict(total <= SIZE_GOAL, f"at most {SIZE_GOAL}") if names is ENGINE else ""), flush=True)


def main():
    """Print all of it; a goal that is missed is no failure, since other work on the machine can make one miss."""
    print_sizes()
    for kernel in KERNELS:
        found = measure(kernel)
        print_window(kernel, found["window"], found["table"][0])
        print_plan(kernel, found["plan"])
    return True

