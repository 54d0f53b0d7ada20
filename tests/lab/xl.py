# SPDX-License-Identifier: GPL-2.0-or-later
"""One guest under xl, from its configuration to a clean `xl list`. Runs on a Xen dom0: the lab's, or this machine.

How the guest ended is xl's own word of the shutdown reason. A domain that has shut down is kept until its console
ring is empty, so that no last line is lost, and then destroyed. A cell whose `watch` names moments (moments.py) is
created paused, let go with a mark in Xen's log, and its moments are in the Result. Where a cell is `emulated`, its PVH guest
is spared a hundred thousand exits (unpause.py). A guest with fewer vCPUs than maxvcpus that says READY
FOR CPUS is given all of them.
"""

import os
import re
import subprocess
import time

from tests.lab import arrivals, console_ring, moments, proc, result, typist, unpause

# Shutdown reasons of Xen's public interface (sched.h), as xl prints them.
REASONS = {0: "poweroff", 1: "reboot", 2: "suspend", 3: "crash", 4: "watchdog", 5: "soft-reset"}
SHUT_DOWN = re.compile(rb"Domain (\d+) has shut down, reason code (\d+)")
READY_FOR_CPUS = re.compile(rb"^READY FOR CPUS\r?$", re.MULTILINE)
CREATED = re.compile(rb"Waiting for domain \S+ \(domid (\d+)\) to die")
# libxl gives the scripts that attach a guest's devices 40 seconds, which a busy emulator takes; the guest was never there.
SCRIPT_KILLED = re.compile(r"killing execution of (.+) because of timeout")

# Xen's own shim is a Xen too, and does not start on the emulator's XSAVE. What it says of its guest, while that runs, comes in the
# middle of the guest's lines: both have one console.
SHIM_WORDS = "xsave=0 guest_loglvl=none"

# How long xl may take for its own work, emulated and with the machine busy.
XL_PATIENCE = 90
# How often xl is asked for a guest before it counts as not there.
QUESTIONS = 3


