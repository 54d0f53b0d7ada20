#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`make run`: one kernel through lull under a real Xen and xl, its console on this terminal.

    run.py [--direct] [--settings]

From the environment (or as NAME=VALUE arguments):
    KERNEL    a kernel file; else the newest in /boot; else Debian's 6.1 cloud kernel, unpacked under build/
    INITRD    its initrd; else one that says USERSPACE UP and powers off; "none" for none
    CMDLINE   its command line; a console= word is added when there is none
    DOOR      pvh (default) or pv under Xen; native for no hypervisor at all
    DISK      a disk image, in place of KERNEL and INITRD: lull reads a kernel from it. It is not written to. "debian" is one that
              is made once (debian.py), and boots to its login prompt, where somebody logs in and powers off; "debian-second" the
              same with a newer kernel, which its own apt has installed
    CPUS      virtual CPUs (1)
    MEMORY    MiB (512)
    TIMEOUT   seconds that the guest may take (300)
    LULL_ACCEL  tcg (default), or kvm: by the hardware, which no test was ever run with

--direct starts KERNEL itself, without lull, for comparison. --settings only looks whether the settings make sense.

Exit status: 0 powered off, 10 rebooted, 11 crashed, 12 triple fault, 13 out of time, 14 refused before its first
instruction, 15 another end; 20 the lab failed, 2 wrong usage, 3 packages are missing. The last line says it too, because
`make run` makes 2 of every status but 0.
"""

import math
import os
import re
import shlex
import struct
import sys
import time

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.lab import arrivals, debian, faults, initrd, kernels, packages, paths, plain, proc, result, scratch, session
from tests.matrix import page

DOORS = ("pvh", "pv", "native")
STATUS = {"poweroff": 0, "reboot": 10, "crash": 11, result.TRIPLE_FAULT: 12, result.TIMEOUT: 13, result.REFUSED: 14}
OTHER_END, LAB_FAULT, USAGE = 15, 20, 2
DEBIANS = {"debian": debian.image, "debian-second": debian.second}
MIB = 1 << 20
# The default, and the most: as many CPUs as Xen gives a PVH guest, and as much memory as this machine has.
NUMBERS = {"CPUS": (1, 128), "MEMORY": (512, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // MIB),
           "TIMEOUT": (300, 1 << 20)}
# Whoever starts a kernel in the lab for the first time would take its trace for lull's doing.
EMULATORS_WARNING = re.compile(r"WARNING: CPU.* fpu__init_system_xstate")
SETTINGS = ("KERNEL", "INITRD", "CMDLINE", "DOOR", "DISK", "CPUS", "MEMORY", "TIMEOUT")


def say(text):
    print(f"lull: {text}", file=sys.stderr, flush=True)


class Usage(Exception):
    """The settings make no sense; the text says which."""


def settings(arguments):
    """Collect the settings from the environment and the command line."""
    chosen = {name: os.environ.get(name, "") for name in SETTINGS}
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if argument in ("--direct", "--settings"):
            continue
        if equals and name in chosen:
            chosen[name] = value
        else:
            raise Usage(f"{argument}: not understood; see --help")
    chosen["DOOR"] = chosen["DOOR"] or "pvh"
    if chosen["DOOR"] not in DOORS:
        raise Usage(f"DOOR={chosen['DOOR']}: the choices are {' '.join(DOORS)}")
    for name, (default, most) in NUMBERS.items():
        value = chosen[name] or str(default)
        if not re.fullmatch("[0-9]+", value) or not 0 < int(value) <= most:
            raise Usage(f"{name}={value}: not a number from 1 to {most}")
        chosen[name] = int(value)
    if chosen["DISK"] and (chosen["KERNEL"] or chosen["INITRD"]):
        raise Usage("DISK= has the kernel and the initrd: leave KERNEL= and INITRD= out")
    for name in ("KERNEL", "INITRD", "DISK"):
        if chosen[name] and not (name == "DISK" and chosen[name] in DEBIANS) and (name, chosen[name]) != ("INITRD", "none"):
            first_bytes(name, chosen[name])
    if chosen["KERNEL"]:
        kernel_memory(chosen["KERNEL"])
    return chosen


def first_bytes(name, path):
    """The beginning of a file that a setting names."""
    try:
        with open(path, "rb") as file:
            return file.read(4096)
    except OSError as problem:
        raise Usage(f"{name}={path}: {problem.strerror}") from problem


def kernel_memory(path):
    """MiB that a kernel takes as it starts: init_size of a bzImage's header (Linux, Documentation/x86/boot.rst), or the
    segments of an ELF file, of either class."""
    head = first_bytes("KERNEL", path)
    if head[:4] == b"\x7fELF" and len(head) >= 64:
        wide = head[4] == 2
        table, = struct.unpack_from("<Q" if wide else "<I", head, 32 if wide else 28)
        size, count = struct.unpack_from("<HH", head, 54 if wide else 42)
        headers = [head[at:at + size] for at in range(table, table + size * count, size or 1)]
        needed = sum(struct.unpack_from("<Q" if wide else "<I", header, 40 if wide else 20)[0] for header in headers
                     if len(header) >= 48 - 16 * (not wide) and header[:4] == b"\1\0\0\0")
        return needed / MIB
    if head[0x202:0x206] == b"HdrS":
        return struct.unpack_from("<I", head, 0x260)[0] / MIB
    if head[:2] == b"MZ":
        # Something for EFI, of which `lull pack` knows more.
        return 0
    raise Usage(f"KERNEL={path}: neither a bzImage of Linux nor an ELF file")


def check_memory(chosen):
    """A guest without room for its image and for what the kernel makes of it would end in somebody else's words."""
    files = sum(os.path.getsize(name) for name in (chosen["KERNEL"], chosen["INITRD"]) if name) / MIB
    kernel = kernel_memory(chosen["KERNEL"])
    if chosen["MEMORY"] < files + kernel:
        raise Usage(f"MEMORY={chosen['MEMORY']}: too little. Kernel and initrd are {files:.0f} MiB, and the kernel takes "
                    f"{kernel:.0f} as it starts: at least {math.ceil(files + kernel)}, and a system wants more")


