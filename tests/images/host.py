# SPDX-License-Identifier: GPL-2.0-or-later
"""What `lull pack` says on the host of a file that the shim is started with, door by door."""

import os
import re
import subprocess
import tempfile

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
TOOL = os.path.join(ROOT, "build", "lull")
# The door that each place of start.py comes in by.
DOORS = {"native": "pvh", "dom0": "dom0-pvh", "dom0-pv": "dom0-pv"}
BLOCK = re.compile(r"^=+ lull error (\d+): (\S+) =+$", re.M)
WARNING = re.compile(r"^lull: warning: refused by (.+?): error (\d+): (\S+) \(", re.M)
# What only the machine decides: where there is memory, and how much.
MACHINE = re.compile(r"(place|memory-map|start-info|module-reach|embedded|handover|reach|unpack-memory|sites-room)\b")


def verdicts(module, cmdline=""):
    """Return (number, title) for each door, None for one that would start the kernel."""
    with tempfile.TemporaryDirectory(prefix="lull-images-") as scratch:
        line = ["-c", cmdline] if cmdline else []
        done = subprocess.run([TOOL, "pack", "-k", module, *line, "-o", os.path.join(scratch, "out")],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=120)
        left = os.listdir(scratch)
    said = done.stderr.decode(errors="replace")
    block = BLOCK.search(said)
    if done.returncode not in (0, 1) or (left and done.returncode) or (block and not done.returncode):
        raise AssertionError(f"lull pack ended with {done.returncode} and left {left}: {said}")
    found = dict.fromkeys(DOORS.values(), block and (int(block[1]), block[2]))
    for names, number, title in WARNING.findall(said):
        found.update(dict.fromkeys(names.split(" and "), (int(number), title)))
    return found


def problem(entry, tier, number, title):
    """Return what is wrong with pack's verdict, beside what the booted shim said; None when it is the same."""
    if entry["module"] is None:
        return None
    found = verdicts(entry["module"], entry["cmdline"])[DOORS[tier]]
    if found == (number, title) or MACHINE.match(title):
        return None
    said = f"error {found[0]}, {found[1]}" if found else "nothing"
    return f"the shim says error {number}, {title}, and lull pack says {said}"
