# SPDX-License-Identifier: GPL-2.0-or-later
"""Prove the test guests before anything is judged by them: started directly they must find nothing wrong, and every fault
they can be asked to make must be reported by the check that it is for. Started through lull they must find nothing wrong,
and neither must the example of lull-sites(7), which must notice when lull did not patch it.

    run.py            everything
    run.py direct     only the starts without a fault, directly and through lull
    run.py state      only in what state a kernel is entered
    run.py waits      only that waits end
    run.py high       only where lull.bzimage may lie
    run.py NAME...    these and the named faults
"""

import argparse
import os
import struct
import sys

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.guests import high, kaslr_cases, notes_cases, pv_cases, start, state, waits
from tests.files import formats
from tests.lab import kernels, proc

MULTIBOOT = [os.path.join(start.BUILD, "guests", f"multiboot{version}_{kind}")
             for version in (1, 2) for kind in ("look.elf", "flat.bin")]
GUESTS = [os.path.join(start.BUILD, "guests", f"pvh_look{bits}.elf") for bits in (32, 64)]
LULL = os.path.join(start.BUILD, "lull.elf")
EXAMPLE = os.path.join(start.BUILD, "guests", "example.elf")
AGAIN = [os.path.join(start.BUILD, "guests", f"again_{end}.elf") for end in ("low", "high")]
MANY = os.path.join(start.BUILD, "guests", "many.elf")
INITRD = os.path.join(start.BUILD, "guests", "test.initrd")

ANYWHERE, XEN = ("native", "dom0"), ("dom0",)
# fault=NAME: where it can be made, and the beginning of what the guest must say.
FAULTS = {
    "bss": (ANYWHERE, ".bss is not zero"),
    "data": (ANYWHERE, ".data does not have its initial values"),
    "own-bss": (ANYWHERE, "a page of our own .bss does not keep what is written"),
    "table": (ANYWHERE, "our own image is damaged"),
    "cr0": (ANYWHERE, "cr0 has more or less than PE"),
    "cr4": (ANYWHERE, "cr4 is not zero"),
    "eflags": (ANYWHERE, "eflags has IF, TF or VM set"),
    "efer": (ANYWHERE, "EFER has long mode set"),
    "segments": (ANYWHERE, "ds or es is not a flat segment"),
    "magic": (ANYWHERE, "start_info has a wrong magic"),
    "version": (ANYWHERE, "start_info has a version from nowhere"),
    "map-order": (ANYWHERE, "the RAM of the memory map is not in order"),
    "map-overlap": (ANYWHERE, "areas of the memory map overlap"),
    "map-empty": (ANYWHERE, "the memory map has no RAM"),
    "map-rom": (("native",), "RAM does not keep what is written"),
    "module": (ANYWHERE, "a module is not in RAM"),
    "module-upon-us": (ANYWHERE, "a module lies upon the kernel"),
    "initrd": (ANYWHERE, "the initrd's bytes changed"),
    "initrd-size": (ANYWHERE, "the initrd is cut short"),
    "lapic": (ANYWHERE, "the local APIC holds a requested interrupt"),
    "timer": (ANYWHERE, "the local APIC's timer is not masked"),
    "exception": (ANYWHERE, "exception 6"),
    "callback-vector": (XEN, "exception 13"),
    "callback": (XEN, "an event callback was left set"),
    "width": (XEN, "shared_info has not the 64-bit layout"),
    "port": (XEN, "an event channel was left open"),
    "virq": (XEN, "an event channel was left open"),
    "pending": (XEN, "events were left pending"),
    "upcall-pending": (XEN, "an upcall was left pending without an event"),
    "shared-info": (XEN, "RAM does not keep what is written, after mapping"),
    "grant": (XEN, "RAM does not keep what is written, after mapping"),
    "hole": (XEN, "RAM does not keep what is written, after mapping"),
    "own-hole": (XEN, "our own image is damaged"),
    "upcall": (XEN, "an event raised an interrupt"),
    "vcpu-info": (XEN, "a vcpu_info was left registered"),
}
# Words that ask for what is not there.
UNMET = {
    "modules=0": "not the number of modules that was asked for",
    "lull.debug": "a word for the shim reached",
}


