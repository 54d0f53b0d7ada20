# SPDX-License-Identifier: GPL-2.0-or-later
"""The trips, and how each must end."""

import collections

BOTH, NATIVE, XEN = ("native", "dom0"), ("native",), ("dom0",)
TRIP, MULTIBOOT, REAL = "trip", "multiboot", "real"

# The processor of the plain tier; what a case adds to it takes a feature away.
PROCESSOR = "EPYC,-hypervisor"

# What the end of a case looks like: one whole block, a block that a second fault cut short, a kernel that says all is
# well, or no way for lull to end the machine.
BLOCK, CUT, BOOTS, STANDS = "block", "cut", "boots", "stands"

Case = collections.namedtuple("Case", "name ending title says also tiers image processor")
CASES = []


def case(name, title, says="", also="", tiers=BOTH, ending=BLOCK, image=TRIP, processor=""):
    """Trip NAME ends in error TITLE, whose first two sentences match SAYS, on a console that also matches ALSO."""
    CASES.append(Case(name, ending, title, says, also, tiers, image, PROCESSOR + processor))


def boots(name, also="", tiers=BOTH, processor=""):
    case(name, None, "", also, tiers, BOOTS, processor=processor)


def exceptions():
    def fault(name, exception, found="[0-9a-fx]+", tiers=BOTH, also=""):
        case(name, "exception", rf"{exception} at address [0-9a-fx]+, with {found}$", also, tiers)
    fault("write-text", "#PF", "0x100000")
    fault("write-rodata", "#PF")
    fault("write-alias-of-rodata", "#PF", "0x80[0-9a-f]{8}")
    fault("write-page-0", "#PF", "16")
    fault("write-unmapped", "#PF", "0x180000000")
    fault("read-guard", "#PF")
    for what in ("data", "rodata", "stack", "alias", "page-0", "memory"):
        fault("run-" + what, "#PF")
    fault("overflow-stack", "#DF", "0")
    for what in ("overflow", "shift", "bounds", "null", "unreachable"):
        fault("ubsan-" + what, "#UD", "0")
    fault("divide", "#DE", "0")
    fault("general-protection", "#GP", "0")
    fault("no-gate", "#GP", r"\w+")
    fault("machine-check", "#MC", "0")
    fault("unpatched-site", "#BP", "0")
    fault("door-fault", "#UD", "0")
    fault("door-guard", "#PF")
    case("interrupt", "interrupt", "vector 33 at address")
    case("event", "interrupt", "vector 32 at address")
    boots("paging-step")
    boots("spurious")
    boots("nmi", "trip: 1 NMIs")


def checks():
    def check(name, condition, also=""):
        case(name, "check", f"^{condition}$", also)
    check("smash-canary", "the stack canary holds")
    check("false-check", "number == 0")
    check("door-check", "number == 0")
    check("mask-opened", r"token->backend_->is_masked\(\)", "trip: text|lull error")
    check("read-back", r"same\(text->run \+ edit\[i\].offset, bytes, edit\[i\].length\)")
    check("token-copied", "token->self_ == token")
    check("token-zeroed", "token->self_ == token")
    check("token-spent", "token->self_ == token")
    check("token-spent-serialise", "token->self_ == token")
    check("not-serialised", "!token->unserialised_")
    check("journal-twice", "!journal->applied")
    check("journal-not-applied", "journal->applied")
    check("leave-moves", "leave->move_count <= LEAVE_MAX_MOVES")
    check("leave-alignment", r"\(workspace & PAGE_MASK\) == 0 && leave->workspace.end <= 4 \* GIB")
    check("leave-high", r"\(workspace & PAGE_MASK\) == 0 && leave->workspace.end <= 4 \* GIB")
    check("leave-small", r"range_size\(leave->workspace\) >= leave_workspace_size\(top\)")
    check("leave-far", r"top <= LEAVE_TOP")


def engine():
    """PLAN refuses before a byte of text is written; what the mask and the proof find comes before or after COMMIT."""
    def plan(name, title, says=""):
        case(name, title, says, "trip: text untouched")
    plan("site-bytes", "site-bytes", "record 0 of lull sites")
    plan("table-size", "site-table", "whole records of 16 bytes")
    plan("table-kind", "site-kind", "kind 99")
    plan("table-reserved", "site-kind", "record 0 of lull sites")
    plan("table-feature", "site-feature", "feature 200")
    plan("table-length", "site-length", "a length of 0")
    plan("table-long-image", "site-length", "a length of 200")
    plan("table-image", "site-image")
    plan("table-outside", "site-reach", "record 0 of lull sites")
    plan("table-forbidden", "site-forbidden", "record 0 of lull sites")
    plan("table-overlap", "site-overlap")
    plan("table-wrong-place", "site-(?:bytes|unchosen)")
    plan("table-unchosen", "site-unchosen")
    plan("table-slot", "site-slot")
    plan("table-branch", "site-branch", "a branch to 0x10000000000")
    plan("table-nest", "site-nest")
    plan("table-memory", "site-memory", "64 bytes")
    plan("text-window", "text-window", "0x10000000000 bytes")
    plan("mask-unsuited", "mask-unsuited", "mode 3")
    plan("mask-off", "mask-effect", r"^the mask of \S+ to read 1\n0$")
    plan("mask-stuck", "mask-effect", r"^the mask of \S+ to read 0\n1$")

    def window(name, title, says=""):
        case(name, title, says, "trip: text changed")
    window("mask-pretends", "proof-held", "^1 event held .*\n0 held, or one that arrived inside$")
    window("event-never", "proof-held", "^1 event held .*\n0 held, or one that arrived inside$")
    window("event-lost", "proof-delivered", "^1 event delivered after .*\n0$")
    window("event-twice", "proof-delivered", "^1 event delivered after .*\n2$")
    window("self-test", "self-test", "to return 0x6c6c756c\n0$")
    window("text-changed-after", "site-bytes", "record 0 of the journal")
    boots("nmi-in-window", "trip: 1 NMIs")


def machine():
    case("refuse-memory-map", "hypercall", "^the hypercall XENMEM_memory_map .*\n.* -1$", tiers=XEN)
    boots("refuse-is-up", tiers=XEN)
    case("reach-module", "module-reach", "^module 0 inside")
    boots("reach-many", "trip: reached 12 gigabytes, none 0, past the end 0, again 1", NATIVE, ",-pdpe1gb")
    boots("reach-many", "trip: reached 100 gigabytes, none 0, past the end 0, again 1", NATIVE)
    case("no-apic", "no-apic", tiers=NATIVE, processor=",-apic")
    case("no-long-mode", "no-long-mode", tiers=NATIVE, image=REAL, processor=",-lm")
    case("no-nx", "no-long-mode", tiers=NATIVE, image=REAL, processor=",-nx")
    case("multiboot", "multiboot-magic", "^the multiboot2 magic 0x36d76289 in eax\n", image=MULTIBOOT)


def dying():
    """What fails while the block is written must not start another."""
    for name in ("fault-in-block", "overflow-in-block", "check-in-block"):
        case(name, "module-none", ending=CUT)
    case("fault-in-drain", "module-none")
    for name, tier in (("no-end", NATIVE), ("fault-in-crash", XEN)):
        case(name, "module-none", also="^lull: nothing here can end the machine, so it stands still$", tiers=tier,
             ending=STANDS)


def all_cases():
    if not CASES:
        boots("", r"lull: receipt self=(\d+)/\1 ")
        for add in (exceptions, checks, engine, machine, dying):
            add()
    return CASES
