# SPDX-License-Identifier: GPL-2.0-or-later
"""lull check: the tables of real kernels are sound, damaged ones are refused by name, and what would be patched."""

import json
import os
import random
import re
import shutil
import struct
import subprocess

from tests.tools import images
from tests.tools.case import ROOT, Case, debian_kernel, kernels, read

LOCK, NO_PREFIX = 0xf0, 0x3e
CHOICE = 4			# LULL_KIND_CHOICE
PT_NULL, PT_NOTE = 0, 4
# What the tool may say of a large kernel on a busy machine.
PROGRESS = r"\A(lull: still checking .*\n)*\Z"


def fnv(data):
    """FNV-1a, 64 bits."""
    value = 0xcbf29ce484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001b3 & (1 << 64) - 1
    return f"{value:#x}"


def sections(elf):
    """{name: (address, offset, size)} of a 64-bit ELF file."""
    table, = struct.unpack_from("<Q", elf, 40)
    count, names = struct.unpack_from("<HH", elf, 60)
    rows = [struct.unpack_from("<IIQQQQ", elf, table + 64 * i) for i in range(count)]
    start = rows[names][4]
    return {bytes(elf[start + row[0]:elf.index(b"\0", start + row[0])]).decode(): row[3:6] for row in rows}


class Checking(Case):
    """What the tests of this file share."""

    def check(self, path, *options, status=0):
        """The JSON of lull check; the form for people must say the same verdict."""
        text = self.lull("check", path, *options, status=status, said=PROGRESS)
        found = json.loads(self.lull("check", "--json", path, *options, status=status, said=PROGRESS))
        self.assertIn(f"verdict          {found['verdict']}\n", text)
        return found

    def tables(self, found):
        return {table["name"]: table for table in found["tables"]}


