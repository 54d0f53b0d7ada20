# SPDX-License-Identifier: GPL-2.0-or-later
"""Files made for one rule of a loader each: a sound kernel of every kind, and then one thing that is different."""

import gzip
import lzma
import os
import struct

from tests.files.formats import (GIB, MIB, NOTE_PHYS32_ENTRY, PT_NOTE, RUNS_32, RUNS_PV, Elf, Segment, bzimage, note,
                                 note_segment, pv_kernel, pv_notes, pvh_kernel)

ADDRESSES, VIDEO = 1 << 16, 1 << 2
MACHINE_386, MACHINE_X86_64 = 3, 62


def u32(value):
    return struct.pack("<I", value & 0xffffffff)


def u64(value):
    return struct.pack("<Q", value)


def entry_note(value=MIB, wide=False):
    return note(NOTE_PHYS32_ENTRY, u64(value) if wide else u32(value))


def block(data, align=4, offset=None):
    """A PT_NOTE with an alignment of its own."""
    lies = {} if offset is None else {"offset": offset}
    return Segment(data, MIB + 0x800, kind=PT_NOTE, flags=4, align=align, **lies)


def kernel(*blocks, bits=64, address=MIB, memory_size=16384, segments=(), **lies):
    """A PVH kernel of one page, its notes in these PT_NOTEs."""
    lies.setdefault("entry", address & 0xffffffff)
    code = Segment(RUNS_32.ljust(4096, b"\x90"), address, memory_size)
    return Elf([*blocks, code, *segments], bits, **lies).build()


def property_note(align):
    """What linkers put into .note.gnu.property, of 64 bits."""
    data = struct.pack("<IIII", 0xc0000002, 4, 3, 0)
    return struct.pack("<III", 4, len(data), 5) + b"GNU\0" + data + (b"" if align == 8 else b"")


def notes():
    """How a PVH note lies in its ELF file."""
    for bits in (32, 64):
        for wide in (False, True):
            yield f"pvh-{bits}-note-{8 if wide else 4}", kernel(block(entry_note(wide=wide)), bits=bits)
    for align in (0, 1, 2, 4, 8, 16):
        yield f"note-align-{align}", kernel(block(entry_note(wide=True), align))
        yield f"note-align-{align}-32", kernel(block(entry_note(), align), bits=32)
    xen = entry_note(wide=True)
    build_id = struct.pack("<III", 4, 20, 3) + b"GNU\0" + bytes(range(20))
    for align in (4, 8):
        yield f"note-behind-property-{align}", kernel(block(property_note(align) + xen, align))
    yield "note-two-blocks", kernel(block(xen), block(build_id))
    yield "note-two-blocks-xen-last", kernel(block(build_id), block(xen))
    yield "note-two-blocks-empty-last", kernel(block(xen), block(b""))
    yield "note-twice", kernel(block(entry_note(MIB + 16) + xen))
    yield "note-name-3", kernel(block(struct.pack("<III", 3, 4, NOTE_PHYS32_ENTRY) + b"Xen\0" + u32(MIB)))
    yield "note-name-5", kernel(block(note(NOTE_PHYS32_ENTRY, u32(MIB), b"Xen\0\0")))
    yield "note-other-vendor", kernel(block(note(NOTE_PHYS32_ENTRY, u32(MIB), b"GNU\0")))
    yield "note-other-vendor-first", kernel(block(note(NOTE_PHYS32_ENTRY, u32(MIB + 32), b"GNU\0") + xen))
    yield "note-size-2", kernel(block(note(NOTE_PHYS32_ENTRY, b"\0\0")))
    yield "note-size-12", kernel(block(note(NOTE_PHYS32_ENTRY, u32(MIB) * 3)))
    yield "note-none", kernel()
    yield "note-none-32", kernel(bits=32)
    yield "note-foreign-only", kernel(block(build_id))
    yield "note-offset-0", kernel(block(xen, offset=0))
    yield "note-in-section", with_sections(kernel(), [(7, xen)])
    yield "note-in-section-32", with_sections(kernel(bits=32), [(7, entry_note())], 32)


