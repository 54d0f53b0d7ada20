# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs cells side by side: each worker takes the longest cell left, and keeps a lab open while it has cells for it."""

import os
import threading
import time

from tests.lab import accel, arrivals, bochs, dom0, grub_efi, host, iso, kernels, plain, proc, scratch, session, uefi, xl
from tests.lab.result import LabFault
from tests.matrix import cells

# A second lab costs its start; below this much work left for it, one is enough.
WORTH_A_LAB = 40


class Scheduler:
    """Hands out cells. `local` is an xl.Host when this machine's own xl is to be used."""

    def __init__(self, wanted, report, times, directory, workers=2, local=None):
        self.waiting = {kind: [] for kind in ("xl", "kvm", "host", "dom0", "plain", "bochs")}
        for cell in sorted(wanted, key=times.expected, reverse=True):
            self.waiting[cell["lab"]].append(cell)
        self.largest = {kind: max((cell.get("maxmem", cell["memory"]) for cell in some), default=0)
                        for kind, some in self.waiting.items()}
        self.report, self.times, self.directory, self.local = report, times, directory, local
        self.holders = {"xl": 0, "kvm": 0}
        self.lock = threading.Lock()
        self.workers = 1 if local else self.affordable(workers)
        self.serial = 0

    def affordable(self, workers):
        """Fewer workers where the memory is not there: a guest of 5 GiB needs a lab of 7."""
        need = max([session.DOM0_MEMORY + session.OVERHEAD + self.largest[kind] for kind in ("xl", "kvm")
                    if self.largest[kind]] + [self.largest["plain"] + 128, self.largest["bochs"] + 128,
                                              self.largest["dom0"] + 256])
        fit = max(1, int(available_memory() // (need + 256)))
        if fit < workers:
            self.report.note(f"{need} MiB for each lab: memory for {fit} at a time")
        return min(workers, fit)

    def run(self):
        threads = [threading.Thread(target=self.work) for _ in range(self.workers)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            for thread in threads:
                thread.join(0.5)
            self.report.progress()

    def choose(self, held):
        """Take the next cell for a worker that holds an open lab of kind HELD, or None."""
        with self.lock:
            for kind in self.order(held):
                if self.waiting[kind]:
                    self.serial += 1
                    return self.waiting[kind].pop(0)
        return None

    def order(self, held):
        """Kinds of cells in the order of preference: the open lab's, labs nobody has open, what needs none."""
        if held:
            # With a lab open, nothing else: its memory is taken. The worker closes it first.
            return [held]
        unopened = [kind for kind in ("xl", "kvm") if not self.holders[kind]]
        worth = [kind for kind in ("xl", "kvm") if self.holders[kind]
                 and sum(map(self.times.expected, self.waiting[kind])) > WORTH_A_LAB]
        return unopened + worth + ["host", "plain", "dom0", "bochs"]

    def work(self):
        """One worker: cells until none is left that it may take."""
        lab = Lab(self)
        try:
            while True:
                cell = self.choose(lab.kind)
                if cell is None and lab.kind:
                    lab.close()
                    continue
                if cell is None:
                    return
                self.attempt(cell, lab)
        finally:
            lab.close()

    def attempt(self, cell, lab):
        """Run one cell; after a lab fault once more in a new lab."""
        self.report.started(cell["name"])
        absent = cells.missing_file(cell)
        if absent:
            self.report.ended(cell, [f"no such file: {absent}"], 0.0)
            return
        for again in (True, False):
            begun = time.monotonic()
            try:
                with Log(os.path.join(self.directory, cell["name"])) as log:
                    ended = lab.boot(cell, log.live)
                    log.finish(ended)
            except (LabFault, kernels.Unavailable, OSError) as fault:
                lab.close()
                if proc.stopping():
                    return
                self.report.fault(cell["name"], fault, again)
                if not again:
                    self.report.ended(cell, [f"lab fault, twice: {fault}"], time.monotonic() - begun, "error")
                continue
            # A worker that ends has cells that nobody runs.
            except Exception as problem:
                lab.close()
                self.report.ended(cell, [f"a fault of the tests: {problem!r}"], time.monotonic() - begun, "error")
                return
            lines = dom0.guest_lines(ended.console) if cell["lab"] == "dom0" else ended.lines()
            self.report.ended(cell, cells.complaints(cell, ended, lines), ended.seconds, console=ended.console,
                              outcome=ended.outcome)
            return


class Lab:
    """What one worker boots guests with: an open session, or nothing where a cell brings its own machine."""

    def __init__(self, scheduler):
        self.scheduler = scheduler
        self.kind = None
        self.session = None

    def boot(self, cell, on_console):
        guest = cells.guest_of(cell)
        place = os.path.join(scratch.use(), cell["name"])
        if cell["lab"] in ("plain", "bochs"):
            door = guest.pop("door")
            if door == "bochs":
                return bochs.run(**guest, on_console=on_console, scratch=place)
            if door == "uefi":
                return uefi.run(**dict(guest, secure=guest.get("secure") == "on"), on_console=on_console, scratch=place)
            if door == "grub-efi":
                return grub_efi.run(**guest, loader=cell.get("loader", "grub"), on_console=on_console, scratch=place)
            flags = (accel.stranger if door == "tcg-hypervisor" else accel.native)(cell["vcpus"])
            disks = guest.pop("disk", ())
            return plain.run(**guest, disks=disks, microvm=door == "microvm", flags=flags, loader=cell.get("loader"),
                             on_console=on_console, scratch=place)
        if cell["lab"] == "host":
            return host.run(cell["kernel"], cell["timeout"], on_console)
        if cell["lab"] == "dom0":
            return dom0.run_dom0(guest["kernel"], guest.get("ramdisk"), guest.get("cmdline", ""),
                                 cell["door"] == "dom0-pvh", cell["timeout"], cell["memory"], cell["vcpus"],
                                 on_console=on_console)
        if cell["door"] == "hvm":
            guest["disc"] = iso.build(place, guest.pop("kernel"), guest.pop("ramdisk", None), guest.pop("cmdline", ""),
                                      guest.pop("initrd", None))
        if self.scheduler.local:
            return xl.run(self.scheduler.local, guest, f"lull-{os.getpid()}-{self.scheduler.serial}", on_console)
        self.open(cell["lab"])
        return self.session.run(guest, on_console)

    def open(self, kind):
        """Have a session of this kind running."""
        if self.session:
            return
        with self.scheduler.lock:
            self.scheduler.holders[kind] += 1
        self.kind = kind
        self.session = session.Session(kind, self.scheduler.largest[kind])
        self.session.start()

    def close(self):
        if self.kind:
            with self.scheduler.lock:
                self.scheduler.holders[self.kind] -= 1
        if self.session:
            self.session.close()
        self.kind = self.session = None


class Log:
    """NAME.log: the console as it comes, rewritten as plain text at the end; NAME.host.log and NAME.times beside it."""

    def __init__(self, stem):
        self.stem = stem
        self.output = open(stem + ".log", "wb", buffering=0)
        self.live = self.output.write

    def finish(self, ended):
        self.output.seek(0)
        self.output.truncate()
        self.output.write(ended.console.encode())
        with open(self.stem + ".times", "w", encoding="utf-8") as beside:
            beside.write(arrivals.text(ended.arrivals))
        if ended.log and ended.log != ended.console:
            with open(self.stem + ".host.log", "w", encoding="utf-8") as beside:
                beside.write(ended.log)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.output.close()


def available_memory():
    """MiB that can be had without swapping."""
    with open("/proc/meminfo") as meminfo:
        return next(int(line.split()[1]) for line in meminfo if line.startswith("MemAvailable")) / 1024