class Own(Checking):
    """The sites that a kernel declares itself, judged as the shim judges them."""

    EXAMPLE = os.path.join(ROOT, "build", "guests", "example.elf")

    def changed(self, change):
        """The example with one thing changed: CHANGE gets its bytes, and address, offset and size of its table of sites."""
        elf = bytearray(read(self.EXAMPLE))
        change(elf, *sections(elf)[".lull_sites"])
        return self.file("changed.elf", elf)

    def test_sound(self):
        found = self.check(self.EXAMPLE)
        self.assertGreater(found["own_records"], 10)
        self.assertEqual(found["verdict"], "sound")
        self.assertNotIn("tables", found)

    def test_a_choice_that_is_nobodys(self):
        """The error names the section, the record and the site, as addr2line takes it."""
        def change(elf, address, offset, size):
            for at in range(offset, offset + size, 16):
                if elf[at + 10] == CHOICE:
                    elf[at + 12] += 1
                    site, = struct.unpack_from("<i", elf, at)
                    where.append((at - offset) // 16)
                    where.append(f"{address + at - offset + site:#x}")
                    return
        where = []
        found = self.check(self.changed(change), status=1)
        self.assertEqual(found["error"]["name"], "site-choice")
        self.assertIn(f"record {where[0]} of .lull_sites", found["error"]["expected"])
        self.assertIn(where[1], found["error"]["found"])

    def test_lengths(self):
        """Both lengths, and the line of the source behind the address."""
        def change(elf, _, offset, size):
            last = max(at for at in range(offset, offset + size, 16) if elf[at + 10] == CHOICE)
            elf[last + 13] = 200
        error = self.check(self.changed(change), status=1)["error"]
        self.assertEqual(error["name"], "site-length")
        self.assertRegex(error["found"], r"^200 bytes, for a site of \d+ bytes$")
        address = re.search(r"0x[0-9a-f]+", error["expected"]).group()
        said = subprocess.run(["addr2line", "-f", "-e", self.EXAMPLE, address], check=True, stdout=subprocess.PIPE, text=True)
        self.assertNotIn("??\n", said.stdout.splitlines()[0] + "\n")

    def test_notes_that_lull_does_not_see(self):
        elf = bytearray(read(self.EXAMPLE))
        table, = struct.unpack_from("<Q", elf, 32)
        for at in range(table, table + 56 * elf[56], 56):
            if elf[at] == PT_NOTE:
                elf[at] = PT_NULL
        path = self.file("unseen.elf", elf)
        found = json.loads(self.lull("inspect", "--json", path))
        self.assertIn("(.note.lull) are in no PT_NOTE", found["elf"]["warning"])
        self.assertNotIn("warning", json.loads(self.lull("inspect", "--json", self.EXAMPLE))["elf"])


class Small(Checking):
    """A kernel of a hundred bytes whose text can be hashed here."""

    def locks(self):
        return self.kernel("locks.elf", ("PVH", "LOCKS"))

    def test_prediction(self):
        path = self.locks()
        elf = read(path)
        address, offset, size = sections(elf)[".text"]
        text = bytearray(elf[offset:offset + size])
        self.assertEqual(text.count(LOCK), 3)
        found = self.check(path)
        self.assertNotIn("prediction", found)
        self.assertEqual((found["locks_there"], found["locks_gone"], found["locks_other"]), (3, 0, 0))
        self.assertEqual(found["text"], [{"name": ".text", "address": f"{address:#x}", "size": size}])
        many = self.check(path, "--cpus", "2")["prediction"]
        self.assertEqual((many["cpus"], many["locks"], many["locks_patched"]), (2, 3, 0))
        self.assertEqual(many["text_hash"], fnv(text))
        one = self.check(path, "--cpus", "1", "--safe")["prediction"]
        self.assertEqual((one["cpus"], one["locks"], one["locks_patched"], one["bytes"]), (1, 3, 3, 3))
        self.assertEqual(one["text_hash"], fnv(text.replace(bytes([LOCK]), bytes([NO_PREFIX]))))

    def test_text_of_the_start(self):
        """It is hashed too, behind the other. Its prefixes stay, as Linux has it."""
        path = self.kernel("start.elf", ("PVH", "LOCKS", "INIT"))
        elf = read(path)
        text, start = (elf[offset:offset + size] for _, offset, size in map(sections(elf).get, (".text", ".init.text")))
        self.assertEqual((text.count(LOCK), start.count(LOCK)), (3, 1))
        self.assertEqual([part["name"] for part in self.check(path)["text"]], [".text", ".init.text"])
        self.assertEqual(self.check(path, "--cpus", "2")["prediction"]["text_hash"], fnv(text + start))
        one = self.check(path, "--cpus", "1")["prediction"]
        self.assertEqual(one["text_hash"], fnv(text.replace(bytes([LOCK]), bytes([NO_PREFIX])) + start))

    def test_containers(self):
        """A bzImage, a UKI, a packed shim and a compressed file hold the same kernel."""
        elf = read(self.locks())
        image = self.file("vmlinuz", images.bzimage(images.with_size(elf, "gzip")))
        self.lull("pack", "-k", image, "-o", self.path("out"), said=self.PVH_ONLY)
        wanted = self.check(image)["tables"]
        for path in (self.path("out.efi"), self.path("out.elf"),
                     self.file("packed.zst", images.COMPRESSORS["zstd"](elf))):
            self.assertEqual(self.check(path)["tables"], wanted)

    def test_unsound(self):
        path = self.locks()
        elf = bytearray(read(path))
        offset = sections(elf)[".smp_locks"][1]
        struct.pack_into("<i", elf, offset + 8, 0x1000)
        found = self.check(self.file("broken.elf", elf), status=1)
        self.assertEqual(found["verdict"], "unsound")
        self.assertEqual(found["error"]["name"], "linux-site")
        self.assertIn("record 2 of .smp_locks", found["error"]["expected"])

    def test_broken_relocations(self):
        """lull does not start such a kernel, unless it is told to leave it where it is linked."""
        elf = read(self.locks())
        self.assertEqual(self.check(self.locks())["relocations"]["lists"], 0)
        for behind, name in ((bytes(3), "linux-reloc-lists"), (struct.pack("<4I", 0, 1, 0, 1), "linux-reloc-place")):
            found = self.check(self.file("broken.elf", elf + behind), status=1)
            self.assertEqual((found["verdict"], found["relocations_error"]["name"]), ("unsound", name))
            self.assertNotIn("error", found)

    def test_two_tables(self):
        elf = bytearray(read(self.locks()))
        found = sections(elf)
        table, = struct.unpack_from("<Q", elf, 40)
        order = list(found)
        struct.pack_into("<I", elf, table + 64 * order.index(".data"),
                         struct.unpack_from("<I", elf, table + 64 * order.index(".text"))[0])
        found = self.check(self.file("twice.elf", elf), status=1)
        self.assertEqual(found["error"]["name"], "linux-section-twice")

    def test_nothing_to_check(self):
        empty = self.file("empty", b"")
        for path, said in ((self.kernel("plain.elf"), "error 152: linux-no-tables"),
                           (self.kernel("small.elf", ("PVH",), 32), "error 152: linux-no-tables"),
                           (empty, "no kernel, but empty"), (self.file("x", b"hello"), "no kernel, but unknown"),
                           (self.path("missing"), "missing")):
            self.lull("check", path, status=2, said=said)
        broken = bytearray(read(self.bzimage()))
        broken[-64:] = bytes(64)
        self.lull("check", self.file("broken", broken), status=2, said="broken")
        self.lull("check", self.file("short", read(self.bzimage())[:1100]), status=2, said="linux-truncated")

    def test_usage(self):
        path = self.locks()
        for arguments in ((), (path, path), (path, "--frob"), (path, "--safe"), (path, "--cpus", "0"),
                          (path, "--cpus", "1x"), (path, "--cpus", "")):
            self.lull("check", *arguments, status=2, said=".")
        self.lull("check", path, status=2, said="cannot write", stdout=open("/dev/full", "w"))


class Debian(Checking):
    """Kernels as people run them."""

    def test_sound(self):
        for name in ("6.1-cloud", "6.1", "6.12"):
            with self.subTest(name):
                found = self.check(debian_kernel(name), "--cpus", "1")
                tables, one = self.tables(found), found["prediction"]
                alternatives = tables[".altinstructions"]
                print(f"check {name}: alternatives {alternatives['records']}/{alternatives['sites']} of "
                      f"{alternatives['record_size']} bytes, direct calls {found['direct_calls']}, paravirt "
                      f"{tables['.parainstructions']['records']}, locks {found['locks_there']}, "
                      f"other {found['locks_other']}")
                self.assertEqual(found["verdict"], "sound")
                self.assertIn(alternatives["record_size"], (12, 14))
                self.assertGreater(alternatives["sites"], 1000)
                self.assertGreater(alternatives["records"], alternatives["sites"])
                self.assertGreater(found["direct_calls"] + tables[".parainstructions"]["records"], 1000)
                self.assertGreater(found["locks_there"], 1000)
                self.assertLess(found["locks_other"], 10)
                self.assertEqual(one["locks"], found["locks_there"])
                # Linux, and lull, leave those of .init.text.
                self.assertGreater(one["locks_patched"], 1000)
                self.assertLess(one["locks_patched"], one["locks"])
                two = self.check(debian_kernel(name), "--cpus", "2")["prediction"]
                self.assertEqual((two["locks"], two["locks_patched"]), (found["locks_there"], 0))
                self.assertNotEqual(two["text_hash"], one["text_hash"])
                safe = self.check(debian_kernel(name), "--cpus", "2", "--safe")["prediction"]
                self.assertEqual((safe["locks_patched"], two["alternatives_patched"]), (0, 0))
                # Even the emulators that this may run in have POPCNT.
                self.assertGreater(safe["alternatives_patched"], 10)


class Damage(Checking):
    """One record of a real kernel's table, chosen by a seed, is damaged in each of many ways."""

    SEED = 2006

    def setUp(self):
        super().setUp()
        try:
            original = kernels.unpacked_dom0()
        except kernels.Unavailable as reason:
            self.skipTest(str(reason))
        self.vmlinux = self.path("vmlinux")
        shutil.copyfile(original, self.vmlinux)
        self.sections = sections(read(self.vmlinux))
        self.random = random.Random(self.SEED)

    def place(self, address):
        """Where the byte at a virtual address is in the file."""
        return next(offset + address - start for start, offset, size in self.sections.values()
                    if start <= address < start + size and start != 0)

    def damage(self, table, record, offset, change, wanted, near=0):
        """Changes bytes of the kernel's file; it is refused for that record.  Then puts them back."""
        with open(self.vmlinux, "r+b") as file:
            file.seek(offset)
            before = file.read(len(change))
            file.seek(offset)
            file.write(change)
            file.flush()
            with self.subTest(wanted=wanted, record=record):
                found = json.loads(self.lull("check", "--json", "--cpus", "1", self.vmlinux, status=1, said=PROGRESS))
                self.assertEqual((found["verdict"], found["error"]["name"]), ("unsound", wanted))
                # Of the other tables nothing is lost.
                self.assertEqual({name for name, row in self.tables(found).items() if row["verdict"] != "sound"}, {table})
                self.assertEqual(found["prediction"]["locks_patched"] > 1000, table != ".smp_locks")
                self.assertTrue(any(f"record {i} of {table} " in found["error"]["expected"]
                                    for i in range(record, record + near + 1)), found["error"]["expected"])
            file.seek(offset)
            file.write(before)

    def some_record(self, table, size):
        """(number, offset in the file, bytes) of a record that is not the last."""
        _, offset, length = self.sections[table]
        number = self.random.randrange(length // size - 1)
        with open(self.vmlinux, "rb") as file:
            file.seek(offset + number * size)
            return number, offset + number * size, file.read(size)

    def test_alternatives(self):
        table = ".altinstructions"
        number, offset, record = self.some_record(table, 12)
        site, replacement, _, length, inside = struct.unpack("<iiHBB", record)
        for at, change, wanted, near in (
                (0, struct.pack("<i", site + (1 << 28)), "linux-site", 0),
                (4, struct.pack("<i", replacement + 1), "linux-chain", 0),
                (8, struct.pack("<H", 0x7fff), "linux-feature", 0),
                (10, b"\0", "linux-length", 0),
                (11, bytes([inside + 1]), "linux-chain", 1)):
            self.damage(table, number, offset + at, change, wanted, near)
        # The site of another record, two further on.
        other = struct.unpack_from("<i", read(self.vmlinux), offset + 36)[0] + 36
        self.damage(table, number, offset, struct.pack("<i", other), "linux-shared", 4)

    def test_paravirt(self):
        table = ".parainstructions"
        number, offset, record = self.some_record(table, 16)
        site, kind, length = struct.unpack_from("<QBB", record)
        self.damage(table, number, offset, struct.pack("<Q", site + (1 << 28)), "linux-site")
        self.damage(table, number, offset + 8, bytes([kind ^ 0x80]), "linux-call-table")
        self.damage(table, number, offset + 9, bytes([length - 1]), "linux-call")
        self.damage(table, number, self.place(site), b"\xfe", "linux-call")
        self.damage(table, number, self.place(site) + 2, b"\x55\x55", "linux-call-table")

    def test_locks(self):
        table = ".smp_locks"
        _, offset, length = self.sections[table]
        words = struct.unpack_from(f"<{length // 4}i", read(self.vmlinux), offset)
        number = self.random.randrange(1, words.index(0) - 2)
        self.damage(table, number, offset + 4 * number, struct.pack("<i", 0x10000), "linux-site")
        # Another record's site.
        self.damage(table, number, offset + 4 * number, struct.pack("<i", words[number + 2] + 8), "linux-shared", 2)
        start, _, size = self.sections[".text"]
        sites = [self.sections[table][0] + 4 * i + word for i, word in enumerate(words) if word != 0]
        # A site that is no lock prefix is counted and left.
        address = next(site for site in sites[number:] if start <= site < start + size)
        with open(self.vmlinux, "r+b") as file:
            file.seek(self.place(address))
            file.write(b"\x66")
        found = self.check(self.vmlinux, "--cpus", "1")
        self.assertEqual(found["locks_other"], 1)
        self.assertEqual(found["first_other"], f"{address:#x}")
        self.assertEqual(found["prediction"]["locks"], len(sites) - 1)
        self.assertEqual(found["prediction"]["locks_patched"], sum(start <= site < start + size for site in sites) - 1)