def cases_through_lull():
    """The same guests with lull between: alone as module 0, and in a UKI with the test initrd. Both are linked where
    lull itself is."""
    with open(INITRD, "rb") as file:
        initrd = file.read()
    for image in GUESTS:
        with open(image, "rb") as file:
            sections = [formats.Section(".linux", file.read()), formats.Section(".initrd", initrd)]
        container = os.path.splitext(image)[0] + ".efi"
        with open(container, "wb") as file:
            file.write(formats.uki(sections))
        for place in ANYWHERE:
            width = " width64" if place == "dom0" else ""
            yield LULL, place, image, f"modules=0 lull.word{width}", "poweroff", ["GUEST OK", "lull: handover"]
            yield LULL, place, container, f"modules=1 expect-initrd{width}", "poweroff", ["GUEST OK", "initrd 0x"]


def modules_section(modules):
    """A section .modules (shim/payload/modules.h): the bytes and the line of each module."""
    at, entries, data = 16 + 32 * len(modules), b"", b""
    for content, line in modules:
        entries += struct.pack("<4Q", at + len(data), len(content), at + len(data) + len(content), len(line))
        data += content + line
    return struct.pack("<8sQ", b"LULLMOD1", len(modules)) + entries + data


def cases_of_multiboot():
    """Multiboot kernels, alone and with modules out of one file: an initrd, itself and an initrd again, each with its line; and a
    PVH kernel with the same."""
    with open(INITRD, "rb") as file:
        initrd = file.read()
    for image in [*MULTIBOOT, *GUESTS]:
        with open(image, "rb") as file:
            kernel = file.read()
        modules = [(initrd, b"line0 of it"), (kernel, b""), (initrd, b"line2 of it")]
        container = os.path.splitext(image)[0] + "_modules.efi"
        with open(container, "wb") as file:
            file.write(formats.uki([formats.Section(".linux", kernel), formats.Section(".modules", modules_section(modules))]))
        for place in ANYWHERE:
            dom0 = " dom0 width64" if place == "dom0" else ""
            yield LULL, place, container, f"modules=3 expect-initrd line0 line2{dom0}", "poweroff", ["GUEST OK", "initrd 0x"]
            if image in MULTIBOOT:
                yield LULL, place, image, f"modules=0 lull.word{dom0}", "poweroff", ["GUEST OK", "proto=multiboot"]
    # What the check of each says when it is wrong.
    for image in MULTIBOOT[::2]:
        for name, text in MULTIBOOT_FAULTS.items():
            yield LULL, "native", image, f"fault={name}", "crash", [text, "GUEST FAIL"]
        yield LULL, "native", os.path.splitext(image)[0] + "_modules.efi", "line1", "crash", \
            ["a module has not its own command line", "GUEST FAIL"]
        yield LULL, "native", os.path.splitext(image)[0] + "_modules.efi", "expect-all", "crash", \
            ["a module is not the test initrd", "GUEST FAIL"]


MULTIBOOT_FAULTS = {
    "magic": "eax is not the magic of multiboot",
    "tags": "not all that must be told is there",
    "sizes": "the sizes of memory are not those of the map",
}


def cases_of_example():
    """Patched for one CPU and for two, of which only the lock prefixes know; damaged; and not patched at all."""
    for place, inner in (("native", 1), ("dom0", 0)):
        for vcpus, locks in ((1, 2), (2, inner)):
            yield LULL, place, EXAMPLE, "", "poweroff", \
                ["GUEST OK", f"000{locks} of 000{locks} lock prefixes", "windows=2"], vcpus
        # 8000 branches of 5 bytes more: two windows instead of one.
        yield LULL, place, MANY, "", "poweroff", ["GUEST OK", "payload=8006/8009 windows=3", "held=3 delivered=3"]
    # A CPU that nobody counts may have others beside it.
    yield LULL, "no-acpi", EXAMPLE, "", "poweroff", ["GUEST OK", "0001 of 0001 lock prefixes"]
    # liblull.a in a kernel at either end of the address space, which patches itself again.
    for kernel in AGAIN:
        yield LULL, "native", kernel, "", "poweroff", ["lull: receipt", "again: there and back", "GUEST OK"]
    yield EXAMPLE, "native", None, "", "crash", ["lull did not patch this kernel", "GUEST FAIL"]
    with open(EXAMPLE, "rb") as file:
        data = file.read()
    for name, (old, new, text) in DAMAGE.items():
        damaged = os.path.join(start.BUILD, "guests", f"example-{name}.elf")
        assert data.count(old) == 1, name
        # In one step: the same file may be in use where this runs under another Xen.
        kernels.publish(data.replace(old, new), damaged)
        yield LULL, "native", damaged, "", "crash", [text]


