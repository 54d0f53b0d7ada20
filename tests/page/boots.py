# SPDX-License-Identifier: GPL-2.0-or-later
"""Boots for the tests of the page: as many as a matrix has, with logs as boots leave them, and with hostile ones."""

import os
import random

from tests.lab import arrivals

ROWS = ("Xen PVH", "Xen PV", "KVM", "QEMU", "GRUB, multiboot2", "UEFI")
COLUMNS = ("Linux 6.1", "Linux 6.1-cloud", "Linux 6.12", "Linux 5.10", "test guest")

BOOT = """lull 0.1 door=pvh backend=xen-hvm cpus=2
lull: payload linux-bzimage 6.1.0-56-cloud-amd64 initrd=1028078 cmdline="console=hvc0 quiet name=\\"a b\\""
lull: receipt self=6/6 payload=0/0 windows=1 masked_ns={masked} held=1 delivered=1 text=verified shim_ns={shim}{steps} left=none
lull: handover entry=0x1000200 proto=linux64 kaslr=own
[    0.000000] Linux version 6.1.0-56-cloud-amd64 (gcc-12)
[    0.000000] Command line: console=hvc0 quiet
[    0.412345] Run /init as init process
USERSPACE UP 6.1.0-56-cloud-amd64 cpus=2
[    1.341737] reboot: Power down
"""
FAILED = """Welcome to GRUB!
lull 0.1 door=multiboot2 backend=native cpus=1
lull: warning not used: the loader's command line "x"

================ lull error 8: module-none ================
expected: a kernel: a module, or an image inside lull.elf
found:    no module
do:       pass a kernel or a UKI as ramdisk=/-initrd/module2, or build one image with lull pack
==================================================================
"""
# What would become markup, a script, another colour, another order of letters, or the end of the page's data.
HOSTILE = ("lull 0.1 door=<b>pvh</b> backend=__proto__ cpus=-->\n"
           "lull: payload constructor </script><script>window.hacked=1</script> initrd=x cmdline=\"<img src=x onerror=hacked=1>\"\n"
           "lull: receipt __proto__=1 toString=2 masked_ns=9 shim_ns=1e999\n"
           "<!-- <script> ]]> &lt; &amp; \\u003c \\\n"
           "\x1b[31mred\x1b[0m \x07 \x7f \x9b31m \u202etxet\u202c \u2028 \ufeff \x85\r\n"
           "<iframe src=http://example.invalid/></iframe>\n").encode() + b"\xff\xfe\xc0\x80 not UTF-8\n" + b"x" * 5000 + b"\nno end"


def write(path, content):
    with open(path, "wb") as output:
        output.write(content if isinstance(content, bytes) else content.encode())


def write_times(path, *seconds):
    write(path, arrivals.text(seconds))


def ordinary(number, chance):
    """The log of a boot that went well, and when its lines came."""
    shim = chance.randrange(2_000_000, 900_000_000)
    masked = chance.randrange(1000, shim // 4)
    # An older lull says no steps.
    steps = f" steps_ns=wake:{shim // 8},self:{shim // 3},find:{shim // 9}" if number % 5 else ""
    log = BOOT.format(masked=masked, shim=shim, steps=steps)
    # Where nobody states how fast the time stamp counter runs.
    if number % 4 == 1:
        log = log.replace(f"masked_ns={masked}", "masked_ns=unknown").replace(f"shim_ns={shim}", "shim_ns=unknown")
        log = log.replace("steps_ns", "steps_ticks").replace(" left=", f" masked_ticks={masked} shim_ticks={shim} left=")
    door = chance.uniform(0.3, 4)
    gaps = (0, 0.01, shim / 1e9, 0.002, chance.uniform(0.5, 6), 0, chance.uniform(1, 8), chance.uniform(0.1, 2), 0.2)
    times = [door := door + gap for gap in gaps]
    # The kernel of some says more than there is room for.
    more = "".join(f"[    0.2{line:05}] ACPI: a line of the kernel's with some words in it\n" for line in range(number % 40))
    head, tail = log.split("[    0.412345]")
    return head + more + "[    0.412345]" + tail, times[:6] + [times[5]] * (number % 40) + times[6:]


def make(directory, count):
    """Write logs and a list of COUNT boots; return the list's name."""
    chance, lines = random.Random(1), []
    for number in range(count):
        name = f"boot-{number}"
        path = os.path.join(directory, name)
        log, times = ordinary(number, chance)
        verdict, detail, outcome, seconds = "passed", "", "poweroff", times[-1] + 0.3
        if number == 3:
            log, times = FAILED, [0.5, 1, 1.1, 1.2] + [1.25] * 5
            verdict, detail, outcome, seconds = "failed", "outcome crash, wanted poweroff", "crash", 1.3
        if number == 4:
            log, times, verdict = HOSTILE, [1, 2, 3, 4, 5, 6, 7, 8, 9], "error"
            detail = "lab fault, twice: </script><script>window.hacked=1</script>"
        if number == 5:
            times = []
        write(path + ".log", log)
        if times:
            write_times(path + ".times", *times)
        lines += [f"[{name}]", f"log = {name}.log", f"row = {ROWS[number % len(ROWS)]}", f"column = {COLUMNS[number // 7 % len(COLUMNS)]}",
                  f"label = {1 + number % 2}cpu {number}", f"verdict = {verdict}", f"outcome = {outcome}", f"seconds = {seconds:.3f}"]
        lines += [f"detail = {detail}"] if detail else []
    # One that never began.
    lines += ["[never-began]", "row = Xen PV", "column = Linux 6.12", "verdict = failed", "seconds = 0", "detail = no such file: x"]
    path = os.path.join(directory, "boots.list")
    write(path, "; A list.\n" + "\n".join(lines) + "\n")
    return path
