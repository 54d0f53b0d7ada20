#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the linked image promises: the window is closed, no memory is both writable and executable, loaders find their
headers, nothing is left to relocate.

    symbols.py [DEBUG_ELF [STRIPPED_ELF]]     the seeded offences of symbols_test.py first, then the image
    symbols.py --self-test                    the seeded offences only
"""

import os
import pathlib
import re
import struct
import sys

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.files.elf_image import (EXECUTE, PT_DYNAMIC, PT_GNU_STACK, PT_INTERP, PT_LOAD, PT_NOTE, SYMBOL_OBJECT,
                                   WRITE, Image)

ROOT = pathlib.Path(__file__).resolve().parents[2]
# A budget, so that growth is seen. GRUB's empty image for the same door, PV, has 550,320 bytes (grub-xen-bin 2.06).
LARGEST = 543 * 1024
MULTIBOOT2 = 0xe85250d6
MULTIBOOT2_REACH = 32768
PHYS32_ENTRY = 18
RECORD = struct.Struct("<iiHBBBBH")

# What runs from mask to unmask, or interrupts it.  A name that is missing was inlined into text that sites may be in.
WINDOW = ["trap_stubs", "trap_common", "trap_handle", "serialise", "machine_clock", "flag_is_masked", "flag_mask",
          "flag_unmask", "apic_self_interrupt", "apic_requested", "apic_proof_raise", "mask_enter", "mask_exit",
          "mask_check", "mask_note_store", "mask_serialise", "mask_was_masked", "proof_raise", "proof_hold", "commit",
          "journal_apply", "journal_revert", "window_masked", "xen_pv_stubs", "xen_pv_event", "xen_pv_is_masked",
          "xen_pv_mask", "xen_pv_unmask", "xen_pv_proof_raise", "xen_pv_proof_pending", "xen_pv_proof_delivered"]
# Where the window ends for good.
NO_RETURN = ["fatal", "check_failed", "__stack_chk_fail"]
# Who may call through a pointer: to a backend's functions (checked below), to the clock, to the handler of the event.
THROUGH_POINTERS = {"mask_enter", "mask_check", "mask_exit", "mask_serialise", "proof_raise", "proof_hold",
                    "window_masked", "trap_handle"}
# struct backend of pv/engine/mask.h: the members that run inside the window.
BACKEND_MEMBERS = ["name", "suits", "is_masked", "mask", "unmask", "serialise", "proof_begin", "proof_raise",
                   "proof_pending", "proof_delivered", "proof_end"]
BACKEND_OUTSIDE = {"name", "suits", "proof_begin", "proof_end"}
BRANCH = re.compile(r"^(?:call|jmp|j[a-z]+|loop[a-z]*|xbegin)$")
CANNOT_BE_IN_WINDOW = re.compile(r"^(?:cpuid|wbinvd|invd|hlt|rsm)$")


def sites(image):
    """No patch site where text is patched from, and all of them in the text."""
    start, end = image.address_of("window_start"), image.address_of("window_end")
    text, table = image.section(".text"), image.section(".lull_sites")
    contents = image.contents(".lull_sites")
    if not contents or len(contents) % RECORD.size:
        yield f"the table of sites has {len(contents)} bytes"
        return
    for index, record in enumerate(RECORD.iter_unpack(contents)):
        site, length = table.address + index * RECORD.size + record[0], record[5]
        if site < end and site + length > start:
            yield f"record {index}: a site at {site:#x} inside the window"
        if site < text.address or site + length > text.address + text.size:
            yield f"record {index}: a site at {site:#x} outside the text"


def window_functions(image):
    """Every function of the window is a function, and lies in the section that has no sites."""
    start, end = image.address_of("window_start"), image.address_of("window_end")
    for name in WINDOW:
        address = image.address_of(name)
        if address is None:
            yield f"{name} is missing: inlined, or renamed"
        elif not start <= address < end:
            yield f"{name} lies outside the window's section"


def window_branches(image):
    """What the window's functions call and jump to lies in the window, or ends the machine."""
    start, end = image.address_of("window_start"), image.address_of("window_end")
    allowed = {image.address_of(name) for name in NO_RETURN} - {None}
    for one in image.instructions(start, end):
        where = f"{one.function} at {one.address:#x}"
        if CANNOT_BE_IN_WINDOW.match(one.name):
            yield f"{where}: {one.name} inside the window"
        if not BRANCH.match(one.name):
            continue
        if "*" in one.operands:
            if one.function not in THROUGH_POINTERS:
                yield f"{where}: {one.name} through a pointer"
            continue
        target = int(one.operands.split()[0].rpartition(",")[2], 16)
        if not start <= target < end and target not in allowed:
            yield f"{where}: {one.name} leaves the window for {one.operands.partition(' ')[2] or hex(target)}"


def backends(image):
    """What a backend supplies for the window lies in the window."""
    start, end = image.address_of("window_start"), image.address_of("window_end")
    found = [s for s in image.symbols if s.name in ("flag_backend", "evtchn_backend") and s.kind == SYMBOL_OBJECT
             and s.size == 8 * len(BACKEND_MEMBERS)]
    if not found:
        yield "no struct backend of the size that pv/engine/mask.h gives it"
    for symbol in found:
        pointers = struct.unpack(f"<{len(BACKEND_MEMBERS)}Q", image.at(symbol.address, symbol.size))
        for member, pointer in zip(BACKEND_MEMBERS, pointers):
            if member not in BACKEND_OUTSIDE and not start <= pointer < end:
                yield f"the backend at {symbol.address:#x} has its {member}() outside the window"