# What is done to the example's file, and what lull must then say.
DAMAGE = {
    # The static branch of on_native() was a NOP of 5 bytes in front of xor %eax, %eax; ret.
    "text": (bytes.fromhex("0f1f44000031c0c3"), bytes.fromhex("0f1f44000131c0c3"), "site-bytes"),
    "note": (struct.pack("<III8s", 5, 16, 3, b"lull"), struct.pack("<III8s", 5, 16, 9, b"lull"), "sites-note-type"),
    "receipt": (struct.pack("<8sI", b"lullrcpt", 160), struct.pack("<8sI", b"lullrcpt", 152), "sites-receipt"),
}


def cases(words):
    """Yield (image, place, module, cmdline, outcome, texts) and, where it is not one, the number of CPUs; all of them or
    those whose fault is named."""
    for image in GUESTS:
        for place in ANYWHERE:
            width = " width64" if place == "dom0" else ""
            yield image, place, INITRD, f"modules=1 expect-initrd{width}", "poweroff", ["GUEST OK", "initrd 0x"]
            yield image, place, None, "modules=0", "poweroff", ["GUEST OK"]
    yield from cases_through_lull()
    yield from cases_of_multiboot()
    yield from pv_cases.cases(words, INITRD)
    yield from cases_of_example()
    yield from notes_cases.cases()
    yield from kaslr_cases.cases()
    if words == ["direct"]:
        return
    for image in GUESTS:
        for name, (places, text) in FAULTS.items():
            # Latching the 32-bit layout needs 32-bit mode.
            if name == "width" and "look64" in image:
                continue
            for place in places if not words or name in words else ():
                yield image, place, INITRD, f"fault={name} width64", "crash", [text, "GUEST FAIL"]
        for word, text in UNMET.items() if not words else ():
            yield image, "native", INITRD, word, "crash", [text, "GUEST FAIL"]
        yield image, "native", None, "expect-initrd", "crash", ["module 0 is not the test initrd", "GUEST FAIL"]


def judge(case):
    """Run one case; return None, or the line that says what is wrong."""
    image, place, module, cmdline, outcome, needed, *vcpus = case
    # The PV guest maps and writes every page, and pv.cells has the large ones.
    memory = 96 if place == "dom0-pv" else 256
    ended = start.start(place, image, module, cmdline, memory, vcpus=vcpus[0] if vcpus else 1)
    problem = None
    if ended.outcome != outcome:
        problem = f"outcome {ended.outcome}, not {outcome} {ended.detail}"
    for text in needed:
        if text not in ended.console:
            problem = problem or f"nothing says \"{text}\""
    if problem is None:
        return None
    return f"FAIL {os.path.basename(image)} {place} \"{cmdline}\": {problem}{start.indented(ended.console)}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parallel", type=int, default=proc.jobs())
    parser.add_argument("words", nargs="*", help="`direct`, `state`, `waits`, `high`, or names of faults")
    options = parser.parse_args()
    start.prepare()
    alone = {"state": state.check, "waits": waits.check, "high": high.check}
    named = alone.keys() & options.words
    wanted = named or (() if options.words == ["direct"] else alone)
    states = [problem for name in wanted for problem in alone[name]()]
    listed = [] if named else list(cases(options.words))
    unproved = list(pv_cases.unproved()) + [problem for problem in states if problem]
    print("".join(f"{line if line.startswith('FAIL') else 'FAIL ' + line}\n" for line in unproved), end="")
    failed = start.run_all(listed, judge, options.parallel) + len(unproved)
    print(f"guests: {len(listed) + len(states) + len(unproved) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
