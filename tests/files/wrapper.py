# SPDX-License-Identifier: GPL-2.0-or-later
"""A wrapper: lull.elf with one more segment, which holds a start_info of our own making and eleven bytes of code that
point ebx at it and go on to the shim's PVH entry. This is how lull meets what no real loader would pass.
"""

import struct

from tests.files.elf_image import Image
from tests.files.formats import MIB, NOTE_PHYS32_ENTRY, PT_LOAD, PT_NOTE, Elf, Segment, note

MAGIC = 0x336ec578
BASE = 64 * MIB
RAM, RESERVED = 1, 2
FLAGS_DOM0 = 3      # SIF_PRIVILEGED | SIF_INITDOMAIN
# Inside the segment: code and start_info and small tables in the first pages, then what is large.
START_INFO, MODULE_LIST, STRINGS, MEMORY_MAP, DATA = 0x100, 0x200, 0x1000, 0x4000, 0x10000

MEMORY = [(0, 0x9f000, RAM), (0xf0000, 0x10000, RESERVED), (MIB, 127 * MIB, RAM)]


def pvh_entry(image):
    """The address in the file's PHYS32_ENTRY note."""
    for _, number, value in image.notes():
        if number == NOTE_PHYS32_ENTRY:
            return struct.unpack("<I", value)[0]
    raise ValueError("no PHYS32_ENTRY note")


class Left:
    """What a loader of another protocol leaves: a magic number for eax, and its structure, to which ebx points. lull.elf's e_entry
    takes all of them."""

    def __init__(self, magic, structure, **tables):
        """TABLES are bytes beside it, by the names of the offsets above."""
        self.magic, self.structure, self.tables = magic, structure, tables

    def contents(self, image):
        """The bytes of the segment."""
        code = b"\xb8" + struct.pack("<I", self.magic) + b"\xbb" + struct.pack("<I", BASE + START_INFO)
        code += b"\xe9" + struct.pack("<i", image.entry - (BASE + len(code) + 5))
        parts = {0: code, **{globals()[name]: data for name, data in self.tables.items()}}
        # boot_params has a page of its own.
        made = bytearray(max(offset + len(data) for offset, data in [*parts.items(), (START_INFO, self.structure)]))
        for offset, data in [(START_INFO, self.structure), *parts.items()]:
            made[offset:offset + len(data)] = data
        return bytes(made)


class State:
    """What a stage before lull leaves in the registers: code of 32 bits that runs first and keeps ebx and esi, and then goes on to the
    PVH entry with what QEMU or Xen says."""

    def __init__(self, code):
        self.code = code

    def contents(self, image):
        """The bytes of the segment."""
        return self.code + b"\xe9" + struct.pack("<i", pvh_entry(image) - (BASE + len(self.code) + 5))


class Module:
    """A module in the wrapper's segment, or wherever `address` and `size` say."""

    def __init__(self, data=b"", address=None, size=None, cmdline=None):
        self.data, self.address, self.size, self.cmdline = data, address, size, cmdline


class Wrapper:
    """What the start_info says; each field can be overridden by a keyword of its name in start_info.h."""

    def __init__(self, modules=(), memory=None, cmdline=b"", start_info=BASE + START_INFO, **fields):
        self.modules, self.cmdline, self.start_info, self.fields = list(modules), cmdline, start_info, fields
        self.memory = MEMORY if memory is None else memory

    def contents(self, image):
        """The bytes of the segment."""
        entry = pvh_entry(image)
        text, data = self.cmdline + b"\0", b""
        modules = b""
        for module in self.modules:
            data = data.ljust(-(-len(data) // 4096) * 4096, b"\0")
            address = BASE + DATA + len(data) if module.address is None else module.address
            size = len(module.data) if module.size is None else module.size
            cmdline = 0
            if module.cmdline is not None:
                cmdline = BASE + STRINGS + len(text)
                text += module.cmdline + b"\0"
            modules += struct.pack("<QQQQ", address, size, cmdline, 0)
            data += module.data
        memory = b"".join(struct.pack("<QQII", *region, 0) for region in self.memory)
        value = {
            "magic": MAGIC, "version": 1, "flags": FLAGS_DOM0, "nr_modules": len(self.modules),
            "modlist_paddr": BASE + MODULE_LIST, "cmdline_paddr": BASE + STRINGS, "rsdp_paddr": 0,
            "memmap_paddr": BASE + MEMORY_MAP, "memmap_entries": len(self.memory),
        }
        value.update(self.fields)
        parts = {
            0: b"\xbb" + struct.pack("<I", self.start_info) + b"\xe9" + struct.pack("<i", entry - (BASE + 10)),
            START_INFO: struct.pack("<IIIIQQQQII", *value.values(), 0),
            MODULE_LIST: modules, STRINGS: text, MEMORY_MAP: memory, DATA: data,
        }
        made = bytearray(DATA + len(data))
        for offset, content in parts.items():
            made[offset:offset + len(content)] = content
        return bytes(made)


def wrap(lull, wrapper):
    """Return the wrapper as an ELF file. Only LULL's loadable segments are taken over; the note is ours."""
    image = Image(None, lull)
    contents = wrapper.contents(image)
    notes = note(NOTE_PHYS32_ENTRY, struct.pack("<I", BASE))
    loads = [Segment(lull[part.offset:part.offset + part.file_size], part.physical, part.memory_size, flags=part.flags)
             for part in image.segments if part.kind == PT_LOAD and part.memory_size]
    return Elf([Segment(notes, BASE + len(contents), kind=PT_NOTE, flags=4, align=4), *loads, Segment(contents, BASE)],
               entry=BASE).build()