def rights(image):
    """No segment is writable and executable; the stack is not executable; the code is where it belongs."""
    for segment in image.segments:
        if segment.kind in (PT_LOAD, PT_GNU_STACK) and segment.flags & WRITE and segment.flags & EXECUTE:
            yield f"the segment at {segment.address:#x} is writable and executable"
        if segment.kind in (PT_DYNAMIC, PT_INTERP):
            yield f"a program header of type {segment.kind}, as if something were to be linked at run time"
    if not any(segment.kind == PT_GNU_STACK for segment in image.segments):
        yield "no GNU_STACK header: kernels then take the stack for executable"
    for name, flags in ((".rodata", 0), (".lull_sites", 0), (".lull_images", 0), (".text", EXECUTE)):
        section = image.section(name)
        for segment in image.segments:
            end = segment.address + segment.memory_size
            holds = segment.kind == PT_LOAD and segment.address <= section.address < end
            if holds and segment.flags & (WRITE | EXECUTE) != flags:
                yield f"{name} lies in a segment with flags {segment.flags}"


def notes(image):
    """The Xen notes alone in the first program header, aligned 4; PHYS32_ENTRY names the PVH entry."""
    found = [segment for segment in image.segments if segment.kind == PT_NOTE]
    section = image.section(".note.Xen")
    if len(found) != 1 or image.segments[0].kind != PT_NOTE:
        yield f"{len(found)} PT_NOTE headers, or not the first header"
        return
    note = found[0]
    if note.align != 4:
        yield f"the PT_NOTE header has alignment {note.align}"
    if (note.offset, note.file_size) != (section.offset, section.size) or not section.size:
        yield "the PT_NOTE header does not hold .note.Xen and nothing else"
    entries, data = [], image.contents(".note.Xen")
    while len(data) >= 12:
        name_size, size, kind = struct.unpack_from("<III", data)
        value = 12 + -(-name_size // 4) * 4
        if kind == PHYS32_ENTRY:
            entries.append(int.from_bytes(data[value:value + size], "little"))
        data = data[value + -(-size // 4) * 4:]
    if entries != [image.address_of("pvh_entry")]:
        yield f"PHYS32_ENTRY is {entries}, not pvh_entry"


def multiboot2(image):
    """One header, aligned 8, in the first 32 KiB of the file, with a good checksum; ELF's entry is for it."""
    magic = struct.pack("<I", MULTIBOOT2)
    found = [at for at in range(0, MULTIBOOT2_REACH - 16, 8) if image.data[at:at + 4] == magic]
    if len(found) != 1:
        yield f"{len(found)} multiboot2 headers in the first 32 KiB"
        return
    words = struct.unpack_from("<IIII", image.data, found[0])
    if sum(words) & 0xffffffff or words[1] != 0 or found[0] + words[2] > MULTIBOOT2_REACH:
        yield f"a broken multiboot2 header: {[hex(word) for word in words]}"
    if image.entry != image.address_of("multiboot2_entry"):
        yield f"the ELF entry {image.entry:#x} is not multiboot2_entry"


def relocations(image):
    """Nothing in .plt or .rela; the addresses that libraries keep in .got are there, and are the image's own."""
    for section in image.sections:
        if re.match(r"\.(?:i?plt|rela|dyn)", section.name) and section.size:
            yield f"{section.name} has {section.size} bytes"
    loaded = [s for s in image.segments if s.kind == PT_LOAD]
    for address, in struct.iter_unpack("<Q", image.contents(".got")):
        if address and not any(s.address <= address < s.address + s.memory_size for s in loaded):
            yield f".got has {address:#x}, which is nowhere in the image"


CHECKS = [sites, window_functions, window_branches, backends, rights, notes, multiboot2, relocations]


def stripped(path):
    """The file that people start: small, and without what only we need."""
    size = os.path.getsize(path)
    print(f"symbols: {os.path.basename(path)} {size} bytes of at most {LARGEST}, {LARGEST - size} left")
    if size > LARGEST:
        yield f"{size} bytes, more than {LARGEST}"
    image = Image(path)
    yield from (f"it still has {s.name}" for s in image.sections if s.name in (".symtab", ".debug_info"))
    yield from (f"{one}" for check in (rights,) for one in check(image))


def main(arguments):
    from tests.check import symbols_test
    passed, failed = symbols_test.run(CHECKS)
    if arguments != ["--self-test"]:
        built = [str(ROOT / "build/lull.debug.elf"), str(ROOT / "build/lull.elf")]
        debug, small = (arguments + built[len(arguments):])[:2]
        image = Image(debug)
        results = [(check.__name__, list(check(image))) for check in CHECKS] + [("stripped", list(stripped(small)))]
        for name, found in results:
            print("".join(f"symbols: {name}: {line}\n" for line in found), end="")
            passed, failed = passed + (not found), failed + bool(found)
    print(f"symbols: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__.strip())
        sys.exit(0)
    sys.exit(main(sys.argv[1:]))
