#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`make run`: one kernel through lull under a real Xen and xl, its console on this terminal.

    run.py [--direct]

From the environment (or as NAME=VALUE arguments):
    KERNEL    a kernel file; else the newest in /boot; else Debian's 6.1 cloud kernel, unpacked under build/
    INITRD    its initrd; else one that says USERSPACE UP and powers off; "none" for none
    CMDLINE   its command line; a console= word is added when there is none
    DOOR      pvh (default) or pv under Xen; native for no hypervisor at all
    CPUS      virtual CPUs (1)
    MEMORY    MiB (512)
    TIMEOUT   seconds that the guest may take (300)
    LULL_ACCEL  tcg or kvm, where the lab's own choice does not please

--direct starts KERNEL itself, without lull, for comparison.

Exit status: 0 powered off, 10 rebooted, 11 crashed, 12 triple fault, 13 out of time, 14 refused before its first
instruction, 15 another end; 20 the lab failed, 2 wrong usage, 3 packages are missing.
"""

import os
import shlex
import subprocess
import sys
import time

import initrd
import kernels
import packages
import paths
import plain
import proc
import result
import session

DOORS = ("pvh", "pv", "native")
STATUS = {"poweroff": 0, "reboot": 10, "crash": 11, result.TRIPLE_FAULT: 12, result.TIMEOUT: 13, result.REFUSED: 14}
OTHER_END, LAB_FAULT, USAGE = 15, 20, 2
SETTINGS = ("KERNEL", "INITRD", "CMDLINE", "DOOR", "CPUS", "MEMORY", "TIMEOUT")


def say(text):
    print(f"lull: {text}", file=sys.stderr, flush=True)


class Usage(Exception):
    """The settings make no sense; the text says which."""


def settings(arguments):
    """Collect the settings from the environment and the command line."""
    chosen = {name: os.environ.get(name, "") for name in SETTINGS}
    direct = False
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if argument == "--direct":
            direct = True
        elif equals and name in chosen:
            chosen[name] = value
        else:
            raise Usage(f"{argument}: not understood; see --help")
    chosen["DOOR"] = chosen["DOOR"] or "pvh"
    if chosen["DOOR"] not in DOORS:
        raise Usage(f"DOOR={chosen['DOOR']}: the choices are {' '.join(DOORS)}")
    for name, default in (("CPUS", 1), ("MEMORY", 512), ("TIMEOUT", 300)):
        value = chosen[name] or str(default)
        if not value.isdigit() or int(value) == 0:
            raise Usage(f"{name}={value}: not a number above zero")
        chosen[name] = int(value)
    for name in ("KERNEL", "INITRD"):
        if chosen[name] not in ("", "none") and not os.path.isfile(chosen[name]):
            raise Usage(f"{name}={chosen[name]}: no such file")
    return chosen, direct


def fill_in(chosen):
    """Choose what was left open."""
    chosen["KERNEL"] = os.path.abspath(chosen["KERNEL"] or kernels.default_kernel())
    if chosen["INITRD"] == "none":
        chosen["INITRD"] = None
    else:
        chosen["INITRD"] = os.path.abspath(chosen["INITRD"] or initrd.guest())
    if "console=" not in chosen["CMDLINE"]:
        console = "console=ttyS0" if chosen["DOOR"] == "native" else "console=hvc0"
        chosen["CMDLINE"] = f"{chosen['CMDLINE']} {console}".strip()


def pack(chosen):
    """Make one bootable image of kernel, initrd and command line, and return its name."""
    output = os.path.join(paths.make_directory(os.path.join(paths.BUILD, "run")), "guest")
    command = [os.path.join(paths.BUILD, "lull"), "pack", "-k", chosen["KERNEL"]]
    command += ["-i", chosen["INITRD"]] if chosen["INITRD"] else []
    command += ["-c", chosen["CMDLINE"], "-o", output]
    try:
        packed = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    except OSError as problem:
        raise result.LabFault(f"{command[0]}: {problem.strerror}; run make first") from problem
    if packed.returncode != 0:
        raise Usage(f"{shlex.join(command)}: {packed.stdout.strip()}")
    return output + ".elf"


def guest(chosen, direct):
    """Describe the guest the way the lab takes it."""
    cell = {"door": chosen["DOOR"], "vcpus": chosen["CPUS"], "memory": chosen["MEMORY"],
            "timeout": chosen["TIMEOUT"]}
    if direct:
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
        say("starting the guest in an emulated machine without a hypervisor")
        return plain.run(**cell, on_console=show)
    for again in (True, False):
        try:
            return under_xen(cell)
        except result.LabFault as fault:
            if not again:
                raise
            say(f"the lab failed and is started again: {fault}")


def under_xen(cell):
    begun = time.monotonic()
    say("starting Xen and its dom0, about 10 seconds")
    with session.Session("xl", cell["memory"]) as lab:
        lab.start()
        say(f"lab ready after {time.monotonic() - begun:.0f} s; xl creates the guest")
        return lab.run(cell, show)


def main(arguments):
    if "--help" in arguments or "-h" in arguments:
        print(__doc__.strip())
        return 0
    try:
        chosen, direct = settings(arguments)
        packages.require("lab")
        proc.leave_on_signals()
        fill_in(chosen)
        say(f"kernel {chosen['KERNEL']}")
        ended = boot(guest(chosen, direct))
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
    say(f"the guest ended: {ended.outcome} after {ended.seconds:.1f} s{': ' + ended.detail if ended.detail else ''}")
    return STATUS.get(ended.outcome, OTHER_END)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