def fill_in(chosen):
    """Choose what was left open."""
    if "console=" not in chosen["CMDLINE"]:
        console = "console=ttyS0" if chosen["DOOR"] == "native" else "console=hvc0"
        chosen["CMDLINE"] = f"{chosen['CMDLINE']} {console}".strip()
    if chosen["DISK"]:
        return
    chosen["KERNEL"] = os.path.abspath(chosen["KERNEL"] or kernels.default_kernel())
    if chosen["INITRD"] == "none":
        chosen["INITRD"] = None
    else:
        chosen["INITRD"] = os.path.abspath(chosen["INITRD"] or initrd.guest())


def pack(chosen):
    """Make one bootable image of kernel, initrd and command line, and return its name."""
    output = os.path.join(scratch.use(), "guest")
    command = [os.path.join(paths.BUILD, "lull"), "pack", "-k", chosen["KERNEL"]]
    command += ["-i", chosen["INITRD"]] if chosen["INITRD"] else []
    command += ["-c", chosen["CMDLINE"], "-o", output]
    try:
        packed = proc.run(command)
    except OSError as problem:
        raise result.LabFault(f"{command[0]}: {problem.strerror}; run make first") from problem
    if packed.returncode != 0:
        raise Usage(f"{shlex.join(command)} refused:\n{packed.stdout.strip()}")
    return output + ".elf"


