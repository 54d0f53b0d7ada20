#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Trip every protection of the shim and hold what it says against cases.py, with no Xen and as PVH or PV dom0 of a
real one.

    run.py [--parallel N] [--tier native|dom0|dom0-pv] [NAME...]

A trip must end in one framed error block, the right one, and in a crash that lull asked for. First the runner proves
that it can fail: it is given expectations that are wrong, and must object to each.
"""

import argparse
import os
import re
import struct
import sys
import time

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.files import wrapper
from tests.guests import start
from tests.lab import accel, plain, proc, qemu, result
from tests.trip.cases import (ALL, BLOCK, BOOTS, BOTH, CUT, ODD, PROCESSOR, REAL, SILENT, STANDS, TRIP, MULTIBOOT, Case,
                              all_cases)

BUILD = start.BUILD
IMAGES = {TRIP: os.path.join(BUILD, "trip", "lull-trip.elf"), REAL: os.path.join(BUILD, "lull.elf"),
          MULTIBOOT: os.path.join(BUILD, "trip", "lull-multiboot.elf"), ODD: os.path.join(BUILD, "trip", "lull-odd.elf")}
KERNELS = {tier: os.path.join(BUILD, "guests", name) for tier, name in (
    ("native", "pvh_look64.elf"), ("dom0", "pvh_look64.elf"), ("dom0-pv", "pv_look_low.elf"))}
LOGS = os.path.join(BUILD, "trip", "logs")
ERROR_LIST = os.path.join(start.paths.ROOT, "include", "core", "error_list.h")
TIMEOUT = 30
PHYS32_ENTRY = 18

TITLE = re.compile(r"^=+ lull error (\d+): (\S+) =+$", re.MULTILINE)
FRAME = re.compile(r"^=+ lull error (\d+): (\S+) =+\n"
                   r"expected: (\S.*)\n"
                   r"found:    (\S.*)\n"
                   r"do:       (\S.*)\n"
                   r"=+$", re.MULTILINE)
FROM_XEN = re.compile(r"^\((?:XEN|d\d+)\).*\n", re.MULTILINE)
IN_LOG = re.compile(r"^\((?:XEN\) \()?d0\) ?(.*)$", re.MULTILINE)


def error_numbers():
    with open(ERROR_LIST, encoding="utf-8") as source:
        found = re.findall(r'ERROR_CODE\(\w+,\s*(\d+),\s*"([^"]+)"', source.read())
    return {title: int(number) for number, title in found}


NUMBERS = error_numbers()


def enter_by_multiboot():
    """Make an image whose PVH note names the multiboot2 entry: no multiboot2 loader, so eax holds anything."""
    with open(IMAGES[REAL], "rb") as source:
        image = bytearray(source.read())
    entry = image[24:28]
    note = b"\4\0\0\0\4\0\0\0" + PHYS32_ENTRY.to_bytes(4, "little") + b"Xen\0"
    at = image.index(note) + len(note)
    image[at:at + 4] = entry
    with open(IMAGES[MULTIBOOT], "wb") as target:
        target.write(image)


def leave_odd_state():
    """Make an image that sets what a multiboot loader may leave set, CR4.LA57 above all, and goes on to lull's PVH entry."""
    def load(value, register):
        return b"\xb8" + struct.pack("<I", value) + register
    # CR4: all that this CPU has but PAE, which a loader that leaves LA57 clears, and what lull sets.  CR0: all but PG (SDM
    # volume 3A, section 2.5).  EFER: SCE, LME and NXE.  DR7: a write to a place that nobody writes to breaks.
    code = load(0x007519df, b"\x0f\x22\xe0") + load(0x6005003f, b"\x0f\x22\xc0")
    code += b"\xb9\x80\0\0\xc0\x31\xd2" + load(0x901, b"\x0f\x30")
    code += load(0xfffff000, b"\x0f\x23\xc0") + load(0xd0402, b"\x0f\x23\xf8")
    with open(IMAGES[TRIP], "rb") as source:
        image = source.read()
    with open(IMAGES[ODD], "wb") as target:
        target.write(wrapper.wrap(image, wrapper.State(code)))


def stand_still(image, cmdline):
    """Run where nothing can end the machine: no debug-exit port. Ends when lull has said its last word."""
    flags = accel.native(1) + ["-m", "256", "-kernel", image, "-append", cmdline]
    begun = time.monotonic()
    with qemu.Machine(flags) as machine:
        while b"stands still\r\n" not in machine.com1.data and machine.clock() < TIMEOUT and not machine.ended:
            machine.wait(TIMEOUT)
        # A machine that stands still says nothing more and does not end.
        machine.wait(machine.clock() + 2)
        console = result.plain_text(bytes(machine.com1.data))
        return result.Result("gone" if machine.ended else STANDS, console, time.monotonic() - begun)


