#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What text.py compares, behind the PV door: Debian's kernels as Xen PV guests, directly and through lull, by xl dump-core.

    pv_text.py [KERNEL...]      those of kernels.py; else 6.1 and 6.12

The guests run in the lab's Xen and panic for want of a root file system, which ends them as crashed; xl keeps their memory
until it is dumped. Takes three to five minutes a kernel. Ends in `pv-text: N passed, N failed`.
"""

import json
import os
import re
import struct
import sys
import tempfile
import time

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.lab import proc, xl
from tests.lab.result import LabFault
from tests.linux import text

PAGE = 4096
LINE = "console=hvc0 loglevel=4 tsc=unstable"
PATIENCE = 180
# As text.BOOTS.
BOOTS = ((None, 1), (None, 2), ("off", 1), ("auto", 1), ("safe", 1), ("auto", 2))


class Core:
    """A file of xl dump-core (Xen's docs/misc/dump-core-format.txt): pages, and the page number of each."""

    def __init__(self, path):
        self.file = open(path, "rb")
        header = self.file.read(64)
        table, = struct.unpack_from("<Q", header, 40)
        count, names = struct.unpack_from("<HH", header, 60)
        rows = [struct.unpack("<IIQQQQ", self.at(table + 64 * i, 40)) for i in range(count)]
        strings = self.at(*rows[names][4:])
        by_name = {strings[row[0]:strings.index(b"\0", row[0])]: row for row in rows}
        self.pages = by_name[b".xen_pages"][4]
        frames = self.at(*by_name[b".xen_p2m"][4:])
        self.place = {frame: i for i, (frame, _) in enumerate(struct.iter_unpack("<QQ", frames))}

    def at(self, offset, size):
        self.file.seek(offset)
        return self.file.read(size)

    def memory(self, address, size):
        """Memory of the guest by its own physical addresses."""
        first, end = address // PAGE, (address + size + PAGE - 1) // PAGE
        found = b"".join(self.at(self.pages + PAGE * self.place[frame], PAGE) for frame in range(first, end))
        return found[address % PAGE:address % PAGE + size]


class Boot:
    """What one guest left in memory, and the lines of its console."""

    def __init__(self, host, cell, name, where):
        guest = xl.Guest(host, cell, name, lambda data: None)
        guest.start()
        try:
            guest.follow(time.monotonic() + PATIENCE)
            if xl.REASONS.get(guest.reason) != "crash" or text.STOPPED not in guest.console.data:
                raise LabFault(f"{name} did not stop where it should: {bytes(guest.console.data[-200:])!r}")
            self.lines = bytes(guest.console.data).decode("utf-8", "replace").splitlines()
            self.memory = dump(host, name, where)
            guest.destroy()
        finally:
            guest.close()


def dump(host, name, where):
    with tempfile.TemporaryDirectory(dir="/run") as directory:
        path = os.path.join(directory, "core")
        done = host.run("dump-core", name, path)
        if done.returncode != 0:
            raise LabFault(f"xl dump-core: {done.stdout.strip()}")
        core = Core(path)
        found = {section: core.memory(address - text.KERNEL_MAP, size) for section, (address, size) in where.items()}
        core.file.close()
        return found


def inside(job):
    """On the lab's dom0: start the guests of one kernel, and compare them."""
    host = xl.Host("/run/lull-consoles", log_directory="/run/lull-consoles")
    where = {name: tuple(found) for name, found in job["where"].items()}
    verdicts, direct, but = text.Verdicts(), {}, frozenset()
    for setting, cpus in BOOTS:
        line = LINE + (f" lull.linux_sites={setting}" if setting else "")
        cell = {"door": "pv", "kernel": job["packed" if setting else "kernel"], "cmdline": line, "vcpus": cpus}
        boot = Boot(host, cell, f"text-{setting}-{cpus}", where)
        if setting is None:
            direct[cpus] = boot
            but = but or text.constants(boot, where)
            continue
        complaint = "" if any(re.search(job["receipts"][f"{setting} {cpus}"], found) for found in boot.lines) else \
            "the receipt does not say what it should"
        verdicts.give(f"{job['version']}: linux_sites={setting} cpus={cpus}",
                      complaint or text.describe(text.differences(direct[cpus], boot, where, but)))
    locks = text.count_locks(direct[1], direct[2], where)
    verdicts.give(f"{job['version']}: direct, one CPU and two",
                  "" if locks == job["locks"] else f"{locks} lock prefixes differ, {job['locks']} predicted")
    return 1 if verdicts.failed else 0


def main(versions):
    from tests.lab import kernels, packages, session
    from tests.matrix import linux_cells
    packages.require("lab")
    proc.leave_on_signals()
    printed = bytearray()

    def show(data):
        printed.extend(data)
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    with tempfile.TemporaryDirectory(prefix="text-") as directory, \
            session.Session("xl", 256) as lab:
        lab.start()
        for version in versions:
            job = {"version": version, "kernel": kernels.fetch(version), "packed": text.pack(version, directory),
                   "where": text.wanted(version), "locks": linux_cells.predicted(version)[1],
                   "receipts": {f"{setting} {cpus}": linux_cells.sites_line(version, setting, cpus)
                                for setting, cpus in BOOTS if setting}}
            with open(os.path.join(directory, "job"), "w") as output:
                json.dump(job, output)
            lab.execute([sys.executable, "-B", os.path.realpath(__file__), "--inside", output.name], 900, on_console=show)
    passed, failed = (len(re.findall(rb"^%s " % word, printed, re.MULTILINE)) for word in (b"ok", b"FAIL"))
    failed += max(0, len(versions) * (len(BOOTS) - 1) - passed - failed)
    print(f"pv-text: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        with open(sys.argv[2]) as job_file:
            sys.exit(inside(json.load(job_file)))
    sys.exit(main(text.wanted_kernels(__doc__)))