def guest(chosen, direct):
    """Describe the guest the way the lab takes it."""
    cell = {"door": chosen["DOOR"], "vcpus": chosen["CPUS"], "memory": chosen["MEMORY"],
            "timeout": chosen["TIMEOUT"]}
    if chosen["DISK"]:
        name = "vda" if chosen["DOOR"] == "native" else "xvda"
        known = DEBIANS.get(chosen["DISK"])
        line = f"{known() if known else os.path.abspath(chosen['DISK'])},raw,{name},r"
        cell.update(kernel=os.path.join(paths.BUILD, "lull.elf"), cmdline=chosen["CMDLINE"], disk=[line], **({"type": debian.LOGIN} if known else {}))
    elif direct:
        cell.update(kernel=chosen["KERNEL"], cmdline=chosen["CMDLINE"])
        cell.update({"ramdisk": chosen["INITRD"]} if chosen["INITRD"] else {})
    else:
        cell["kernel"] = pack(chosen)
    return cell


def show(data):
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def boot(cell):
    """Run the guest, in a lab where it needs one."""
    if cell["door"] == "native":
        cell.pop("door")
        cell["disks"] = cell.pop("disk", ())
        say("starting the guest in an emulated machine without a hypervisor")
        return plain.run(**cell, on_console=show)
    for again in (True, False):
        try:
            return under_xen(cell)
        except result.LabFault as fault:
            if not again:
                raise
            faults.note("make run", fault)


def under_xen(cell):
    begun = time.monotonic()
    say("starting Xen and its dom0, about 10 seconds")
    with session.Session("xl", cell["memory"]) as lab:
        lab.start()
        say(f"lab ready after {time.monotonic() - begun:.0f} s; xl creates the guest")
        return lab.run(cell, show)


def draw(ended, chosen, direct):
    """Write build/run.html: this boot, and beside it the last one by the same door with, or without, lull."""
    folder = paths.make_directory(os.path.join(paths.BUILD, "run"))
    names = [os.path.join(folder, chosen["DOOR"] + end) for end in (("-direct", "") if direct else ("", "-direct"))]
    with open(names[0] + ".log", "w", encoding="utf-8") as log, open(names[0] + ".times", "w") as times:
        log.write(ended.console)
        times.write(arrivals.text(ended.arrivals))
    logs = [name + ".log" for name in names if os.path.exists(name + ".log")]
    file = os.path.join(paths.BUILD, "run.html")
    wrong = page.draw(["--title", os.path.basename(chosen["KERNEL"]), *logs], file)
    say(f"no page: {wrong}" if wrong else f"{os.path.relpath(file, paths.ROOT)} shows this boot")


def main(arguments):
    if "--help" in arguments or "-h" in arguments:
        print(__doc__.strip())
        return 0
    try:
        chosen = settings(arguments)
        if "--settings" in arguments:
            return 0
        packages.require("lab")
        proc.leave_on_signals()
        fill_in(chosen)
        if not chosen["DISK"]:
            check_memory(chosen)
        say(f"kernel {chosen['KERNEL']}" if chosen["KERNEL"] else f"disk {chosen['DISK']}")
        ended = boot(guest(chosen, "--direct" in arguments))
    except Usage as problem:
        say(str(problem))
        return USAGE
    except kernels.Unavailable as problem:
        say(str(problem))
        return packages.MISSING
    except result.LabFault as fault:
        say(f"lab fault: {fault}")
        return LAB_FAULT
    finally:
        proc.stop_all()
    # A guest that ends in the middle of a line must not carry ours.
    if not ended.console.endswith("\n"):
        show(b"\n")
    if EMULATORS_WARNING.search(ended.console):
        say("the kernel's WARNING about XSAVE is the emulator's, with Xen in it; it comes now and then without lull too")
    draw(ended, chosen, "--direct" in arguments)
    status = STATUS.get(ended.outcome, OTHER_END)
    say(f"the guest ended: {ended.outcome} after {ended.seconds:.1f} s{': ' + ended.detail if ended.detail else ''}")
    say(f"exit status {status}")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
