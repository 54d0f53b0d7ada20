# SPDX-License-Identifier: GPL-2.0-or-later
"""Times of a start from the guest's own disk, under xl: lull beside GRUB with the same disk, and beside xl with the same kernel and
initrd from dom0, turn about in one lab.

    user space    from `xl create` to what the initrd says, on dom0's clock
    reading       lull's rate, by its own line, with all that it looked at before; and that of the guest's Linux with dd bs=1M

The disk has an MBR and an ext4 with grub.cfg; kernel and initrd have more than 40 MiB.
"""

import os
import re
import statistics
import sys

from tests.bench import starts
from tests.bench.goal import verdict
from tests.lab import grub_xen, initrd, kernels, layouts, paths
from tests.lab.result import LabFault

ROUNDS = 3
KERNEL = "6.1"
PADDING = 36 << 20
WORDS = "console=hvc0 disk=xvda2"
WATCH = {"user space": "USERSPACE UP"}
READ = re.compile(r"^lull: disk .* read=([0-9.]+)MiB ns=([0-9]+)$", re.MULTILINE)
LINUX_READ = re.compile(r"^READ ([0-9]+)MiB from=([0-9.]+) to=([0-9.]+)$", re.MULTILINE)
# At most this much of the other's time; and at least this much of Linux's rate.
GOALS = {"GRUB": 1.0, "xl": 1.25}
RATE_GOAL = 0.8


def large_initrd():
    """The guest's initrd, and beside it a file of random bytes."""
    target = os.path.join(starts.DIRECTORY, "disk.cpio")
    if not initrd.fresh(target, [initrd.disk(), __file__]):
        with initrd.scratch() as directory, open(initrd.disk(), "rb") as source:
            with open(os.path.join(directory, "padding"), "wb") as padding:
                padding.write(os.urandom(PADDING))
            first = source.read()
            kernels.publish(first + bytes(-len(first) % 4) + initrd.archive(directory), target)
    return target


def guest(loader, door):
    """A cell for one start."""
    kernel = kernels.fetch(KERNEL)
    cell = {"door": door, "memory": starts.MEMORY, "timeout": 400, "watch": WATCH,
            "disk": [layouts.image("grub", kernel, large_initrd(), WORDS, name="bench") + ",raw,xvda,r"]}
    if loader == "lull":
        return dict(cell, kernel=os.path.join(paths.BUILD, "lull.elf"), cmdline="rate=40")
    if loader == "GRUB":
        target = os.path.join(starts.DIRECTORY, f"grub-disk-{door}")
        return dict(cell, kernel=grub_xen.build_for_disk(target, door, layouts.UUID))
    return dict(cell, kernel=kernel, ramdisk=large_initrd(), cmdline=WORDS)


def read_rates(console):
    """How many MiB/s lull read, and Linux after it."""
    ours, theirs = READ.search(console), LINUX_READ.search(console)
    if not ours or not theirs:
        raise LabFault(f"{'Linux' if ours else 'lull'} does not say how fast it read")
    size, taken = ours.groups()
    copied, begin, end = map(float, theirs.groups())
    return float(size) / int(taken) * 1e9, copied / (end - begin)


def race(lab, door):
    """Start each in turn, several times; return seconds by loader, and the rates of lull and Linux in MiB/s."""
    times, rates = {"lull": [], "GRUB": [], "xl": []}, []
    for number in range(ROUNDS):
        for loader, found in times.items():
            print(f"bench: {door}, round {number + 1} of {ROUNDS}, {loader}", file=sys.stderr, flush=True)
            ended = lab.run(guest(loader, door))
            if "user space" not in ended.moments:
                raise LabFault(f"{door}: {loader}: {ended.outcome}, {(ended.lines() or ['no output'])[-1]}")
            found.append(ended.moments["user space"])
            if loader == "lull":
                rates.append(read_rates(ended.console))
    return times, rates


def main():
    """Print all rows; say whether each guest started."""
    paths.make_directory(starts.DIRECTORY)
    with starts.Lab() as lab:
        for door in ("pvh", "pv"):
            times, rates = race(lab, door)
            for other, goal in GOALS.items():
                ours, theirs = sorted(times["lull"]), sorted(times[other])
                ratio = statistics.median(ours) / statistics.median(theirs)
                print(f"disk {door}: user space: lull {starts.spread(ours)}, {other} {starts.spread(theirs)}, ratio {ratio:.2f}"
                      + verdict(ratio <= goal, f"at most {goal}"), flush=True)
            ours, theirs = (statistics.median(rate[i] for rate in rates) for i in (0, 1))
            print(f"disk {door}: reading: lull {ours:.1f} MiB/s, Linux {theirs:.1f} MiB/s, ratio {ours / theirs:.2f}"
                  + verdict(ours / theirs >= RATE_GOAL, f"at least {RATE_GOAL}"), flush=True)
    return True