def entries():
    """Where a PVH kernel is entered, and what is loaded."""
    for name, value in (("zero", 0), ("all-ones", 0xffffffff), ("below", MIB - 1), ("at-end", MIB + 16384),
                        ("behind-end", MIB + 16385), ("odd", MIB + 1), ("high", 1 << 32 | MIB)):
        yield f"entry-{name}", kernel(block(entry_note(value, wide=True)))
    yield "e-entry-low", kernel(block(entry_note()), entry=0x1000)
    yield "e-entry-high", kernel(block(entry_note()), entry=0xffffffff80000000)
    yield "load-unaligned", kernel(block(entry_note(MIB + 0x10)), address=MIB + 0x10)
    yield "load-rom", kernel(block(entry_note(0xe0000)), address=0xe0000)
    yield "load-low", kernel(block(entry_note(0x10000)), address=0x10000, entry=MIB)
    yield "load-above-4g", kernel(block(entry_note()), segments=[Segment(b"far", 5 * GIB)])
    yield "load-no-permission", kernel(block(entry_note()), segments=[Segment(b"x" * 64, 2 * MIB, flags=0)])
    yield "load-overlap", kernel(block(entry_note()), segments=[Segment(b"x" * 64, MIB + 0x800)])
    yield "load-overlap-bss", kernel(block(entry_note()), segments=[Segment(b"x" * 64, MIB + 0x2000)])
    yield "header-larger", larger_headers(kernel(block(entry_note())))
    yield "machine-386-in-64", kernel(block(entry_note()), machine=MACHINE_386)
    yield "machine-64-in-32", kernel(block(entry_note()), bits=32, machine=MACHINE_X86_64)
    yield "type-dyn", kernel(block(entry_note()), type=3)
    yield "type-object", kernel(block(entry_note()), type=1)
    yield "e-flags", kernel(block(entry_note()), flags=0x10000)
    yield "cut-last-byte", kernel(block(entry_note()))[:-1]


def larger_headers(elf):
    """The program headers, each of 64 bytes: e_phentsize says so."""
    count, = struct.unpack_from("<H", elf, 56)
    data = bytearray(elf)
    for index in range(count - 1, -1, -1):
        data[64 + index * 64:64 + index * 64 + 64] = elf[64 + index * 56:64 + index * 56 + 56] + bytes(8)
    struct.pack_into("<H", data, 54, 64)
    return bytes(data)


def with_sections(elf, sections, bits=64):
    """Section headers at the end: (type, bytes) each, none of them loaded; address 1, so that nobody has to."""
    data, table = bytearray(elf), b""
    size = 64 if bits == 64 else 40
    table += bytes(size)
    for kind, content in sections:
        offset = len(data)
        data += content
        fields = (0, kind, 0, 1, offset, len(content), 0, 0, 4, 0)
        table += struct.pack("<IIQQQQIIQQ" if bits == 64 else "<IIIIIIIIII", *fields)
    at = len(data)
    data += table
    if bits == 64:
        struct.pack_into("<Q", data, 40, at)
        struct.pack_into("<HH", data, 58, size, len(sections) + 1)
    else:
        struct.pack_into("<I", data, 32, at)
        struct.pack_into("<HH", data, 46, size, len(sections) + 1)
    return bytes(data)


def multiboot(flags=0, fields=(), checksum=None, mode=()):
    head = struct.pack("<III", 0x1badb002, flags, (-(0x1badb002 + flags) if checksum is None else checksum) & 0xffffffff)
    return head + b"".join(u32(field) for field in fields) + b"".join(u32(field) for field in mode)


def with_header(header, at=4096, bits=32, size=4096, **lies):
    """An ELF whose text has a multiboot header at an offset of the file, which must be in its one segment."""
    code = bytearray(RUNS_32.ljust(size, b"\x90"))
    code[at - 4096 + 0x100:at - 4096 + 0x100 + len(header)] = header
    return Elf([Segment(bytes(code), MIB, 65536)], bits, **lies).build()


def raw(header, size=8192, at=0x100):
    """No ELF file: code at 1 MiB, a header in it."""
    code = bytearray(RUNS_32.ljust(size, b"\x90"))
    code[at:at + len(header)] = header
    return bytes(code)


def addresses(header=MIB + 0x100, load=MIB, load_end=0, bss_end=0, entry=MIB):
    return multiboot(ADDRESSES, (header, load, load_end, bss_end, entry))


