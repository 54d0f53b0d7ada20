# SPDX-License-Identifier: GPL-2.0-or-later
"""A program for UEFI, and what becomes of it when each field of its headers is off by one."""

import os
import struct

FILE_ALIGNMENT, PAGE = 512, 4096
# xor eax, eax; ret: EFI_SUCCESS.
CODE = b"\x31\xc0\xc3"
DOS, COFF, SECTION = 0x40, 24, 40
HEADERS = 1024
RELOCS_STRIPPED = 1
# The shell's `load` starts a driver, too.
DRIVER = 11


class Program:
    """A PE file of two sections, .text and .data, and `more` of (name, bytes); each field can be set."""

    def __init__(self, bits=64, directories=16, **fields):
        self.bits, self.directories, self.fields = bits, directories, fields
        self.optional_size = (112 if bits == 64 else 96) + 8 * directories

    def field(self, name, value):
        return self.fields.get(name, value)

    def sections(self):
        rows, address, offset = [], PAGE, HEADERS
        for index, (name, data) in enumerate(((b".text", CODE), (b".data", b"data"), *self.field("more", ()))):
            raw = -(-len(data) // FILE_ALIGNMENT) * FILE_ALIGNMENT
            row = {"name": name, "virtual_size": len(data), "address": address, "raw_size": raw, "raw_offset": offset,
                   "data": data.ljust(raw, b"\0")}
            address, offset = address + max(-(-len(data) // PAGE), 1) * PAGE, offset + raw
            row.update({key[6:]: value for key, value in self.fields.items() if key.startswith(f"sect{index}_")})
            rows.append(row)
        self.end = address
        return rows

    def optional(self):
        magic = self.field("magic", 0x20b if self.bits == 64 else 0x10b)
        base = self.field("image_base", 0)
        start = struct.pack("<HBBIIIII", magic, 0, 0, 512, 512, 0, self.field("entry", PAGE), PAGE)
        start += struct.pack("<Q", base) if self.bits == 64 else struct.pack("<II", 2 * PAGE, base)
        start += struct.pack("<IIHHHHHHIIIIHH", self.field("section_alignment", PAGE), FILE_ALIGNMENT, 0, 0, 0, 0, 0, 0, 0,
                             self.field("image_size", self.end), self.field("headers_size", HEADERS), 0,
                             self.field("subsystem", 10), 0)
        start += struct.pack("<4Q" if self.bits == 64 else "<4I", 0, 0, 0, 0)
        start += struct.pack("<II", 0, self.field("directory_count", self.directories))
        table = bytearray(8 * self.directories)
        for index, entry in self.fields.get("directory", {}).items():
            struct.pack_into("<II", table, 8 * index, *entry)
        return start + bytes(table)

    def build(self):
        rows = self.sections()
        dos = b"MZ".ljust(0x3c, b"\0") + struct.pack("<I", self.field("pe_offset", DOS))
        coff = self.field("signature", b"PE\0\0") + struct.pack(
            "<HHIIIHH", self.field("machine", 0x8664 if self.bits == 64 else 0x14c), self.field("count", len(rows)), 0, 0, 0,
            self.field("optional_size", self.optional_size), self.field("characteristics", 0x22e & ~RELOCS_STRIPPED))
        table = b"".join(struct.pack("<8sIIIIIIHHI", row["name"], row["virtual_size"], row["address"], row["raw_size"],
                                     row["raw_offset"], 0, 0, 0, 0, 0x60000020) for row in rows)
        head = (dos + coff + self.optional() + table).ljust(HEADERS, b"\0")
        return head + b"".join(row["data"] for row in rows)


# Where the section table ends: the least that SizeOfHeaders may be.
TABLE_END = DOS + COFF + 240 + 2 * SECTION


def programs():
    yield "pe", Program().build()
    for name, fields in (
            ("signature", {"signature": b"PE\0\1"}), ("offset", {"pe_offset": DOS + 1}), ("offset-far", {"pe_offset": 1 << 30}),
            ("machine-386", {"machine": 0x14c, "subsystem": DRIVER}), ("machine-arm64", {"machine": 0xaa64}), ("magic", {"magic": 0x20c}),
            ("magic-32", {"magic": 0x10b}), ("count-3", {"count": 3}), ("count-0", {"count": 0}),
            ("optional-size-more", {"optional_size": 241}), ("optional-size-less", {"optional_size": 232}),
            ("directories-17", {"directory_count": 17}), ("directories-15", {"directory_count": 15}),
            *((f"subsystem-{number}", {"subsystem": number}) for number in (9, 11, 12, 13)),
            ("image-size-less", {"image_size": 3 * PAGE - 1}), ("image-size-page-less", {"image_size": 2 * PAGE}),
            ("image-size-data", {"image_size": 2 * PAGE + 4}), ("image-size-data-less", {"image_size": 2 * PAGE + 3}),
            ("image-size-more", {"image_size": 3 * PAGE + 1}), ("image-size-mib-more", {"image_size": 1 << 20}),
            ("image-size-headers", {"image_size": HEADERS}), ("image-size-0", {"image_size": 0}),
            ("headers-size-least", {"headers_size": TABLE_END}), ("headers-size-less", {"headers_size": TABLE_END - 1}),
            ("headers-size-0", {"headers_size": 0}), ("headers-size-more", {"headers_size": HEADERS + 1}),
            ("headers-size-page", {"headers_size": PAGE}),
            ("alignment-512", {"section_alignment": 512}), ("alignment-32", {"section_alignment": 32}),
            ("alignment-2m", {"section_alignment": 2 << 20}),
            ("stripped-base-0", {"characteristics": 0x22f}),
            ("base-4m", {"image_base": 4 << 20}), ("base-odd", {"image_base": 4097}),
            ("virtual-size-0", {"sect0_virtual_size": 0}), ("virtual-size-more", {"sect0_virtual_size": PAGE}),
            ("virtual-size-behind", {"sect1_virtual_size": PAGE + 1}),
            ("address-in-headers", {"sect0_address": HEADERS - 1}), ("address-headers-end", {"sect0_address": HEADERS}),
            ("address-behind", {"sect1_address": 3 * PAGE}), ("address-huge", {"sect1_address": 0xfffff000}),
            ("raw-in-headers", {"sect0_raw_offset": HEADERS - 1}), ("raw-behind-file", {"sect1_raw_offset": HEADERS + 513}),
            ("raw-size-more", {"sect1_raw_size": 513}), ("raw-wraps", {"sect1_raw_offset": 0xffffff00}),
            ("raw-size-0", {"sect1_raw_size": 0}),
            ("security", {"directory": {4: (HEADERS, 8)}}), ("security-behind", {"directory": {4: (HEADERS + 1024, 1)}}),
            ("relocations-behind", {"directory": {5: (3 * PAGE, 12)}}), ("relocations-empty", {"directory": {5: (2 * PAGE, 0)}}),
            ("entry-0", {"entry": 0}), ("entry-behind", {"entry": 4 * PAGE})):
        yield f"pe-{name}", Program(**fields).build()
    yield "pe-6-directories", Program(directories=6).build()
    yield "pe-2-directories", Program(directories=2).build()
    yield "pe-32", Program(32, subsystem=DRIVER).build()
    yield "pe-32-amd64", Program(32, machine=0x8664).build()
    yield "pe-cut", Program().build()[:-1]
    yield "pe-cut-headers", Program().build()[:HEADERS - 1]
    yield "pe-no-dos", Program().build()[DOS:]


def make(directory):
    """Write all of them; return the paths by name."""
    os.makedirs(directory, exist_ok=True)
    made = {}
    for name, data in programs():
        made[name] = os.path.join(directory, name)
        with open(made[name], "wb") as output:
            output.write(data)
    return made
