# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest under Bochs, an emulator that shares no code with QEMU: a GRUB CD on a machine without a hypervisor.

How it ended comes from Bochs' log: the word "Shutdown" at port 0x8900 or ACPI is a power-off, a second reset a reboot,
and a boot CPU that halts for good (nothing else can be done there by one that failed) a crash.
"""

import os
import pty
import re
import subprocess
import time

from tests.lab import arrivals, iso, paths, proc, result
from tests.lab.result import LabFault, Result

# The debugger that Debian's package is built with waits for a command; the file of commands has one, "continue".
SETTINGS = """display_library: term
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/vgabios/vgabios.bin
cpu: count={vcpus}, model=corei7_haswell_4770, reset_on_triple_fault=0
memory: guest={memory}, host={memory}
ata0-master: type=cdrom, path="{disc}", status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev="{serial}"
log: -
panic: action=fatal
"""

# What comes first counts: a machine that gives up says so, and is then reset or switched off by Bochs itself; one that is
# reset may give up in a BIOS that did not expect it.
ENDS = (
    (re.compile(rb"3rd \(\d+\) exception with no resolution"), result.TRIPLE_FAULT),
    (re.compile(rb"Shutdown port: shutdown requested|ACPI control: soft power off"), "poweroff"),
    (re.compile(rb"(?s)::Reset\(.*::Reset\("), "reboot"),
    # Other CPUs halt like that while they wait to be started.
    (re.compile(rb"\[CPU0 +\] WARNING: HLT instruction with IF=0"), "crash"),
)


def first_end(log):
    """Return the outcome that the log tells of first, or None."""
    found = [(match.end(), outcome) for pattern, outcome in ENDS for match in [pattern.search(log)] if match]
    return min(found)[1] if found else None


def run(kernel, ramdisk=None, cmdline="", initrd=None, vcpus=1, memory=64, timeout=60, on_console=None, scratch=None):
    """Boot one multiboot2 kernel with GRUB and wait for its end. SCRATCH is a directory for the CD and the settings."""
    program = paths.tool("bochs")
    if not program:
        raise LabFault("no bochs; install bochs bochs-term bochsbios vgabios")
    disc = iso.build(scratch, kernel, ramdisk, cmdline, initrd)
    settings, commands, serial = (os.path.join(scratch, name) for name in ("bochsrc", "commands", "serial"))
    write(settings, SETTINGS.format(vcpus=vcpus, memory=memory, disc=disc, serial=serial))
    write(commands, "c\n")
    if os.path.exists(serial):
        os.remove(serial)
    os.mkfifo(serial)
    started = time.monotonic()
    with Machine([program, "-q", "-f", settings, "-rc", commands], serial) as machine:
        outcome = machine.watch(timeout, on_console)
        seconds = time.monotonic() - started
    console, log = result.plain_text(bytes(machine.com1.data)), machine.log.data.decode("utf-8", "replace")
    if outcome is None:
        raise LabFault(f"Bochs ended by itself: {last_words(log)}")
    detail = "still running at the end of its time" if outcome == result.TIMEOUT else ""
    return Result(outcome, console, seconds, detail, log, arrivals=machine.com1.arrivals.seconds)


def last_words(log):
    lines = log.splitlines()
    return next((line for line in lines if ">>PANIC<<" in line), lines[-1] if lines else "without a word")


def write(name, text):
    with open(name, "w") as output:
        output.write(text)


class Machine:
    """A running Bochs: `com1` is what the guest prints, `log` what Bochs says."""

    def __init__(self, command, serial):
        # Opened both ways: Bochs then need not be there first, and leaves without ending the stream.
        self.com1 = proc.Reader(os.open(serial, os.O_RDWR), arrivals.Arrivals())
        ours, theirs = pty.openpty()
        self.screen = proc.Reader(ours)
        self.child = proc.spawn(command, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE,
                                env=dict(os.environ, TERM="vt100"))
        self.clock = proc.Clock(self.child)
        os.close(theirs)
        self.log = proc.Reader(self.child.stderr.fileno())

    def watch(self, deadline, on_console):
        """Pass the console on until the guest has ended, and say how; None when Bochs ended without a reason."""
        passed_on = 0
        while True:
            proc.wait([self.com1, self.screen, self.log], time.monotonic() + max(0.0, deadline - self.clock()))
            self.screen.forget()
            outcome = first_end(self.log.data)
            ended = outcome or self.log.at_end
            if ended:
                # What was printed before the end is in the pipe by now.
                self.com1.receive()
            if on_console and len(self.com1.data) > passed_on:
                on_console(bytes(self.com1.data[passed_on:]))
                passed_on = len(self.com1.data)
            if ended:
                return outcome
            if self.clock() >= deadline:
                return result.TIMEOUT

    def __enter__(self):
        return self

    def __exit__(self, *_):
        proc.end(self.child)
        self.child.stderr.close()
        os.close(self.com1.descriptor)
        os.close(self.screen.descriptor)