class Host:
    """The tools of a Xen host. SCRATCH is a directory for configuration files; LOG_DIRECTORY is where xenconsoled logs
    guests, or None where it does not.
    """

    def __init__(self, scratch, xl="xl", environment=None, log_directory=None):
        self.scratch = scratch
        self.xl = xl
        self.environment = environment
        self.log_directory = log_directory

    def run(self, *arguments):
        """Run one xl command to its end and return the finished process."""
        return subprocess.run([self.xl, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, env=self.environment, timeout=XL_PATIENCE)

    def triple_faulted(self, domid):
        """Ask Xen's log, which alone tells a triple fault from a reboot."""
        return bool(re.search(rf"\bd{domid}v\d+ Triple fault", self.run("dmesg").stdout))


# What may not stand in a string of xl's configuration language as it is (xlu__cfgl_dequote()). xl's numbers of
# characters, \x41 and \101, leave nothing in the string.
ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n"}


def quote(text):
    """Write a string for xl's configuration language."""
    return '"' + "".join(ESCAPES.get(letter, letter) for letter in str(text)) + '"'


def configuration(cell, name):
    """Turn a cell into xl's configuration file."""
    kind = {"pvshim": "pvh", "hvm-kernel": "hvm"}.get(cell["door"], cell["door"])
    lines = [f"name = {quote(name)}", f"type = {quote(kind)}",
             f"vcpus = {cell.get('vcpus', 1)}", f"memory = {cell.get('memory', 256)}"]
    if cell.get("maxvcpus"):
        lines[2] = f"vcpus = {cell['vcpus']}\nmaxvcpus = {cell['maxvcpus']}"
    if cell.get("maxmem"):
        lines.append(f"maxmem = {cell['maxmem']}")
    # Kept after its end, until the console has been read; then destroyed.
    lines += [f'on_{event} = "preserve"' for event in ("poweroff", "reboot", "crash", "watchdog")]
    # An intercepted RDTSC doubles the time of an emulated boot, and now and then ends it in a triple fault.
    lines.append('tsc_mode = "native"')
    lines += image_lines(cell)
    if cell.get("disk"):
        lines.append("disk = [ " + ", ".join(quote(line) for line in cell["disk"]) + " ]")
    return "\n".join(lines) + "\n"


def image_lines(cell):
    """Name the files of a guest. Two modules under PVH, or one with a command line of its own, travel as xl's shim, its
    kernel and its ramdisk; a PV guest in Xen's own shim has the one that xl takes where none is named; an HVM guest has
    all in a CD, from which its BIOS starts GRUB, or is given a Linux's file by its device model."""
    if cell["door"] == "hvm-kernel":
        return ['vga = "none"', "vnc = 0"] + [f"{key} = {quote(cell[key])}" for key in ("kernel", "ramdisk", "cmdline")
                                              if cell.get(key)]
    if cell["door"] == "hvm":
        return [f"disk = [ {quote(cell['disc'] + ',raw,hdc,cdrom')} ]", 'boot = "d"', 'vga = "none"', "vnc = 0"]
    if cell["door"] == "pvshim":
        lines = ["pvshim = 1", f"pvshim_extra = {quote(SHIM_WORDS)}"]
        return lines + [f"{key} = {quote(cell[key])}" for key in ("kernel", "ramdisk", "cmdline") if cell.get(key)]
    as_shim = cell.get("initrd") or cell.get("module_cmdline")
    if not as_shim:
        pairs = [("kernel", "kernel"), ("ramdisk", "ramdisk"), ("cmdline", "cmdline")]
    elif cell["door"] == "pvh":
        pairs = [("pvshim_path", "kernel"), ("pvshim_cmdline", "cmdline"), ("kernel", "ramdisk"),
                 ("ramdisk", "initrd"), ("cmdline", "module_cmdline")]
    else:
        raise ValueError("initrd: a second module needs door = pvh, or GRUB")
    lines = ["pvshim = 1"] if as_shim else []
    return lines + [f"{option} = {quote(cell[key])}" for option, key in pairs if cell.get(key)]


class Guest:
    """A guest from `xl create` to its destruction."""

    def __init__(self, host, cell, name, on_console):
        self.host, self.cell, self.name, self.on_console = host, cell, name, on_console
        self.passed_on = 0
        self.domid = None
        self.reason = None
        self.plugged = cell.get("maxvcpus", 0) <= cell.get("vcpus", 1)
        self.moments = moments.Moments(cell.get("watch", {}))
        self.fifo = None
        # Created paused, and let go when all is prepared.
        self.hurried = bool(cell.get("emulated")) and cell["door"] == "pvh"
        self.paused = self.hurried or bool(cell.get("watch"))
        self.typist = typist.Typist(cell.get("type", []), lambda keys: typist.xen_console(self.domid, keys))

    def start(self):
        """Start `xl create -F`, which stays until the guest has shut down and reports how."""
        create = [self.host.xl, "create", "-F"] + (["-p"] if self.paused else [])
        config = os.path.join(self.host.scratch, self.name + ".cfg")
        with open(config, "w", encoding="utf-8", errors="surrogateescape") as output:
            output.write(configuration(self.cell, self.name))
        if self.host.log_directory:
            # xenconsoled takes this for its log file: what it writes is here at once, and its end is an event.
            self.fifo = os.path.join(self.host.log_directory, f"guest-{self.name}.log")
            os.mkfifo(self.fifo)
            self.console = proc.Reader(os.open(self.fifo, os.O_RDONLY | os.O_NONBLOCK), arrivals.Arrivals())
            self.child = proc.spawn([*create, config], env=self.host.environment, stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT)
            self.words = proc.Reader(self.child.stdout.fileno())
            return
        # Elsewhere xl's own console client shows the console, on a terminal that we hold the other end of.
        ours, theirs = os.openpty()
        self.child = proc.spawn([*create, "-c", config], env=self.host.environment, stdin=theirs, stdout=theirs,
                                stderr=subprocess.PIPE)
        os.close(theirs)
        self.console = proc.Reader(ours, arrivals.Arrivals())
        self.words = proc.Reader(self.child.stderr.fileno())

    def pump(self, deadline):
        """Wait for news, pass the console on, and note what xl says."""
        received = proc.wait([self.console, self.words], deadline)
        if len(self.console.data) > self.passed_on:
            self.moments.look(self.console.data, self.passed_on)
            self.on_console(bytes(self.console.data[self.passed_on:]))
            self.passed_on = len(self.console.data)
            self.plug()
        for line in self.words.lines():
            created, ended = CREATED.search(line), SHUT_DOWN.search(line)
            if created:
                self.domid = int(created.group(1))
                self.let_go()
            if ended:
                self.domid, self.reason = int(ended.group(1)), int(ended.group(2))
        if self.domid is not None:
            self.typist.look(self.console.data)
        return received

    def plug(self):
        """Give the guest its other vCPUs, once, when it has asked for them."""
        if not self.plugged and READY_FOR_CPUS.search(self.console.data):
            self.plugged = True
            # The lab's machine has fewer CPUs than that.
            done = self.host.run("vcpu-set", "--ignore-host", self.known_as(), str(self.cell["maxvcpus"]))
            if done.returncode != 0:
                raise result.LabFault(f"xl vcpu-set: {done.stdout.strip()}")

    def known_as(self):
        """What xl is to call the guest: its number, for which the hypervisor answers, as soon as there is one. A name is looked up
        in the store, where a guest that ran was once not found."""
        return self.name if self.domid is None else str(self.domid)

    def let_go(self):
        """Unpause a guest that was created paused."""
        if self.hurried:
            unpause.answer_timer(self.domid)
        if self.paused:
            self.moments.note("unpaused")
            unpause.unpause(self.domid, bool(self.cell.get("watch")))

    def follow(self, deadline):
        """Follow the guest until xl has spoken its verdict, or is gone, or time is up."""
        while self.reason is None and not self.words.at_end and time.monotonic() < deadline:
            self.pump(deadline)

    def drain(self):
        """Wait until xenconsoled has fetched the guest's last words."""
        ring = console_ring.Ring(self.domid)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            # xenconsoled rests for up to 200 ms when a guest talks much; without a ring to look at, silence for
            # longer than that is the sign.
            received = self.pump(time.monotonic() + (0.02 if ring.mapped else 0.3))
            if self.console not in received and ring.empty():
                break
        ring.close()

    def destroy(self):
        """Remove what is left of the guest. Return a complaint, or an empty string."""
        complaint = ""
        # One that xl has given a number is there to be destroyed; to ask takes as long as to do it.
        if self.domid is not None or any(self.host.run("domid", self.name).returncode == 0 for _ in range(QUESTIONS)):
            destroyed = self.host.run("destroy", self.known_as())
            complaint = destroyed.stdout.strip() if destroyed.returncode else ""
            if not complaint:
                self.await_end()
        proc.end(self.child)
        return complaint

    def await_end(self):
        """Read on until the console ends: xenconsoled closes its log, or xl the terminal, when the domain is gone."""
        deadline = time.monotonic() + 10
        while not self.console.at_end and time.monotonic() < deadline:
            self.pump(deadline)

    def close(self):
        proc.end(self.child)
        for stream in (self.child.stdout, self.child.stderr):
            if stream:
                stream.close()
        os.close(self.console.descriptor)
        if self.fifo:
            os.unlink(self.fifo)


def run(host, cell, name, on_console=lambda data: None):
    """Run one cell to its end and return a Result. The guest is gone afterwards, whatever happened."""
    guest = Guest(host, cell, name, on_console)
    started = time.monotonic()
    guest.start()
    try:
        guest.follow(started + float(cell.get("timeout", 90)))
        seconds = time.monotonic() - started
        if guest.reason is not None:
            guest.drain()
        try:
            outcome, detail = judge(guest)
        finally:
            complaint = guest.destroy()
        if complaint:
            raise result.LabFault(f"xl cannot destroy the guest: {complaint}")
    finally:
        guest.close()
    return result.Result(outcome, result.plain_text(bytes(guest.console.data)), seconds, detail,
                         guest.words.data.decode("utf-8", "replace"), guest.moments.seen,
                         guest.console.arrivals.seconds)


def judge(guest):
    """Name the outcome, with a line of reason where it needs one."""
    if guest.reason is not None:
        outcome = REASONS.get(guest.reason, f"reason {guest.reason}")
        if outcome == "reboot" and guest.host.triple_faulted(guest.domid):
            return result.TRIPLE_FAULT, "Xen's log says: triple fault"
        return outcome, ""
    words = guest.words.data.decode("utf-8", "replace")
    killed = SCRIPT_KILLED.search(words)
    if killed:
        raise result.LabFault(f"xl killed {killed.group(1)}, a script of the host's, after its 40 seconds: no guest was started")
    if not guest.words.at_end:
        return result.TIMEOUT, "still running at the end of its time"
    said = words.splitlines()
    # The first error is the reason; what follows is its consequence.
    return result.REFUSED, next((line for line in said if "error" in line.lower()), (said or ["xl said nothing"])[-1])
