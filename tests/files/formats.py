# SPDX-License-Identifier: GPL-2.0-or-later
"""Builders of small, valid kernels and containers. Every field can be set wrongly, which is what they are for."""

import struct

PT_LOAD, PT_NOTE = 1, 4
NOTE_ENTRY, NOTE_PHYS32_ENTRY = 1, 18
# What a Xen PV kernel says of itself (elfnote.h).
PV_NOTES = {"entry": NOTE_ENTRY, "hypercall_page": 2, "virt_base": 3, "paddr_offset": 4, "xen_version": 5, "loader": 8,
            "features": 10, "bsd_symtab": 11, "init_p2m": 15, "mod_start_pfn": 16, "supported_features": 17}
MIB = 1 << 20
GIB = 1 << 30

# A kernel that ends as soon as it runs: debug-exit with 0x10, then SCHEDOP_shutdown(poweroff) by vmmcall. No image here
# may come so far, and a run that ends in a power-off says that one did. 32-bit code; the reason is on the stack. Newer QEMUs end a
# moment after the port is written to, and where there is no hypervisor vmmcall may come first.
RUNS_32 = bytes.fromhex("b010e6f4" "bc00f01000" "6a00" "89e1" "bb02000000" "b81d000000" "0f01d9" "f4ebfd")
# The same for the 64-bit entry: debug-exit, then halt.
RUNS_64 = bytes.fromhex("b010e6f4" "f4ebfd")
# The same for a Xen PV guest, which has no port: SCHEDOP_shutdown(poweroff) by syscall.
RUNS_PV = bytes.fromhex("b81d000000" "bf02000000" "6a00" "4889e6" "0f05" "f4ebfd")