def run(case, tier):
    cmdline = f"lull.trip={case.name}" if case.image in (TRIP, ODD) and case.name else ""
    if case.ending == STANDS and tier == "native":
        return stand_still(IMAGES[case.image], cmdline)
    if tier != "native":
        return start.start(tier, IMAGES[case.image], KERNELS[tier], cmdline, timeout=TIMEOUT)
    flags = accel.native(1)
    flags[flags.index(PROCESSOR)] = case.processor
    return plain.run(IMAGES[case.image], KERNELS[tier], cmdline, timeout=TIMEOUT, flags=flags)


def problem_of_block(case, text, whole):
    """Return what is wrong with the error block in one stream of text, or None."""
    titles, frames = TITLE.findall(text), FRAME.findall(text)
    if len(titles) != 1 or len(frames) != whole:
        return f"{len(titles)} error blocks, {len(frames)} of them whole, not 1 and {whole}"
    number, title = titles[0]
    if not re.fullmatch(case.title, title) or NUMBERS.get(title) != int(number):
        return f"error {number}: {title}, not {case.title}"
    if whole and not re.search(case.says, "\n".join(frames[0][2:4]), re.MULTILINE):
        return f"the block says {frames[0][2:4]}, not {case.says!r}"
    return None


def problem_of(case, tier, ended):
    """Return what is wrong with how a run ended, or None."""
    direct, log = FROM_XEN.sub("", ended.console), "\n".join(IN_LOG.findall(ended.console))
    # Xen calls it a power-off when the last CPU halts for good.
    stands = "poweroff" if tier == "dom0" else STANDS
    outcome = {BOOTS: "poweroff", STANDS: stands}.get(case.ending, "crash")
    titles = [title for _, title in TITLE.findall(ended.console)]
    if ended.outcome != outcome:
        return f"outcome {ended.outcome}, not {outcome}; errors {titles}; {ended.detail}"
    if case.also and not re.search(case.also, direct, re.MULTILINE):
        return f"the console does not say {case.also!r}"
    if case.ending == SILENT:
        return f"errors {titles}, but Xen alone knows" if titles else None
    if case.ending == BOOTS:
        return None if not titles and "GUEST OK" in direct else f"errors {titles}, or the guest is not content"
    whole = 0 if case.ending == CUT else 1
    # In a door, and behind the wrong one, nobody knows that this is dom0: the debug port, which Xen logs, must do.
    anybody = case.name.startswith("door-") or case.image == MULTIBOOT
    streams = {"native": [direct], "dom0": [log] if anybody else [direct, log], "dom0-pv": [direct]}[tier]
    return next(filter(None, (problem_of_block(case, text, whole) for text in streams)), None)


def judge(pair):
    case, tier = pair
    ended = run(case, tier)
    name = "-".join(filter(None, [case.name or "none", case.processor[len(PROCESSOR):].strip(",-")]))
    with open(os.path.join(LOGS, f"{name}.{tier}.log"), "w", encoding="utf-8") as log:
        log.write(ended.console)
    problem = problem_of(case, tier, ended)
    return problem and f"FAIL {name} {tier}: {problem}" + start.indented(FROM_XEN.sub("", ended.console))


def self_test():
    """Yield what this runner failed to notice."""
    def wrong(name, ending, title, says="", also="", image=TRIP):
        return Case(name, ending, title, says, also, BOTH, image, PROCESSOR)
    for case, sign in ((wrong("write-text", BLOCK, "check"), "not check"),
                       (wrong("write-text", BLOCK, "exception", "#GP"), "not '#GP'"),
                       (wrong("write-text", BLOCK, "exception", "#PF", "trip: text"), "does not say"),
                       (wrong("write-text", BOOTS, None), "not poweroff"),
                       (wrong("write-text", SILENT, None), "Xen alone knows"),
                       (wrong("write-text", CUT, "exception"), "not 1 and 0"),
                       (wrong("fault-in-block", BLOCK, "module-none"), "0 of them whole"),
                       (wrong("no-such-trip", BLOCK, "exception"), "not crash")):
        problem = judge((case, "native"))
        if not problem or sign not in problem.splitlines()[0]:
            yield f"FAIL self-test: of {case} the runner says {problem!r}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parallel", type=int, default=proc.jobs())
    parser.add_argument("--tier", choices=ALL)
    parser.add_argument("names", nargs="*", help="the trips to run; default all")
    options = parser.parse_args()
    start.prepare()
    os.makedirs(LOGS, exist_ok=True)
    enter_by_multiboot()
    leave_odd_state()
    pairs = [(case, tier) for case in all_cases() for tier in case.tiers
             if options.tier in (None, tier) and (not options.names or case.name in options.names)]
    unnoticed = list(self_test())
    print("\n".join(unnoticed + [""]), end="")
    failed = start.run_all(pairs, judge, options.parallel) + len(unnoticed)
    print(f"trip: {len(pairs) + 8 - failed} passed, {failed} failed")
    return 1 if failed or not pairs else 0


if __name__ == "__main__":
    sys.exit(main())
