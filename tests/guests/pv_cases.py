# SPDX-License-Identifier: GPL-2.0-or-later
"""What run.py starts of the PV guest, all of it as a PV dom0, by itself and through lull; pv.cells has what only a domU can show."""

import glob
import os
import re

from tests.guests import start

HERE = os.path.dirname(os.path.realpath(__file__))
LULL = os.path.join(start.BUILD, "lull.elf")
LOW, HIGH = (os.path.join(start.BUILD, "guests", f"pv_look_{name}.elf") for name in ("low", "high"))

# fault=NAME: the beginning of what the guest must say.
FAULTS = {
    # The image, the entry and start_info.
    "bss": ".bss is not zero",
    "data": ".data does not have its initial values",
    "own-bss": "a page of our own .bss does not keep what is written",
    "table": "our own image is damaged",
    "exception": "exception 6",
    "direction": "flags has TF, DF, NT or AC set",
    "selectors": "cs and ss are not Xen's flat ones",
    "segment-base": "a segment base is not zero",
    "magic": "start_info has a wrong magic",
    "no-pages": "start_info has no pages",
    "endless": "the command line has no end",
    "p2m-frames": "the P2M list is not where the notes want it",
    "module-form": "the module is given by its page",
    "dom0-console": "the console info is not behind start_info",
    "dom0-store": "a dom0 has a xenstore page",
    # Frames and page tables.
    "p2m": "the P2M list and Xen's M2P table do not agree",
    "reservation": "nr_pages is not what the domain has",
    "unreadable": "a page table cannot be read",
    "stray": "something is mapped where nothing must be",
    "hole": "something is mapped where nothing must be",
    "displaced": "an address does not lead to its page",
    "exposed": "a page table is mapped writable",
    "read-only": "a page that is no table is mapped read-only",
    "no-execute": "a page of the kernel is not executable",
    "leftover": "an entry that is not present has an address",
    "elsewhere": "a page table is not among those from pt_base",
    "unreached": "not every page from pt_base is a page table in use",
    "p2m-range": "not all of the P2M list is mapped",
    "base": "pt_base is not the table in use",
    "unpinned": "the page tables are not pinned",
    "unpinnable": "the page tables cannot be pinned",
    # What lies where.
    "order": "not in the order of public/xen.h",
    "overlap": "what was handed over overlaps",
    "outside": "not in the initial mapping",
    "not-ours": "not a page of the domain",
    "alignment": "what was handed over does not begin with a page",
    "stack": "the stack pointer is not aligned",
    "slack": "less than 512 KiB are mapped after the stack",
    "short": "the initial mapping does not end at 4 MiB",
    "initrd": "the initrd's bytes changed",
    "initrd-size": "the initrd is cut short",
    "pinned": "a page of RAM cannot be mapped writable",
    "alias": "RAM does not keep what is written",
    # What is left in Xen.
    "shared-info": "shared_info cannot be mapped",
    "upcall-mask": "upcalls are not masked",
    "other-upcall-mask": "upcalls of another virtual CPU are not masked",
    "event-mask": "events are masked one by one",
    "pending": "events were left pending",
    "upcall-pending": "an upcall was left pending without an event",
    "port": "an event channel was left open",
    "virq": "an event channel was left open",
    "delivery": "an event to our own port",
    "grant": "a page was left granted",
    "grant-version": "grants are not of version 1",
    "grant-table": "the grant table cannot be mapped",
    "vcpu": "virtual CPU 0 runs",
    "vcpu-info": "a vcpu_info was left registered",
    # What the second CPU of a dom0 asks Xen about the first one.
    "trap-table": "a trap handler was left registered",
    "event-callback": "a callback was left registered",
    "kernel-stack": "a stack was left for the kernel",
    "descriptors": "a descriptor table was left",
    "debug-register": "a debug register was left set",
    "assist": "Xen was left assisting",
    "sse": "x87 and SSE are not as a domain begins",
}
OF_TWO_CPUS = ("trap-table", "event-callback", "kernel-stack", "descriptors", "debug-register", "assist", "sse")
# Where the two images differ in what is looked at; the other faults are made in the high one only.
IN_LOW = ("module-form",)
IN_BOTH = ("p2m-frames", "p2m", "p2m-range", "stray", "displaced", "elsewhere", "order", "overlap", "initrd", "pinned")
# Words that ask for what is not there.
UNMET = {
    "modules=0": "not the number of modules that was asked for",
    "flags=5": "the flags are not those that were asked for",
    "lull.debug": "a word for the shim reached",
    "patched": "our patch sites are as they were linked",
}
NO_INITRD = "the module is not the test initrd"
# SIF_PRIVILEGED, SIF_INITDOMAIN; SIF_MOD_START_PFN where the notes ask for it. How Xen manages power is said in SIF_PM_MASK,
# and depends on the version of Xen and on the machine (public/xen.h).
FLAGS = {LOW: 0x3, HIGH: 0xb}
POWER_MASK = 0xff00