def multiboots():
    yield "mb1-elf32", with_header(multiboot())
    yield "mb1-elf64", with_header(multiboot(), bits=64)
    yield "mb1-elf64-386", with_header(multiboot(), bits=64, machine=MACHINE_386)
    yield "mb1-elf32-x86-64", with_header(multiboot(), machine=MACHINE_X86_64)
    yield "mb1-elf64-addresses", with_header(addresses(MIB + 0x100, load=MIB), bits=64)
    yield "mb1-elf64-and-pvh", Elf([block(entry_note()), Segment(RUNS_32.ljust(256, b"\x90") + multiboot().ljust(3840, b"\x90"),
                                                                 MIB, 16384)]).build()
    yield "mb1-checksum", with_header(multiboot(checksum=1))
    yield "mb1-unaligned", with_header(b"\0\0" + multiboot())
    yield "mb1-flag-3", with_header(multiboot(1 << 3))
    yield "mb1-flag-15", with_header(multiboot(1 << 15))
    yield "mb1-memory-and-align", with_header(multiboot(3))
    for mode in (0, 1, 2):
        yield f"mb1-video-{mode}", with_header(multiboot(VIDEO, (0, 0, 0, 0, 0), mode=(mode, 640, 480, 32)))
    for offset in (8192 - 52, 8192 - 48, 8192 - 12, 8192 - 8, 8192):
        yield f"mb1-at-{offset}", with_header(multiboot(), at=offset - 0x100, size=8192)
    yield "mb1-object", with_header(multiboot(), type=1)
    yield "mb1-entry-outside", with_header(multiboot(), entry=MIB + 1 * MIB)
    yield "mb1-raw", raw(addresses())
    yield "mb1-raw-bss", raw(addresses(load_end=MIB + 4096, bss_end=MIB + 65536))
    yield "mb1-raw-no-addresses", raw(multiboot())
    yield "mb1-raw-header-below-load", raw(addresses(header=MIB - 4))
    yield "mb1-raw-before-file", raw(addresses(header=MIB + 0x104))
    yield "mb1-raw-load-end-below", raw(addresses(load_end=MIB - 4096))
    yield "mb1-raw-bss-end-below", raw(addresses(load_end=MIB + 4096, bss_end=MIB + 2048))
    yield "mb1-raw-past-file", raw(addresses(load_end=MIB + 65536))
    yield "mb1-raw-in-rom", raw(addresses(header=0xe0100, load=0xe0000, entry=0xe0000))


