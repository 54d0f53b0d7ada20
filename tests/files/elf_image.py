# SPDX-License-Identifier: GPL-2.0-or-later
"""An ELF64 file as the checks see it: headers, sections, symbols, bytes at an address, instructions."""

import collections
import re
import struct
import subprocess

Segment = collections.namedtuple("Segment", "kind flags offset address physical file_size memory_size align")
Section = collections.namedtuple("Section", "name kind flags address offset size")
Symbol = collections.namedtuple("Symbol", "name kind section address size")
Instruction = collections.namedtuple("Instruction", "address function name operands")

PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_NOTE, PT_GNU_STACK = 1, 2, 3, 4, 0x6474e551
EXECUTE, WRITE = 1, 2
SHT_NOBITS, SYMBOL_OBJECT = 8, 1

PREFIXES = r"(?:(?:addr32|bnd|notrack|rep|repz|repnz|lock|data16|cs|ds) )*"
INSTRUCTION = re.compile(rf"^\s*([0-9a-f]+):\t{PREFIXES}(\S+)\s*(.*)$")
FUNCTION = re.compile(r"^([0-9a-f]+) <(.+)>:$")


class Image:
    """What a file has; or `data`, which is in none and cannot be disassembled."""

    def __init__(self, path, data=None):
        self.path, self.data = path, data
        if data is None:
            with open(path, "rb") as source:
                self.data = source.read()
        self.entry, table, headers = struct.unpack_from("<QQQ", self.data, 24)
        entry_size, count, header_size, header_count, names = struct.unpack_from("<HHHHH", self.data, 54)
        self.segments = [self._segment(table + i * entry_size) for i in range(count)]
        raw = [struct.unpack_from("<IIQQQQIIQQ", self.data, headers + i * header_size) for i in range(header_count)]
        self.sections = [Section(self._text(raw[names][4] + s[0]), s[1], s[2], s[3], s[4], s[5]) for s in raw]
        self.symbols = [symbol for s in raw if s[1] == 2 for symbol in self._symbols(s, raw[s[6]])]

    def _segment(self, at):
        return Segment(*struct.unpack_from("<IIQQQQQQ", self.data, at))

    def _symbols(self, table, strings):
        for at in range(table[4], table[4] + table[5], 24):
            name, info, _, section, address, size = struct.unpack_from("<IBBHQQ", self.data, at)
            yield Symbol(self._text(strings[4] + name), info & 15, section, address, size)

    def _text(self, at):
        return self.data[at:self.data.index(b"\0", at)].decode()

    def section(self, name):
        """The section, or one of no size."""
        return next((s for s in self.sections if s.name == name), Section(name, 0, 0, 0, 0, 0))

    def contents(self, name):
        section = self.section(name)
        return b"" if section.kind == SHT_NOBITS else self.data[section.offset:section.offset + section.size]

    def address_of(self, name):
        """The address of a symbol that is there once; None when it is not there."""
        return next((s.address for s in self.symbols if s.name == name and s.section), None)

    def at(self, address, size):
        """The bytes that a loader puts at an address."""
        for segment in self.segments:
            if segment.kind == PT_LOAD and segment.address <= address <= segment.address + segment.file_size - size:
                start = segment.offset + address - segment.address
                return self.data[start:start + size]
        return b""

    def notes(self):
        """(owner, number, value) of every note that a program header names, in steps of four bytes."""
        for segment in self.segments:
            at = segment.offset
            while segment.kind == PT_NOTE and at + 12 <= segment.offset + segment.file_size:
                name_size, size, number = struct.unpack_from("<III", self.data, at)
                value = at + 12 + -(-name_size // 4) * 4
                yield self.data[at + 12:at + 12 + name_size], number, self.data[value:value + size]
                at = value + -(-size // 4) * 4

    def instructions(self, start, end):
        """Disassemble [start, end)."""
        command = ["objdump", "-d", "--no-show-raw-insn", f"--start-address={start}", f"--stop-address={end}", self.path]
        text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        function = ""
        for line in text.splitlines():
            if header := FUNCTION.match(line):
                function = header.group(2)
            elif found := INSTRUCTION.match(line):
                yield Instruction(int(found.group(1), 16), function, found.group(2), found.group(3))
