# SPDX-License-Identifier: GPL-2.0-or-later
"""The trips, and how each must end."""

import collections

BOTH, NATIVE, XEN, PV, ALL = ("native", "dom0"), ("native",), ("dom0",), ("dom0-pv",), ("native", "dom0", "dom0-pv")
TRIP, MULTIBOOT, REAL, ODD = "trip", "multiboot", "real", "odd"

# The processor of the plain tier; what a case adds to it takes a feature away.
PROCESSOR = "EPYC,-hypervisor"

# What the end of a case looks like: one whole block, a block that a second fault cut short, a kernel that says all is
# well, no way for lull to end the machine, or a crash that Xen alone reports.
BLOCK, CUT, BOOTS, STANDS, SILENT = "block", "cut", "boots", "stands", "silent"

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
    fault("write-text", "#PF", "0x100000", ALL)
    fault("write-rodata", "#PF", tiers=ALL)
    fault("write-alias-of-rodata", "#PF", "0xffff88[0-9a-f]{10}", ALL)
    fault("write-page-0", "#PF", "16")
    fault("write-unmapped", "#PF", "0x180000000", ALL)
    fault("read-guard", "#PF", tiers=ALL)
    for what in ("data", "rodata", "stack", "alias", "page-0", "memory"):
        fault("run-" + what, "#PF", tiers=ALL)
    fault("overflow-stack", "#DF", "0")
    for what in ("overflow", "shift", "bounds", "null", "unreachable"):
        fault("ubsan-" + what, "#UD", "0", ALL if what == "bounds" else BOTH)
    fault("divide", "#DE", "0", ALL)
    fault("general-protection", "#GP", "0", ALL)
    # Elsewhere every vector has a gate.
    fault("no-gate", "#GP", r"\w+", PV)
    fault("machine-check", "#MC", "0")
    fault("unpatched-site", "#BP", "0", ALL)
    fault("door-fault", "#UD", "0")
    fault("door-guard", "#PF")
    case("event", "interrupt", "vector 240 at address")
    boots("paging-step")
    boots("spurious")
    boots("strays", "trip: in service 0$")
    boots("strays-pending", r"trip: 1 and 1 pending$(?s:.*)held=1 delivered=1")
    # The 1001st of six in turn.
    case("endless-strays", "interrupt", "vector 48 at address")
    boots("nmi", "trip: 1 NMIs")
    boots("nmi-without-stack", "trip: 1 NMIs")


def checks():
    def check(name, condition, also="", tiers=BOTH):
        case(name, "check", f"^{condition}$", also, tiers)
    check("smash-canary", "the stack canary holds", tiers=ALL)
    check("false-check", "number == 0", tiers=ALL)
    check("door-check", "number == 0")
    check("mask-opened", r"token->backend_->is_masked\(\)", "trip: text|lull error", ALL)
    check("read-back", r"commit_read_back\(text, edit, count, bytes\) == count", tiers=ALL)
    check("token-copied", "token->self_ == token", tiers=ALL)
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
    def plan(name, title, says="", tiers=BOTH):
        case(name, title, says, "trip: text untouched", tiers)
    plan("site-bytes", "site-bytes", "record 0 of .lull_sites", ALL)
    plan("table-size", "site-table", "whole records of 16 bytes")
    plan("table-kind", "site-kind", "kind 99")
    plan("table-reserved", "site-kind", "record 0 of .lull_sites")
    plan("table-feature", "site-feature", "feature 200")
    plan("table-length", "site-length", "for a site of 0 bytes")
    plan("table-long-image", "site-length", "200 bytes, for a site of")
    plan("table-image", "site-image")
    plan("table-outside", "site-reach", "record 0 of .lull_sites")
    plan("table-forbidden", "site-forbidden", "record 0 of .lull_sites")
    plan("table-overlap", "site-overlap")
    plan("table-choice", "site-choice", "a choice, to be one for the site")
    plan("table-wrong-place", "site-(?:bytes|unchosen)")
    plan("table-unchosen", "site-unchosen")
    plan("table-slot", "site-slot")
    plan("table-branch", "site-branch", "a branch to address 0x10000000000")
    plan("table-nest", "site-nest")
    plan("table-memory", "site-memory", "64 bytes")
    plan("text-window", "text-window", "0x10000000000 bytes")
    plan("mask-unsuited", "mask-unsuited", "mode [03]", ALL)
    plan("mask-off", "mask-effect", r"^the mask of \S+ to read 1\n0$", ALL)
    plan("mask-stuck", "mask-effect", r"^the mask of \S+ to read 0\n1$", ALL)

    def window(name, title, says=""):
        case(name, title, says, "trip: text changed", ALL)
    window("mask-pretends", "proof-held", "^1 event held .*\n0 held, or one that arrived inside$")
    window("event-never", "proof-held", "^1 event held .*\n0 held, or one that arrived inside$")
    window("event-lost", "proof-delivered", "^1 event delivered after .*\n0$")
    window("event-twice", "proof-delivered", "^1 event delivered after .*\n2$")
    window("self-test", "self-test", "to return 0x6c6c756c\n0$")
    window("text-changed-after", "site-bytes", "record 0 of the journal")
    boots("nmi-in-window", "trip: 1 NMIs")
    # What no firmware leaves there, so that it shows when the window leaves it otherwise.
    boots("controllers", "trip: 8259 a5 5a, APIC 20 1ef", NATIVE)
    # MPX has in EBX of CPUID's leaf 7 the bit that SERIALIZE has in EDX.
    boots("controllers", "trip: 8259 a5 5a, APIC 20 1ef", NATIVE, ",+mpx")


