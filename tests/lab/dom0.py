#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The cheapest real Xen: an image started as dom0 itself, PVH or PV, with one module. About a second a run.

    dom0.py [--pv] [--memory MIB] [--timeout S] IMAGE [MODULE] [CMDLINE]

No Linux and no toolstack take part, so this is where images by the dozen are tried. How the image ended is Xen's
word, from Xen's serial line. As a program: prints the console; exit status 0 power-off, 1 crash, 2 reboot, 3 triple
fault, 4 timeout, 5 refused, 6 lab fault.
"""

import argparse
import concurrent.futures
import os
import re
import sys
import time

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.lab import accel, faults, kernels, one_cpu, packages, paths, plain, proc, result, xen_image
from tests.lab.result import LabFault, Result

# What Xen prints when dom0 is gone, in the order in which it is looked for: a triple fault ends in a reboot. The
# last is Xen giving up before it starts the image at all.
ENDINGS = [
    (re.compile(rb"Triple fault - invoking"), result.TRIPLE_FAULT),
    (re.compile(rb"Hardware Dom0 halted"), "poweroff"),
    (re.compile(rb"Hardware Dom0 crashed"), "crash"),
    (re.compile(rb"Hardware Dom0 shutdown: rebooting"), "reboot"),
    (re.compile(rb"Could not (?:construct domain 0|set up DOM0 guest OS)"), result.REFUSED),
]
LAST_WORDS = re.compile(rb"Reboot in five seconds|Manual reset required|rebooting machine|halting machine|"
                        rb"Hardware Dom0 crashed:")

XEN_VERSION = re.compile(r"^\(XEN\) Xen version (\d+\.\d+)", re.MULTILINE)

# Xen takes the time of day where a second begins, and polls the clock chip until then, a third of all that it does before it
# starts its dom0.  Where it finds no chip it does not wait.  Nobody here asks what time it is.
NO_CLOCK_CHIP = ["-global", "mc146818rtc.iobase=0x1070"]

# Lines of Xen's own; what is left is the guest's.
XEN_LINE = re.compile(r"^(?:\(XEN\)| Xen \d| *__  __)")


def run_dom0(image, module=None, cmdline="", pvh=True, timeout=30, memory=256, vcpus=1, on_console=None):
    """Boot IMAGE as dom0 and return a Result; raise LabFault when Xen itself did not come as far as the image.

    `console` holds everything on the serial line, Xen's lines included: what the guest prints through
    CONSOLEIO_write is in the same stream, without a prefix. `log` is the same.
    """
    # Xen takes a guest's word count literally, so an empty command line must not leave a space behind.
    modules = f"{plain.module(image)} {plain.escape(cmdline)}".rstrip()
    if module:
        modules += "," + plain.module(module)
    flags = accel.hypervisor_host() + NO_CLOCK_CHIP + ["-m", str(memory + 192), "-kernel", xen_image.file_name(),
                                                       "-initrd", modules, "-append", xen_options(pvh, memory, vcpus)]
    started = time.monotonic()
    with one_cpu.machine(flags) as machine:
        on_time = watch(machine, timeout, on_console)
        return plain.timed(verdict(machine, on_time, time.monotonic() - started), machine)


def run_many(runs, parallel=2, on_result=None):
    """Run a list of keyword-argument dictionaries for run_dom0, PARALLEL at a time; keep their order.

    A lab fault is tried once more, then stands in the list as the exception itself. ON_RESULT(index, result) is called
    as each one ends.
    """
    results = [None] * len(runs)

    def one(index):
        try:
            results[index] = run_dom0(**runs[index])
        except LabFault as fault:
            faults.note(f"dom0 {os.path.basename(runs[index]['image'])}", fault)
            try:
                results[index] = run_dom0(**runs[index])
            except LabFault as fault:
                results[index] = fault
        if on_result:
            on_result(index, results[index])

    with concurrent.futures.ThreadPoolExecutor(parallel) as pool:
        for future in [pool.submit(one, index) for index in range(len(runs))]:
            future.result()
    return results


def xen_options(pvh, memory, vcpus):
    """Xen's command line. `noreboot` keeps a dead dom0's last words on the line instead of starting over."""
    mode = "dom0=pvh dom0-iommu=none" if pvh else "dom0=pv"
    return (f"console=com1 com1=115200 {mode} dom0_mem={memory}M,max:{memory}M dom0_max_vcpus={vcpus} "
            f"loglvl=all guest_loglvl=all noreboot bootscrub=0 {accel.xen_words()}")


def watch(machine, deadline, on_console):
    """Follow the serial line until Xen says that dom0 is gone. Return False when the deadline came first."""
    passed_on = 0
    while machine.clock() < deadline:
        machine.wait(deadline)
        if on_console and len(machine.com1.data) > passed_on:
            on_console(bytes(machine.com1.data[passed_on:]))
            passed_on = len(machine.com1.data)
        if machine.ended or LAST_WORDS.search(machine.com1.data):
            return True
    return False


def verdict(machine, on_time, seconds):
    """Say how dom0 ended: first Xen's word, then QEMU's."""
    console = result.plain_text(bytes(machine.com1.data))
    started = XEN_VERSION.search(console)
    if started and started.group(1) != paths.XEN_VERSION:
        raise LabFault(f"Xen {started.group(1)} was started, not {paths.XEN_VERSION}")
    for pattern, outcome in ENDINGS:
        found = pattern.search(machine.com1.data)
        if found:
            return Result(outcome, console, seconds, line_of(console, found.group().decode()), console)
    if "(XEN) Panic on CPU" in console:
        raise LabFault("Xen panicked: " + line_of(console, "Panic on CPU"))
    if machine.ended:
        machine.drain()
        if machine.stop_reason in plain.STOP_OUTCOMES:
            return Result(plain.STOP_OUTCOMES[machine.stop_reason], console, seconds, "", console)
        raise LabFault(f"QEMU ended by itself: {plain.short(machine.error_text())}")
    if not on_time and reached_image(console):
        return Result(result.TIMEOUT, console, seconds, "still running at the end of its time", console)
    raise LabFault("Xen did not come as far as the image: " + (console.splitlines() or ["no output"])[-1])


def reached_image(console):
    """Xen gives the serial line to dom0 as its last act, which is how one knows that the image was entered."""
    return "Xen is relinquishing VGA console" in console or "*** Serial input to DOM0" in console


def line_of(text, fragment):
    return next((line for line in text.splitlines() if fragment in line), "")


def guest_lines(console):
    """The lines that are not Xen's."""
    return [line for line in console.splitlines() if not XEN_LINE.match(line)]


EXIT = {"poweroff": 0, "crash": 1, "reboot": 2, result.TRIPLE_FAULT: 3, result.TIMEOUT: 4, result.REFUSED: 5}


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].strip(), description=__doc__.split("\n\n")[2])
    parser.add_argument("--pv", action="store_true")
    parser.add_argument("--memory", type=int, default=256)
    parser.add_argument("--timeout", type=float, default=60)
    parser.add_argument("image")
    parser.add_argument("module", nargs="?")
    parser.add_argument("cmdline", nargs="?", default="")
    options = parser.parse_args()
    packages.require("lab")
    proc.leave_on_signals()
    try:
        ended = run_dom0(options.image, options.module, options.cmdline, not options.pv, options.timeout,
                         options.memory, on_console=lambda data: (sys.stdout.buffer.write(data), sys.stdout.flush()))
    except (LabFault, kernels.Unavailable) as fault:
        print(f"lab fault: {fault}", file=sys.stderr)
        return 6
    print(f"\n{ended.outcome} after {ended.seconds:.1f} s: {ended.detail}", file=sys.stderr)
    return EXIT[ended.outcome]


if __name__ == "__main__":
    sys.exit(main())