def note(number, descriptor, name=b"Xen\0", name_size=None, size=None):
    """One ELF note; the two sizes can lie."""
    head = struct.pack("<III", len(name) if name_size is None else name_size,
                       len(descriptor) if size is None else size, number)
    return head + name.ljust(-(-len(name) // 4) * 4, b"\0") + descriptor.ljust(-(-len(descriptor) // 4) * 4, b"\0")


class Segment:
    """A program header, and the bytes it stands for."""

    def __init__(self, data=b"", address=0, memory_size=None, kind=PT_LOAD, flags=7, align=4096, **lies):
        self.data, self.address, self.kind, self.flags, self.align = data, address, kind, flags, align
        self.memory_size = len(data) if memory_size is None else memory_size
        # `offset` or `file_size`, where the header should not tell the truth.
        self.lies = lies


class Elf:
    """An ELF executable with program headers only."""

    def __init__(self, segments, bits=64, entry=MIB, **lies):
        self.segments, self.bits, self.entry, self.lies = segments, bits, entry, lies

    def field(self, name, value):
        return self.lies.get(name, value)

    @property
    def header_size(self):
        return 64 if self.bits == 64 else 52

    @property
    def segment_size(self):
        return 56 if self.bits == 64 else 32

    def header(self):
        identification = struct.pack("<4sBBB9x", b"\x7fELF", self.field("elf_class", 2 if self.bits == 64 else 1),
                                     self.field("byte_order", 1), 1)
        count = self.field("count", len(self.segments))
        machine = self.field("machine", 62 if self.bits == 64 else 3)
        tail = (self.field("flags", 0), self.header_size, self.field("segment_size", self.segment_size), count, 0, 0, 0)
        words = "<HHIQQQIHHHHHH" if self.bits == 64 else "<HHIIIIIHHHHHH"
        return identification + struct.pack(words, self.field("type", 2), machine, 1, self.entry,
                                            self.field("table", self.header_size), 0, *tail)

    def program_header(self, segment, offset):
        offset = segment.lies.get("offset", offset)
        size = segment.lies.get("file_size", len(segment.data))
        if self.bits == 64:
            return struct.pack("<IIQQQQQQ", segment.kind, segment.flags, offset, segment.address, segment.address, size,
                               segment.memory_size, segment.align)
        return struct.pack("<IIIIIIII", segment.kind, offset, segment.address, segment.address, size,
                           segment.memory_size, segment.flags, segment.align)

    def build(self):
        offset = -(-(self.header_size + len(self.segments) * self.segment_size) // 4096) * 4096
        table, body = b"", b""
        for segment in self.segments:
            body = body.ljust(-(-len(body) // 4096) * 4096, b"\0")
            table += self.program_header(segment, offset + len(body))
            body += segment.data
        return (self.header() + table).ljust(offset, b"\0") + body


def note_segment(data, **lies):
    return Segment(data, MIB + 0x800, kind=PT_NOTE, flags=4, align=4, **lies)


def pvh_kernel(bits=64, address=MIB, memory_size=16384, segments=(), notes=None, **lies):
    """A PVH kernel of one page, with its note in a PT_NOTE; `segments` come on top."""
    if notes is None:
        notes = note(NOTE_PHYS32_ENTRY, struct.pack("<I", address & 0xffffffff))
    code = RUNS_32.ljust(4096, b"\x90")
    parts = [note_segment(notes)] if notes else []
    return Elf([*parts, Segment(code, address, memory_size), *segments], bits, address & 0xffffffff, **lies).build()


def pv_notes(address=MIB, **changed):
    """The notes of a Xen PV kernel; a keyword changes one, and takes it away where it is None."""
    value = {"entry": address, "virt_base": 0, "paddr_offset": 0, "xen_version": b"xen-3.0\0", "loader": b"generic\0"}
    value.update(changed)
    return b"".join(note(PV_NOTES[name], what if isinstance(what, bytes) else struct.pack("<Q", what))
                    for name, what in value.items() if what is not None)


def pv_kernel(bits=64, address=MIB, memory_size=16384, segments=(), notes=None, **changed):
    """A Xen PV kernel of one page, linked at its address; keywords change its notes as those of pv_notes() do."""
    notes = pv_notes(address, **changed) if notes is None else notes
    code = RUNS_PV.ljust(4096, b"\x90")
    return Elf([note_segment(notes), Segment(code, address, memory_size), *segments], bits, address).build()


class Section:
    """A section of a PE file; the header's fields can be set."""

    def __init__(self, name, data=b"", **lies):
        self.name, self.data, self.lies = name, data, lies


DOS_SIZE, COFF_SIZE, OPTIONAL_SIZE, SECTION_SIZE = 0x40, 24, 0xf0, 40


def uki(sections, **lies):
    """A PE32+ file with these sections, as ukify lays it out: headers, then the sections at multiples of 512."""
    def field(name, value):
        return lies.get(name, value)
    count = field("count", len(sections))
    dos = b"MZ".ljust(0x3c, b"\0") + struct.pack("<I", field("pe_offset", DOS_SIZE))
    coff = field("signature", b"PE\0\0") + struct.pack("<HHIIIHH", field("machine", 0x8664), count, 0, 0, 0,
                                                       field("optional_size", OPTIONAL_SIZE), 0x22e)
    optional = struct.pack("<H", field("optional_magic", 0x20b)).ljust(OPTIONAL_SIZE, b"\0")
    offset = -(-(DOS_SIZE + COFF_SIZE + OPTIONAL_SIZE + len(sections) * SECTION_SIZE) // 512) * 512
    table, body = b"", b""
    for index, section in enumerate(sections):
        body = body.ljust(-(-len(body) // 512) * 512, b"\0")
        raw_size = section.lies.get("raw_size", len(section.data))
        table += struct.pack("<8sIIIIIIHHI", section.name.encode(), section.lies.get("virtual_size", raw_size),
                             0x10000 * (index + 1), raw_size, section.lies.get("offset", offset + len(body)),
                             0, 0, 0, 0, 0x40000040)
        body += section.data
    return (dos + coff + optional + table).ljust(offset, b"\0") + body


SETUP_SECTORS = 4
CODE_OFFSET = (SETUP_SECTORS + 1) * 512
BANNER_OFFSET = 0x400
# In the code.
PAYLOAD_OFFSET = 0x400


def bzimage(code_size=8192, packed=None, banner=b"", **fields):
    """A bzImage whose 64-bit entry ends the machine. `packed` is its compressed kernel, and then the code is no longer;
    `banner` the version that kernel_version points to. `fields` override those of the setup header (boot.rst).
    """
    if packed is not None:
        code_size = -(-(PAYLOAD_OFFSET + len(packed)) // 16) * 16
        fields["payload_length"] = len(packed)
    if banner:
        fields["kernel_version"] = BANNER_OFFSET - 0x200
    value = {
        "setup_sects": SETUP_SECTORS, "syssize": code_size // 16, "boot_flag": 0xaa55, "jump": 0x66, "magic": b"HdrS",
        "version": 0x20f, "kernel_version": 0, "loadflags": 1, "initrd_addr_max": 0x7fffffff,
        "kernel_alignment": 0x200000, "relocatable": 1, "min_alignment": 21, "xloadflags": 3, "cmdline_size": 2047,
        "payload_offset": PAYLOAD_OFFSET, "payload_length": 0x100, "pref_address": 0x1000000, "init_size": 0x1000000,
    }
    value.update(fields)
    setup = bytearray(CODE_OFFSET)
    for name, offset, form in (
            ("setup_sects", 0x1f1, "B"), ("syssize", 0x1f4, "I"), ("boot_flag", 0x1fe, "H"), ("jump", 0x201, "B"),
            ("magic", 0x202, "4s"), ("version", 0x206, "H"), ("kernel_version", 0x20e, "H"),
            ("loadflags", 0x211, "B"), ("initrd_addr_max", 0x22c, "I"), ("kernel_alignment", 0x230, "I"), ("relocatable", 0x234, "B"),
            ("min_alignment", 0x235, "B"), ("xloadflags", 0x236, "H"), ("cmdline_size", 0x238, "I"),
            ("payload_offset", 0x248, "I"), ("payload_length", 0x24c, "I"), ("pref_address", 0x258, "Q"),
            ("init_size", 0x260, "I")):
        struct.pack_into("<" + form, setup, offset, value[name])
    setup[0x200] = 0xeb
    setup[BANNER_OFFSET:BANNER_OFFSET + len(banner)] = banner
    code = (b"\xf4" * 0x200 + RUNS_64).ljust(PAYLOAD_OFFSET, b"\xf4") + (packed or b"")
    return bytes(setup) + code.ljust(code_size, b"\xf4")