def machine():
    case("refuse-memory-map", "hypercall", "^the hypercall XENMEM_memory_map .*\n.* -1$", tiers=XEN)
    boots("refuse-is-up", tiers=XEN)
    case("regions-200", "memory-map-entries", "^129 regions, or more$", tiers=XEN)
    case("regions-128", "handover-regions", "^at most 127 ", tiers=XEN)
    case("reach-module", "module-reach", "^module 0 inside")
    boots("reach-many", "trip: reached 12 gigabytes, none 0, past the end 0, again 1", NATIVE, ",-pdpe1gb")
    boots("reach-many", "trip: reached 100 gigabytes, none 0, past the end 0, again 1", NATIVE)
    # An EPYC of QEMU has 40 bits of address. Four slots of 512 GiB are to be had beside the first, and five levels of tables are not.
    boots("reach-registers", "trip: registers yy------, none 0, memory 0", NATIVE)
    boots("reach-registers", "trip: registers yy------, none 0, memory 0", NATIVE, ",-pdpe1gb")
    boots("reach-registers", "trip: registers yyyyy---, none 0, memory 0", NATIVE, ",phys-bits=46")
    boots("reach-registers", "trip: registers yyyyy---, none 0, memory 0", NATIVE, ",phys-bits=48")
    # PG WP ET MP PE; OSXMMEXCPT OSFXSR PAE, with MCE where it was set; NXE LMA LME; no breakpoint.  Whatever was there before.
    said = "trip: CR0 80010013 CR4 {} EFER d00 DR7 400"
    case("registers", None, "", said.format("620"), ending=BOOTS)
    case("registers", None, "", said.format("660"), NATIVE, BOOTS, ODD, ",+la57,+umip,+pku")
    case("no-apic", "no-apic", tiers=NATIVE, processor=",-apic")
    case("no-long-mode", "no-long-mode", tiers=NATIVE, image=REAL, processor=",-lm")
    case("no-nx", "no-long-mode", tiers=NATIVE, image=REAL, processor=",-nx")
    case("multiboot", "multiboot-magic", "^the multiboot2 magic 0x36d76289 in eax, or multiboot1's\n", image=MULTIBOOT)


# Where the fields of a PV start_info lie that the shim reads (xen.h), and the first that it leaves to others.
FIELD = {"nr_pages": 0x20, "shared_info": 0x28, "flags": 0x30, "pt_base": 0x58, "nr_pt_frames": 0x60, "mfn_list": 0x68,
         "mod_start": 0x70, "mod_len": 0x78, "first_p2m_pfn": 0x480, "nr_p2m_frames": 0x488}
MAX64, SHIM_PAGE, FAR, MIDDLE = (1 << 64) - 1, 0x101, 1 << 45, 64 << 20