def images_for(fault):
    return (LOW, HIGH) if fault in IN_BOTH else (LOW,) if fault in IN_LOW else (HIGH,)


def power():
    """The bits in which this Xen says how it manages power, as it says them to a kernel that it starts itself."""
    ended = start.start("dom0-pv", LOW, None, "", 96)
    said = re.search(r"^guest: start_info pages .* flags 0x([0-9a-f]+) ", ended.console, re.MULTILINE)
    if not said:
        raise start.LabFault(f"the PV guest does not say its flags: {ended.outcome} {ended.detail}")
    return int(said.group(1), 16) & POWER_MASK


def cases(words, initrd):
    """Yield cases as run.py does: those of `direct`, of the faults named, or all."""
    bits = power()
    for image in FLAGS:
        flags = f"flags={FLAGS[image] | bits:x}"
        yield image, "dom0-pv", initrd, f"modules=1 expect-initrd {flags}", "poweroff", ["GUEST OK", "initrd 0x"]
        yield image, "dom0-pv", None, "modules=0", "poweroff", ["GUEST OK"]
        yield LULL, "dom0-pv", image, f"modules=0 patched flags={FLAGS[LOW] | bits:x}", "poweroff", \
            ["GUEST OK", "windows=2", "held=2 delivered=2"]
        yield image, "dom0-pv", initrd, "modules=1", "poweroff", ["GUEST OK", "guest: context: 0 traps"], 2
        yield LULL, "dom0-pv", image, "modules=0", "poweroff", ["GUEST OK", "guest: context: 0 traps"], 2
    if words == ["direct"]:
        return
    for name, text in FAULTS.items():
        for image in images_for(name) if not words or name in words else ():
            yield image, "dom0-pv", initrd, f"fault={name}", "crash", [text, "GUEST FAIL"], 2 if name in OF_TWO_CPUS else 1
    for word, text in UNMET.items() if not words else ():
        yield HIGH, "dom0-pv", initrd, word, "crash", [text, "GUEST FAIL"]
    yield HIGH, "dom0-pv", None, "expect-initrd", "crash", [NO_INITRD, "GUEST FAIL"]


def unproved():
    """Name the sentences of the PV guest's checks that no fault makes it say, here or in pv.cells."""
    with open(os.path.join(HERE, "pv.cells")) as file:
        proved = [*FAULTS.values(), *UNMET.values(), NO_INITRD, *re.findall("WRONG: (.*)", file.read())]
    shared = [os.path.join(HERE, name) for name in ("verdict.c", "image.c", "initrd.c", "events.c")]
    for source in shared + sorted(glob.glob(os.path.join(HERE, "pv", "*.c"))):
        with open(source) as file:
            for sentence in re.findall(r'(?:wrong|report)\((?:&walk\.\w+, )?"([^"]*)"', file.read()):
                beginning = sentence.split("%")[0]
                if not any(beginning.startswith(said) or said.startswith(beginning) for said in proved):
                    yield f"{os.path.basename(source)}: no fault makes the PV guest say \"{sentence}\""
