# SPDX-License-Identifier: GPL-2.0-or-later
"""Times of a start under xl: lull beside GRUB and beside xl's own loader, turn about in one lab.

    first line      from unpause to the kernel's first line.  Under PVH both are read on Xen's clock: a mark in its log
                    directly before the unpause, and the line itself, which earlyprintk=xen writes to port 0xe9.  A PV
                    guest's first line is in its console ring only, so both are read on dom0's clock, and what
                    xenconsoled and the reader take until they have the line, some milliseconds, is in it
    user space      from `xl create` to what the default initrd says, on dom0's clock, for both

Every loader gets the same kernel, initrd and command line.  GRUB has kernel and initrd in the image it is made into,
like lull.  The PV rows are there once the shim has an entry for PV guests.
"""

import json
import os
import re
import statistics
import subprocess
import sys

from tests.bench.goal import verdict
from tests.lab import faults, grub_xen, initrd, kernels, paths, session, unpause
from tests.lab.result import LabFault

MEMORY = 512
# The first line is a notice; without the lines below that, a boot takes a second less.
CMDLINE = "earlyprintk=xen console=hvc0 loglevel=6"
DIRECTORY = os.path.join(paths.BUILD, "bench")
WATCH = {"first line": "Linux version ", "user space": "USERSPACE UP"}
MARKED = re.compile(r"^\(XEN\) \[ *(\d+\.\d+)\] " + unpause.MARK, re.MULTILINE)
FIRST_LINE = re.compile(r"^\(d\d+\) \[ *(\d+\.\d+)\] .*" + WATCH["first line"], re.MULTILINE)

# (door, kernel, with whom lull is compared, how many times)
ROWS = [("pvh", kernel, ("GRUB",), 3) for kernel in ("6.1", "6.1-cloud", "6.12")]
PV_ROWS = [("pv", "6.1", ("GRUB", "xl"), 3), ("pv", "6.1-cloud", ("GRUB", "xl"), 2), ("pv", "6.12", ("GRUB", "xl"), 2)]
# xl unpacks a kernel before the unpause, so that there is no first line to compare with its own loader's.
COMPARED = {"GRUB": ("first line", "user space"), "xl": ("user space",)}
# At most this much of the other's time.
GOALS = {("pvh", "first line", "GRUB"): 0.5, ("pv", "first line", "GRUB"): 0.35, ("pv", "user space", "xl"): 1.25}


class Lab:
    """A session that is started again, once, when it stalls."""

    def __init__(self):
        self.session = None

    def run(self, cell):
        for again in (True, False):
            try:
                if not self.session:
                    self.session = session.Session("xl", MEMORY)
                    self.session.start()
                return self.session.run(cell)
            except LabFault as fault:
                faults.note("bench", fault, again)
                self.close()
                if not again:
                    raise

    def close(self):
        if self.session:
            self.session.close()
        self.session = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def lull_image(door, kernel):
    """One image for every door: lull with the kernel in it."""
    stem = os.path.join(DIRECTORY, f"lull-{kernel}")
    packed = subprocess.run([os.path.join(paths.BUILD, "lull"), "pack", "-k", kernels.fetch(kernel),
                             "-i", initrd.guest(), "-c", CMDLINE, "-o", stem],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if packed.returncode != 0:
        raise LabFault(f"lull pack failed: {packed.stdout.strip()}")
    return {"kernel": stem + ".elf"}


def grub_image(door, kernel):
    """GRUB with the same in it."""
    target = os.path.join(DIRECTORY, f"grub-{door}-{kernel}")
    return {"kernel": grub_xen.build(target, door, kernels.fetch(kernel), initrd.guest(), CMDLINE)}


def direct(door, kernel):
    """xl's own loader."""
    return {"kernel": kernels.fetch(kernel), "ramdisk": initrd.guest(), "cmdline": CMDLINE}


LOADERS = {"lull": lull_image, "GRUB": grub_image, "xl": direct}


def start(lab, door, kernel, loader):
    """Times of one start, by what they are of; or in words why the kernel did not start."""
    ended = lab.run(dict(LOADERS[loader](door, kernel), door=door, memory=MEMORY, timeout=90, watch=WATCH))
    if ended.outcome != "poweroff" or "user space" not in ended.moments:
        error = re.search(r"^error: (.*?)\.?$", ended.console, re.MULTILINE)
        return error[1] if error else f"{ended.outcome}, {ended.detail or (ended.lines() or ['no output'])[-1]}"
    return {"first line": first_line(ended, door), "user space": ended.moments["user space"]}


def first_line(ended, door):
    """Seconds from unpause to the kernel's first line, on the clock of the door's kind."""
    if door == "pv":
        return ended.moments["first line"] - ended.moments["unpaused"]
    marked, printed = MARKED.findall(ended.log), FIRST_LINE.search(ended.log)
    if not marked or not printed:
        raise LabFault("Xen's log has no mark of the unpause, or not the kernel's first line")
    return float(printed[1]) - float(marked[-1])


def race(lab, door, kernel, others, rounds):
    """Start each loader in turn, several times; one that cannot start the kernel once is left out of what follows."""
    times = {loader: [] for loader in ("lull", *others)}
    failed = {}
    for number in range(rounds):
        for loader in times:
            if loader in failed:
                continue
            print(f"bench: {door} {kernel}, round {number + 1} of {rounds}, {loader}", file=sys.stderr, flush=True)
            found = start(lab, door, kernel, loader)
            if isinstance(found, dict):
                times[loader].append(found)
            else:
                failed[loader] = found
    return times, failed


def compare(door, kernel, times, failed):
    """Print who failed, and a line for each of the others and each thing that was timed."""
    for loader, why in failed.items():
        print(f"{door} {kernel}: {loader}: {why}", flush=True)
    for other in list(times)[1:]:
        if "lull" in failed or other in failed:
            continue
        for what in COMPARED[other]:
            ours, theirs = (sorted(found[what] for found in times[loader]) for loader in ("lull", other))
            ratio, goal = statistics.median(ours) / statistics.median(theirs), GOALS.get((door, what, other))
            print(f"{door} {kernel}: {what}: lull {spread(ours)}, {other} {spread(theirs)}, ratio {ratio:.2f}"
                  + (verdict(ratio <= goal, f"at most {goal}") if goal else ""), flush=True)


def spread(times):
    return f"{statistics.median(times):.3f} s ({times[0]:.3f} to {times[-1]:.3f})"


def has_pv_door():
    """Say whether the shim's notes name an entry for PV guests."""
    found = subprocess.run([os.path.join(paths.BUILD, "lull"), "inspect", "--json",
                            os.path.join(paths.BUILD, "lull.elf")], stdout=subprocess.PIPE, check=True)
    return any(note["name"] == "ENTRY" for note in json.loads(found.stdout)["elf"]["xen_notes"])


def main():
    """Print all rows; say whether lull started every kernel."""
    paths.make_directory(DIRECTORY)
    broken = 0
    with Lab() as lab:
        for door, kernel, others, rounds in ROWS + (PV_ROWS if has_pv_door() else []):
            times, failed = race(lab, door, kernel, others, rounds)
            compare(door, kernel, times, failed)
            broken += "lull" in failed
    return not broken
