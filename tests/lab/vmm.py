# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest of the tests' own monitor (tests/vmm), which stands for Firecracker or Cloud Hypervisor, on the lab's Linux host."""

import os
import subprocess
import time

from tests.lab import arrivals, paths, proc, result
from tests.lab.result import LabFault, Result

PROGRAM = os.path.join(paths.BUILD, "vmm", "vmm")

# The cell's door: the monitor that is stood for.
DOORS = {"kvm-firecracker": "firecracker", "kvm-cloud-hypervisor": "cloud-hypervisor"}

# enum status of vmm.h, and what the lab's guests and lull write to port 0xf4.
OUTCOMES = {0: "poweroff", 2: "reboot", 3: result.TRIPLE_FAULT, 0x10: "poweroff", 0x31: "crash"}
FAILED = 1


def command(door, kernel, ramdisk=None, cmdline="", vcpus=1, memory=256, start_info=()):
    """The program and its arguments. START_INFO has words to write over, each OFFSET=VALUE."""
    words = [PROGRAM, DOORS[door], kernel, "-m", str(memory), "-c", str(vcpus), "-a", cmdline]
    words += ["-i", ramdisk] if ramdisk else []
    return words + [part for word in start_info for part in ("-s", word)]


def run_cell(cell, on_console):
    """Boot one guest on the lab's Linux host and wait for its end."""
    # The CPU that looks at the guest's console is the guest's own, emulated; how it ends is an event.
    proc.Follower.PAUSE = 0.2
    return run(**cell, on_console=on_console)


def run(timeout, on_console, **guest):
    """Run the monitor to its end, or for TIMEOUT seconds."""
    console = open(os.memfd_create("console"), "rb", buffering=0)
    # A place of its own to write at: where two share an open file they share that too.
    with console, open(f"/proc/self/fd/{console.fileno()}", "ab", buffering=0) as written:
        started = time.monotonic()
        child = proc.spawn(command(**guest), stdout=written, stderr=subprocess.PIPE)
        try:
            shown = proc.Follower(console.fileno(), arrivals.Arrivals())
            errors = proc.Reader(child.stderr.fileno())
            passed_on = 0
            while not errors.at_end and time.monotonic() < started + timeout:
                proc.wait([shown, errors], started + timeout)
                if on_console and len(shown.data) > passed_on:
                    on_console(bytes(shown.data[passed_on:]))
                    passed_on = len(shown.data)
            status = child.wait() if errors.at_end else None
            shown.receive()
        finally:
            proc.end(child)
        return verdict(status, shown, errors, time.monotonic() - started)


def verdict(status, shown, errors, seconds):
    """Say how the guest ended, by the monitor's status."""
    console, log = result.plain_text(bytes(shown.data)), errors.data.decode("utf-8", "replace").strip()
    if status is None:
        ended = Result(result.TIMEOUT, console, seconds, "still running at the end of its time", log)
    elif status == FAILED and not console:
        ended = Result(result.REFUSED, console, seconds, log, log)
    elif status in OUTCOMES:
        ended = Result(OUTCOMES[status], console, seconds, "", log)
    else:
        raise LabFault(f"the monitor ended with status {status}: {log}")
    ended.arrivals = shown.arrivals.seconds
    return ended