def start_info_fields():
    """Each field wild, as dom0: an error that says so, or no harm.  pv.cells has those that only a domU has."""
    def wild(field, value, titles, ending=BLOCK):
        value = value if isinstance(value, str) else f"{value:x}"
        case(f"field-{FIELD[field]:x}-{value}", titles, tiers=PV, ending=ending)
    for value in (0, 1, MAX64):
        wild("nr_pages", value, "xen-(?:start-info|pages)")
    # Xen lets a dom0 map what is nobody's RAM; what is there then does not mask.
    for value in (0, MAX64, FAR):
        wild("shared_info", value, "hypercall|proof-held|mask-effect")
    # The frames of a page of the shim, of one behind it, and of one that is not mapped.
    for page in (SHIM_PAGE, 0x1, MIDDLE >> 12):
        wild("shared_info", f"@@{page:x}", "xen-start-info")
    wild("flags", 0xffffffff, "module-reach|xen-start-info")
    for value in (0, 1, 0x100000, FAR, MAX64):
        wild("pt_base", value, "xen-start-info")
    for value in (1 << 52, (1 << 52) + 5, MAX64):
        wild("nr_pt_frames", value, "xen-start-info")
    wild("nr_pt_frames", 0, None, BOOTS)
    for value in (0, 8, 0x1000, SHIM_PAGE << 12, FAR, MAX64):
        wild("mfn_list", value, "xen-start-info")
    for value in (0, 0x100000, 0xff000, FAR):
        wild("mod_start", value, "module-reach")
    wild("mod_start", MIDDLE, "payload-unknown")
    wild("mod_start", MAX64, "xen-start-info")
    wild("mod_len", 0, "module-none")
    wild("mod_len", 1, "payload-unknown|elf-truncated")
    wild("mod_len", FAR, "module-reach")
    wild("mod_len", MAX64, "xen-start-info")
    for field in ("first_p2m_pfn", "nr_p2m_frames"):
        wild(field, MAX64, None, BOOTS)


def xen_pv():
    """What only the Xen PV door has: start_info, memory and page tables by hypercall."""
    def start_info(name, found, title="xen-start-info"):
        case("start-info-" + name, title, found, tiers=PV)
    start_info("magic", "^the magic xen-3.0 in Xen")
    start_info("cmdline", "^a command line of the loader that ends within 1024 bytes", "door-cmdline")
    start_info("pages", "^at most [0-9a-fx]+ pages", "xen-pages")
    for name in ("p2m", "p2m-wraps", "order", "tables"):
        start_info(name, "^P2M, page tables and stack in order in Xen")
    start_info("p2m-elsewhere", "^the list of this domain's frames in Xen")
    start_info("module", "^a module that does not wrap in Xen")
    start_info("module-far", "^module 0 inside", "module-reach")
    # Xen's builders leave 512 KiB behind the stack, which is enough but for some sizes of a guest and its module.
    case("little-memory", "xen-memory", r"^\d+ KiB of memory to start in\n\d+ KiB$", tiers=PV)
    case("reach-module", "module-reach", "^module 0 inside", tiers=PV)
    for name in ("plan", "list", "page"):
        case("reach-" + name, "reach", "^memory that a page table of the shim can reach\naddress", tiers=PV)
    case("reach-table", "reach", also="^lull: handover", tiers=PV)

    def refused(name, hypercall, number=1, also=""):
        case(name, "hypercall", rf"^the hypercall {hypercall} .*\n.* -{number}$", also, PV)
    refused("refuse-traps", "set_trap_table")
    refused("refuse-thread", "set_segment_base")
    refused("refuse-map", "update_va_mapping")
    refused("refuse-update", "mmu_update")
    refused("refuse-callback", "CALLBACKOP_register", also="trip: text untouched")
    refused("refuse-bind", "EVTCHNOP_bind_ipi", also="trip: text untouched")
    refused("refuse-map-leaving", "update_va_mapping", also="^lull: handover")
    refused("refuse-update-leaving", "mmu_update", also="^lull: handover")
    refused("refuse-pin", "MMUEXT_PIN_L4_TABLE", also="^lull: handover")
    # Xen's own refusal: a table that can still be written to is none.
    refused("table-writable", "MMUEXT_PIN_L4_TABLE", r"(?:16|22)", "^lull: handover")
    # What it is that this backend never does.
    case("mask-cli", "exception", "#GP at address", tiers=PV)
    # A fault before the trap table is known to Xen, or where the stack cannot take its frame, is Xen's to report.
    for name in ("door-fault", "overflow-stack"):
        case(name, None, ending=SILENT, tiers=PV)


def dying():
    """What fails while the block is written must not start another."""
    for name in ("fault-in-block", "overflow-in-block", "check-in-block"):
        case(name, "module-none", ending=CUT, tiers=BOTH if name == "overflow-in-block" else ALL)
    case("fault-in-drain", "module-none")
    for name, tier in (("no-end", NATIVE), ("fault-in-crash", XEN)):
        case(name, "module-none", also="^lull: nothing here can end the machine, so it stands still$", tiers=tier,
             ending=STANDS)


def all_cases():
    if not CASES:
        boots("", r"lull: receipt self=(\d+)/\1 ", ALL)
        for add in (exceptions, checks, engine, machine, xen_pv, start_info_fields, dying):
            add()
    return CASES