def tag(kind, data=b"", flags=0):
    return (struct.pack("<HHI", kind, flags, 8 + len(data)) + data).ljust(-(-(8 + len(data)) // 8) * 8, b"\0")


def multiboot2(*tags, architecture=0, end=True):
    body = b"".join(tags) + (tag(0) if end else b"")
    head = struct.pack("<III", 0xe85250d6, architecture, 16 + len(body))
    return head + u32(-sum(struct.unpack("<III", head))) + body


def multiboot2s():
    yield "mb2-elf32", with_header(multiboot2())
    yield "mb2-elf64", with_header(multiboot2(), bits=64)
    yield "mb2-elf64-386", with_header(multiboot2(), bits=64, machine=MACHINE_386)
    yield "mb2-unaligned", with_header(b"\0\0\0\0" + multiboot2())
    yield "mb2-mips", with_header(multiboot2(architecture=4))
    yield "mb2-tag-unknown", with_header(multiboot2(tag(99)))
    yield "mb2-tag-unknown-optional", with_header(multiboot2(tag(99, flags=1)))
    yield "mb2-tag-8", with_header(multiboot2(tag(8, u32(MIB))))
    yield "mb2-tag-9", with_header(multiboot2(tag(9, u32(MIB))))
    for kind in (21, 22):
        yield f"mb2-request-{kind}", with_header(multiboot2(tag(1, u32(kind))))
    yield "mb2-request-22-optional", with_header(multiboot2(tag(1, u32(22), flags=1)))
    where = struct.pack("<IIII", MIB + 0x100, MIB, 0, 0)
    yield "mb2-addresses-only", with_header(multiboot2(tag(2, where)))
    yield "mb2-raw", raw(multiboot2(tag(2, where), tag(3, u32(MIB))))
    yield "mb2-raw-no-addresses", raw(multiboot2())
    yield "mb2-entry", with_header(multiboot2(tag(3, u32(MIB + 16))))
    for offset in (32768 - 16, 32768 - 8, 32768):
        yield f"mb2-at-{offset}", with_header(multiboot2(), at=offset - 0x100, size=65536 - 4096)
    yield "mb2-relocations", with_sections(with_header(multiboot2()), [(9, bytes(8))], 32)
    yield "mb2-framebuffer", with_header(multiboot2(tag(5, struct.pack("<III", 640, 480, 32), flags=1)))
    yield "mb2-module-align", with_header(multiboot2(tag(6)))


def linuxes():
    yield "bz", bzimage()
    for name, fields in (
            ("boot-flag", {"boot_flag": 0xaa54}), ("magic", {"magic": b"HdrT"}), ("zimage", {"loadflags": 0}),
            ("setup-0", {"setup_sects": 0}), ("setup-64", {"setup_sects": 64}), ("setup-65", {"setup_sects": 65}),
            ("jump-7f", {"jump": 0x7f}), ("jump-8e", {"jump": 0x8e}), ("not-relocatable", {"relocatable": 0}),
            ("payload-none", {"payload_length": 0}), ("payload-far", {"payload_offset": 1 << 20}),
            *((f"xloadflags-{flags:x}", {"xloadflags": flags}) for flags in range(4)),
            *((f"protocol-{version:x}", {"version": version}) for version in (
                0x1ff, 0x200, 0x201, 0x202, 0x203, 0x205, 0x207, 0x208, 0x20b, 0x20c))):
        # More code than any number of setup sectors.
        yield f"bz-{name}", bzimage(65536, init_size=0x100000, **fields)
    yield "bz-cut-setup", bzimage()[:2000]
    yield "bz-cut-header", bzimage()[:0x260]
    yield "bz-1-kib", bzimage(setup_sects=1)[:1024]
    elf = pv_kernel(address=16 * MIB)
    for name, payload, fields in (("plain", elf, {}), ("gzip", gzip.compress(elf, mtime=0), {}), ("text", b"no kernel".ljust(64), {}),
                                  ("207", elf, {"version": 0x207}), ("208", elf, {"version": 0x208})):
        data = bytearray(bzimage(65536, payload_offset=0x400, payload_length=len(payload), **fields))
        data[0xa00 + 0x400:0xa00 + 0x400 + len(payload)] = payload
        yield f"bz-payload-{name}", bytes(data)


def pv_kernels():
    yield "pv", pv_kernel()
    for name, changed in (
            ("entry-4", {"entry": u32(MIB)}), ("entry-2", {"entry": b"\0\0"}), ("base-4", {"virt_base": u32(0)}),
            ("base-unaligned", {"virt_base": 0x200001, "entry": MIB + 0x200001}),
            ("base-8m", {"virt_base": 8 * MIB, "entry": 9 * MIB}), ("offset-only", {"virt_base": None}),
            ("loader-no-nul", {"loader": b"generic"}), ("loader-longer", {"loader": b"generic-x\0"}),
            ("loader-other", {"loader": b"special\0"}), ("loader-none", {"loader": None}),
            ("version-3.1", {"xen_version": b"xen-3.1\0"}), ("version-3.0-x", {"xen_version": b"xen-3.0-x86\0"}),
            ("version-none", {"xen_version": None}), ("entry-none", {"entry": None}),
            ("entry-outside", {"entry": 2 * MIB}), ("features-unknown", {"features": b"!tomorrow\0"}),
            ("features-known", {"features": b"!writable_page_tables|tomorrow\0"}),
            ("features-dom0", {"features": b"dom0|!dom0\0"}), ("supported-none", {"supported_features": 0}),
            ("supported-dom0", {"supported_features": 1 << 11}), ("p2m-inside", {"init_p2m": MIB}),
            ("p2m", {"init_p2m": 1 << 40}), ("hypercall", {"hypercall_page": MIB + 4096}),
            ("hypercall-below", {"virt_base": 8 * MIB, "entry": 9 * MIB, "hypercall_page": 4 * MIB})):
        yield f"pv-{name}", pv_kernel(**changed)
    guest_os = pv_notes(loader=None) + note(6, b"linux\0")
    yield "pv-guest-os", pv_kernel(notes=guest_os)
    yield "pv-pae-yes-32", pv_kernel(32, notes=pv_notes() + note(9, b"yes\0"))
    yield "pv-pae-bimodal-32", pv_kernel(32, notes=pv_notes() + note(9, b"bimodal\0"))
    yield "pv-no-pae-32", pv_kernel(32)
    yield "pv-32-x86-64", Elf([note_segment(pv_notes()), Segment(RUNS_PV.ljust(4096, b"\x90"), MIB, 16384)], 32,
                              machine=MACHINE_X86_64).build()
    yield "pv-and-pvh", pv_kernel(notes=pv_notes() + entry_note())
    yield "pv-in-section", with_sections(pv_kernel(notes=b""), [(7, pv_notes())])


def others():
    yield "gzip", gzip.compress(pvh_kernel(), mtime=0)
    yield "xz", lzma.compress(pvh_kernel())
    yield "gzip-pv", gzip.compress(pv_kernel(), mtime=0)
    yield "gzip-bz", gzip.compress(bzimage(65536), mtime=0)
    yield "gzip-mb1", gzip.compress(with_header(multiboot()), mtime=0)
    yield "gzip-text", gzip.compress(b"no kernel" * 100, mtime=0)
    yield "text", b"#!/bin/sh\n" * 1000
    yield "empty", b""
    yield "short", b"\x7fELF"


def make(directory):
    """Write all of them; return the paths by name."""
    os.makedirs(directory, exist_ok=True)
    made = {}
    for maker in (notes, entries, multiboots, multiboot2s, linuxes, pv_kernels, others):
        for name, data in maker():
            made[name] = os.path.join(directory, name)
            with open(made[name], "wb") as output:
                output.write(data)
    return made
