# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest in a QEMU of its own: `-kernel`, or a GRUB CD, on an emulated machine without a hypervisor (or, inside the
lab's Linux host, with KVM).

How it ended comes from QEMU, never from the console: the reason of the monitor's SHUTDOWN event, the reset log (only
that tells a triple fault from a reset), or the value written to the debug-exit port at 0xf4: 0x10 is power-off, 0x31
a crash.
"""

import re
import time

from tests.lab import accel, disk, iso, kexec, kvm_trace, paths, proc, qemu, result, typist
from tests.lab.result import LabFault, Result

# Without ACPI its devices are named on the kernel's command line, as Firecracker does; PIT, PIC and RTC are for the clock.
MICROVM = ["-M", "microvm,acpi=off,isa-serial=on,rtc=on,pit=on,pic=on"]

DEBUG_EXIT = ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]

# QEMU ends with (value << 1) | 1.
EXIT_OUTCOMES = {(0x10 << 1) | 1: "poweroff", (0x31 << 1) | 1: "crash"}
STOP_OUTCOMES = {"guest-shutdown": "poweroff", "guest-reset": "reboot", "guest-panic": "crash"}
STOP_DETAILS = {"guest-panic": "the guest reported its crash to the hypervisor"}


def escape(text):
    """Write a text so that QEMU's comma-separated options take it as one."""
    return text.replace(",", ",,")


def module(path):
    """Name a file for QEMU's -initrd: by a descriptor, if need be. Where the kernel is a multiboot one, a name ends at its
    first space or comma; elsewhere it does not, and nothing is doubled."""
    return paths.one_word(path) if re.search("[ ,]", path) else path


# What a CD with GRUB starts, by the cell's loader.
GRUB = {"grub": "multiboot2", "grub-multiboot1": "multiboot1", "grub-linux": "linux"}


def run(kernel, ramdisk=None, cmdline="", initrd=None, loader=None, vcpus=1, memory=256, timeout=90,
        flags=None, on_console=None, scratch=None, module_cmdline="", disks=(), microvm=False, type=()):
    """Boot one guest and wait for its end.

    LOADER is QEMU's -kernel ("qemu" or None), or a CD made in SCRATCH: "grub" starts a multiboot2 kernel with one or two
    modules, the first of them with MODULE_CMDLINE, "grub-multiboot1" a multiboot1 kernel, "grub-linux" a Linux kernel with
    its initrd. "kexec" is a Linux that starts the kernel by kexec_file_load(2), "kexec-load" by kexec_load(2). DISKS are lines as
    disk.py has them; MICROVM is a machine without PCI. TYPE is what is typed at its serial line (typist.py).
    """
    machine_flags = list(flags if flags is not None else accel.native(vcpus)) + ["-m", str(memory), *DEBUG_EXIT]
    machine_flags += (MICROVM if microvm else []) + disk.qemu_flags(disks, microvm)
    if loader in GRUB:
        disc = iso.build(scratch, kernel, ramdisk, cmdline, initrd, GRUB[loader], module_cmdline)
        machine_flags += ["-cdrom", disc, "-boot", "d", "-vga", "none"]
    else:
        if loader in ("kexec", "kexec-load"):
            kernel, ramdisk = kexec.prepare(scratch, kernel, ramdisk, cmdline, loader == "kexec-load")
            cmdline = "console=ttyS0 quiet panic=-1"
        machine_flags += ["-kernel", kernel] + (["-initrd", module(ramdisk)] if ramdisk else [])
        machine_flags += ["-append", cmdline] if cmdline else []
    started = time.monotonic()
    with qemu.Machine(machine_flags, log_resets=True, typed=bool(type)) as machine:
        shown = watch(machine, timeout, on_console, typist.Typist(type, machine.type))
        return timed(verdict(machine, shown, time.monotonic() - started), machine)


# The three faces that KVM can show. The last two hide KVM's own; QEMU implements the Hyper-V interface in full, of VMware
# only the name and the backdoor port.
KVM_FLAGS = {
    "kvm": ["-cpu", "host"],
    "kvm-hyperv": ["-cpu", "host,kvm=off,hv_relaxed,hv_vpindex,hv_time,hv_synic,hv_stimer,hv_vapic,hv_frequencies,"
                           "hv_crash"],
    "kvm-vmware": ["-cpu", "host,kvm=off,hv-vendor-id=VMwareVMware,hv_relaxed", "-machine", "pc,vmport=on"],
}


def run_kvm(cell, on_console):
    """Boot one guest under KVM, on the lab's Linux host."""
    wanted = dict(cell)
    flags = ["-accel", "kvm", "-smp", str(cell.get("vcpus", 1)), *KVM_FLAGS[wanted.pop("door")]]
    # The CPU that looks at the guest's console is the guest's own, emulated; how it ends is an event.
    proc.Follower.PAUSE = 0.2
    kvm_trace.start()
    ended = run(**wanted, flags=flags, on_console=on_console)
    if kvm_trace.triple_faulted():
        ended.outcome, ended.detail = result.TRIPLE_FAULT, "KVM's tracepoint says: triple fault"
    return ended


def watch(machine, deadline, on_console, at_keys=None):
    """Pass the console on until the guest is gone. Return False when the deadline came first."""
    passed_on = 0
    while True:
        machine.wait(deadline)
        if on_console and len(machine.com1.data) > passed_on:
            on_console(bytes(machine.com1.data[passed_on:]))
            passed_on = len(machine.com1.data)
        if at_keys:
            at_keys.look(machine.com1.data)
        if machine.ended:
            return True
        # A guest that never stops talking runs out of time too.
        if machine.clock() >= deadline:
            return False


def timed(ended, machine):
    """Put the times of the machine's console into a result."""
    ended.arrivals = machine.com1.arrivals.seconds
    return ended


def verdict(machine, ended, seconds):
    """Say how the guest ended, from QEMU's own account."""
    console = result.plain_text(bytes(machine.com1.data))
    if not ended:
        return Result("timeout", console, seconds, "still running at the end of its time", machine.error_text())
    machine.drain()
    status = machine.exit_status()
    log = machine.error_text()
    if re.search(r"^Triple fault", log, re.MULTILINE):
        return Result(result.TRIPLE_FAULT, console, seconds, "the CPU gave up: triple fault", log)
    if status in EXIT_OUTCOMES:
        return Result(EXIT_OUTCOMES[status], console, seconds, "", log)
    if machine.stop_reason in STOP_OUTCOMES:
        detail = STOP_DETAILS.get(machine.stop_reason, "")
        return Result(STOP_OUTCOMES[machine.stop_reason], console, seconds, detail, log)
    if status == 1 and not machine.stop_reason and not console:
        # QEMU looked at the file and would not start it.
        return Result(result.REFUSED, console, seconds, short(log) or "QEMU refused the image", log)
    raise LabFault(f"QEMU ended with status {status}, reason {machine.stop_reason}: {short(log)}")


def short(log):
    """The last line that is a message and not a register dump."""
    lines = [line for line in log.splitlines() if line.startswith("qemu")]
    return lines[-1] if lines else ""
