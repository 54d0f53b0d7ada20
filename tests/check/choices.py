#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the patcher moves must be right where it lands: of a choice (lull/site.h) only a branch that it begins with is
relocated, so nothing further in may count from the address that it was linked at.

Objects, not images, tell: there, whatever in .lull_images counts from its own address to something outside has a
relocation.  What this does not see is one image that refers to another one's inside.  A file that it cannot check (a linked
one, an archive, the compiler's own form for -flto) is an offence too.

    choices.py [OBJECT...]     the seeded offences first, then the objects (unless named: the shim's and the guests')
"""

import collections
import pathlib
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
ELF_MAGIC, ELFCLASS64, ET_REL, SHT_RELA, SHT_REL, SHT_NOBITS = b"\x7fELF", 2, 1, 4, 9, 8
RECORD, IMAGE_FIELD, KIND_FIELD, LENGTH_FIELD = 16, 4, 10, 13
WITH_IMAGE = (2, 4)			# LULL_KIND_CODE, LULL_KIND_CHOICE
# Relocations that count from their own place (psABI, table 4.9): PC32, PLT32, GOTPCREL, PC16, PC8, PC64, ...
FROM_PLACE = {2, 4, 9, 13, 15, 22, 24, 26, 28, 29, 34, 41, 42}

Relocation = collections.namedtuple("Relocation", "offset kind symbol addend")
Symbol = collections.namedtuple("Symbol", "section value")


class Object:
    """An ELF64 relocatable file: sections, symbols, and the relocations of a section."""

    def __init__(self, path):
        self.data = pathlib.Path(path).read_bytes()
        table, = struct.unpack_from("<Q", self.data, 40)
        size, count, names = struct.unpack_from("<HHH", self.data, 58)
        self.headers = [struct.unpack_from("<IIQQQQIIQQ", self.data, table + i * size) for i in range(count)]
        start = self.headers[names][4]
        self.names = [self.data[start + h[0]:self.data.index(b"\0", start + h[0])].decode() for h in self.headers]

    def contents(self, index):
        header = self.headers[index]
        return self.data[header[4]:header[4] + header[5]]

    def symbols(self, index):
        return [Symbol(entry[3], entry[4]) for entry in struct.iter_unpack("<IBBHQQ", self.contents(index))]

    def sections(self, name):
        return [i for i, found in enumerate(self.names) if found == name]

    def relocations(self, section):
        for index, header in enumerate(self.headers):
            if header[1] == SHT_RELA and header[7] == section:
                symbols = self.symbols(header[6])
                for offset, info, addend in struct.iter_unpack("<QQq", self.contents(index)):
                    yield Relocation(offset, info & 0xffffffff, symbols[info >> 32], addend)


def images(obj, section):
    """The images of a section of them: {(start, length)}."""
    found = set()
    for table in obj.sections(".lull_sites"):
        data = obj.contents(table)
        for one in obj.relocations(table):
            record, field = one.offset - one.offset % RECORD, one.offset % RECORD
            if field == IMAGE_FIELD and data[record + KIND_FIELD] in WITH_IMAGE and one.symbol.section == section:
                found.add((one.symbol.value + one.addend, data[record + LENGTH_FIELD]))
    return found


def leading(image):
    """Where the displacement of the branch is that an image begins with (pv/engine/replacement.h); 0 when it begins with none."""
    if len(image) >= 5 and image[0] & 0xfe == 0xe8:
        return 1
    return 2 if len(image) >= 6 and image[0] == 0x0f and image[1] & 0xf0 == 0x80 else 0


def unreadable(path):
    """Why a file cannot be checked; None when it can."""
    data = pathlib.Path(path).read_bytes()
    if data[:4] != ELF_MAGIC or len(data) < 64:
        return "no ELF object" + (", but an archive: name the objects in it" if data[:7] == b"!<arch>" else "")
    if data[4] != ELFCLASS64:
        return "not of 64 bits"
    if int.from_bytes(data[16:18], "little") != ET_REL:
        return "linked: what counts from its own address has no relocation any more; name the objects that it was linked from"
    obj = Object(path)
    if any(name.startswith(".gnu.lto_") for name in obj.names) and not obj.sections(".lull_images"):
        return "the compiler's own form (-flto): compile it without, or with -ffat-lto-objects"
    for section in obj.sections(".lull_images"):
        if any(h[1] == SHT_REL and h[7] == section for h in obj.headers):
            return "relocations without addends, which no compiler makes for x86-64"
        if obj.headers[section][5] and not obj.sections(".lull_sites"):
            return "choices without a table that names them"
    return None


def offences(path):
    why = unreadable(path)
    if why:
        yield f"{path}: cannot be checked: {why}"
        return
    obj = Object(path)
    for section in obj.sections(".lull_images"):
        data = obj.contents(section)
        known = images(obj, section)
        branches = {start: leading(data[start:start + size]) for start, size in known}
        moved = {start + at for start, at in branches.items() if at}
        for one in obj.relocations(section):
            if one.kind in FROM_PLACE and one.offset not in moved:
                yield f"{path}: .lull_images+{one.offset:#x}: relative to rip, and no branch that a choice begins with"


SEEDED = {
    "operand": "nop ; lea symbol(%rip), %rax",
    "first operand": "mov symbol(%rip), %eax",
    "second branch": "LULL_JUMP_TO(symbol) ; LULL_JUMP_TO(symbol)",
    "late call": "xor %eax, %eax ; call symbol",
}
SOUND = {
    "call": "LULL_CALL_TO(symbol) ; nop",
    "jump": "LULL_JUMP_TO(symbol)",
    "condition": ".byte 0x0f, 0x84 ; .long symbol - . - 4",
    "absolute": "mov $symbol, %eax ; movabs $symbol, %rax",
    "inside": "test %eax, %eax ; jz 1f ; nop ; 1:",
}


def assembled(scratch, code):
    source = pathlib.Path(scratch, "site.S")
    source.write_text("#include <lull/site.h>\n.text\nnop\nLULL_SITE_TRAPPED\n"
                      f"LULL_CHOICE(LULL_FEATURE_ALWAYS, nop)\nLULL_CHOICE(LULL_FEATURE_ERMS, {code})\nLULL_SITE_END\n")
    subprocess.run(["gcc", "-c", f"-I{ROOT}/include", str(source), "-o", f"{scratch}/site.o"], check=True)
    return f"{scratch}/site.o"


def uncheckable(scratch):
    """{name: path} of files made from an object with an offence that nobody can see in them any more."""
    def run(*command):
        subprocess.run(command, check=True, cwd=scratch)
        return f"{scratch}/{command[-1]}"

    site = assembled(scratch, SEEDED["operand"])
    pathlib.Path(scratch, "empty.c").write_text("int symbol;\n")
    pathlib.Path(scratch, "text").write_text("no object\n")
    return {
        "linked": run("ld", "--defsym=symbol=0x1000", "-e0x1000", site, "-o", "linked.elf"),
        "archive": run("sh", "-c", 'ar rcs "$1" "$0"', site, "site.a"),
        "32 bits": run("gcc", "-m32", "-c", "empty.c", "-o", "empty32.o"),
        "lto": run("gcc", "-flto", "-c", "empty.c", "-o", "lto.o"),
        "no object": f"{scratch}/text",
        "only images": run("sh", "-c", 'objcopy -R .lull_sites -R .rela.lull_sites "$0" "$1"', site, "images.o"),
    }


def self_test():
    passed = failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        for cases, wanted in ((SEEDED, True), (SOUND, False)):
            for name, code in cases.items():
                good = bool(list(offences(assembled(scratch, code)))) == wanted
                passed, failed = passed + good, failed + (not good)
                if not good:
                    print(f"choices: the {'offence' if wanted else 'sound choice'} \"{name}\" was "
                          f"{'not found' if wanted else 'refused'}")
        for name, path in uncheckable(scratch).items():
            good = any("cannot be checked" in line for line in offences(path))
            passed, failed = passed + good, failed + (not good)
            if not good:
                print(f"choices: the file that cannot be checked, \"{name}\", was taken")
    return passed, failed


def main(arguments):
    passed, failed = self_test()
    built = [ROOT / "build" / part for part in ("shim", "guests")]
    objects = arguments or sorted(str(path) for directory in built for path in directory.rglob("*.o"))
    with_images = 0
    for path in objects:
        if not arguments and pathlib.Path(path).read_bytes()[4] != ELFCLASS64:		# a guest of 32 bits has no sites
            continue
        found = list(offences(path))
        print("".join(f"choices: {line}\n" for line in found), end="")
        with_images += not found and bool(Object(path).sections(".lull_images"))
        passed, failed = passed + (not found), failed + bool(found)
    if not with_images and not failed:
        print("choices: no object has any choices")
        failed += 1
    print(f"choices: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__.strip())
        sys.exit(0)
    sys.exit(main(sys.argv[1:]))
