# SPDX-License-Identifier: GPL-2.0-or-later
"""lull inspect --loaders: its two forms, and the verdicts on loaders that tests/loaders cannot ask, as their sources have them."""

import json
import resource
import struct

from tests.files.formats import MIB, Section, bzimage, pv_kernel, pvh_kernel, uki
from tests.loaders import made, made_pe
from tests.tools import images
from tests.tools.case import SHIM, Case, read

IDS = ["qemu", "xl-pv", "xl-pvh", "dom0-pv", "dom0-pvh", "firecracker", "cloud-hypervisor", "grub-linux", "grub-multiboot",
       "grub-multiboot2", "grub-xen", "uefi", "systemd-boot", "kexec-file", "kexec-load"]
BUILD_ID = struct.pack("<III", 4, 20, 3) + b"GNU\0" + bytes(20)


class Loaders(Case):

    def rows(self, path):
        said = json.loads(self.lull("inspect", "--loaders", "--json", path))
        return {row["loader"]: row for row in said["loaders"]}

    def verdict(self, loader, data):
        """(verdict, door, entry) of bytes."""
        row = self.rows(self.file("tried", data))[loader]
        return row["verdict"], row.get("door"), row.get("entry")

    def test_forms(self):
        for path in (SHIM, self.file("text", b"#!/bin/sh\n"), self.file("empty", b""), self.bzimage()):
            rows = self.rows(path)
            self.assertEqual(list(rows), IDS)
            for row in rows.values():
                self.assertIn(row["verdict"], ("takes", "refuses", "misreads"))
                self.assertEqual("entry" in row, row["verdict"] == "takes")
                self.assertTrue(row["verdict"] == "takes" or row["why"])
                self.assertFalse(row.get("why", "").endswith("."), row)
            people = self.lull("inspect", path, "--loaders").splitlines()
            self.assertLessEqual(max(map(len, people)), 100)
            self.assertEqual([line for line in people if line != line.rstrip()], [])
            self.assertEqual(len([line for line in people if line[:2] == "  " and line[2:3].strip()]), len(IDS))

    def test_bytes_of_the_file(self):
        """What a file says of itself does not reach a terminal as it is."""
        path = self.file("k", pv_kernel(features=b"!\x1b[31m\xff\0"))
        self.assertNotIn("\x1b", self.lull("inspect", "--loaders", path))
        self.assertIn("FEATURES", self.rows(path)["xl-pv"]["why"])

    def test_usage(self):
        self.lull("inspect", "--loaders", status=2, said="one file")
        self.lull("inspect", "--loaders", self.path("none"), status=1, said="none")

    def test_no_memory(self):
        """Nothing is said of a kernel that there is no room to unpack, and nothing is wrong with it."""
        limit = 64 << 20
        for content in (images.bzimage(images.with_size(bytes(200 << 20), "zstd")), images.COMPRESSORS["gzip"](bytes(200 << 20))):
            said = self.lull("inspect", "--loaders", "--json", self.file("large", content), status=1,
                             preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
            self.assertEqual(json.loads(said), {"file": self.path("large"), "problem": "not enough memory to unpack it"})

    def test_linux_loader(self):
        """rust-vmm's linux-loader: Firecracker goes to e_entry where there is no PVH note, Cloud Hypervisor does not."""
        pvh, elf64 = ("takes", "pvh", "0x100000"), ("takes", "linux64", "0x100000")
        no, bz = ("refuses", None, None), ("takes", "linux", "0x100000")
        xen = made.entry_note(wide=True)
        for name, data, firecracker, cloud in (
                ("sound", made.kernel(made.block(xen)), pvh, pvh),
                ("four bytes", made.kernel(made.block(made.entry_note())), pvh, pvh),
                ("alignment 8", made.kernel(made.block(xen, 8)), pvh, pvh),
                ("behind another", made.kernel(made.block(BUILD_ID + xen)), pvh, pvh),
                ("last block decides", made.kernel(made.block(xen), made.block(BUILD_ID)), elf64, no),
                ("last block has it", made.kernel(made.block(BUILD_ID), made.block(xen)), pvh, pvh),
                ("two bytes", made.kernel(made.block(made.note(18, b"\0\0"))), no, no),
                ("three letters", made.kernel(made.block(struct.pack("<III", 3, 4, 18) + b"Xen\0" + bytes(4))), elf64, no),
                ("no note", made.kernel(), elf64, no),
                ("in a section", made.with_sections(made.kernel(), [(7, xen)]), elf64, no),
                ("32 bits", pvh_kernel(32), no, no),
                ("low e_entry", made.kernel(made.block(xen), entry=MIB - 1), no, no),
                ("large headers", made.larger_headers(made.kernel(made.block(xen))), no, no),
                ("headers in front", made.kernel(made.block(xen), table=63), no, no),
                ("another machine", made.kernel(made.block(xen), machine=3), pvh, pvh),
                ("big endian", made.kernel(made.block(xen), byte_order=2), no, no),
                ("cut", made.kernel(made.block(xen))[:-1], no, no),
                ("cut headers", made.kernel(made.block(xen))[:100], no, no),
                ("cut header", made.kernel(made.block(xen))[:63], no, no),
                ("note behind the file", made.kernel(made.block(xen, offset=1 << 20)), no, no),
                ("bzImage", self.with_start(bzimage()), no, bz),
                ("bzImage, low", self.with_start(bzimage(), 0xfffff), no, no),
                ("zImage", self.with_start(bzimage(loadflags=0)), no, no),
                ("old bzImage", self.with_start(bzimage(version=0x1ff)), no, no),
                ("cut bzImage", self.with_start(bzimage())[:2000], no, no),
                ("text", b"text" * 200, no, no)):
            with self.subTest(name):
                self.assertEqual(self.verdict("firecracker", data), firecracker)
                self.assertEqual(self.verdict("cloud-hypervisor", data), cloud)

    def with_start(self, image, start=MIB):
        """A bzImage with code32_start."""
        image = bytearray(image)
        struct.pack_into("<I", image, 0x214, start)
        return bytes(image)

    def test_systemd_boot(self):
        takes, no = ("takes", "efi", "0x1000"), ("refuses", None, None)
        kernel = bzimage()

        def program(*sections):
            return made_pe.Program(more=sections).build()
        for name, data, said in (
                ("no UKI", made_pe.Program().build(), takes),
                ("UKI", program((b".linux", kernel), (b".osrel", b"ID=lull\n")), takes),
                ("by name", program((b".linux", kernel), (b".osrel", b"#\nPRETTY_NAME=x\n")), takes),
                ("no .osrel", program((b".linux", kernel)), no),
                ("no name", program((b".linux", kernel), (b".osrel", b"VERSION_ID=1\nXID=1\n")), no),
                ("empty kernel", program((b".linux", b""), (b".osrel", b"ID=lull\n")), no),
                ("no program", uki([Section(".linux", kernel), Section(".osrel", b"ID=x\n")]), no)):
            with self.subTest(name):
                self.assertEqual(self.verdict("systemd-boot", data), said)

    def test_systemd_boot_says_why(self):
        for osrel, why in (([], "no .osrel"), ([(b".osrel", b"VERSION_ID=1\n")], "names no system")):
            path = self.file("tried", made_pe.Program(more=[(b".linux", bzimage()), *osrel]).build())
            self.assertIn(why, self.rows(path)["systemd-boot"]["why"])

    def test_kexec_file(self):
        """Both flags are asked for: an entry of 64 bits, and that it may lie anywhere."""
        no = ("refuses", None, None)
        for flags, said in ((3, ("takes", "linux64", "0x1000200")), (2, no), (1, no), (0xfffe, no), (0, no)):
            with self.subTest(flags):
                self.assertEqual(self.verdict("kexec-file", bzimage(xloadflags=flags)), said)

    def test_kexec_tools(self):
        for name, data, said in (
                ("bzImage", bzimage(), ("takes", "linux64", "0x1000200")),
                ("32-bit bzImage", self.with_start(bzimage(xloadflags=0)), ("takes", "linux", "0x100000")),
                ("zImage", bzimage(loadflags=0), ("refuses", None, None)),
                ("vmlinux", pvh_kernel(), ("takes", "elf", "0x100000")),
                ("ELF32", pvh_kernel(32), ("takes", "elf", "0x100000")),
                ("object", made.kernel(type=1), ("refuses", None, None)),
                ("interpreter", made.kernel(made.Segment(b"/lib", 0, kind=3)), ("refuses", None, None)),
                ("multiboot", made.with_header(made.multiboot()), ("takes", "multiboot", "0x100000")),
                ("multiboot, a flag", made.with_header(made.multiboot(1 << 3)), ("takes", "elf", "0x100000")),
                ("multiboot in ELF64", made.with_header(made.multiboot(), bits=64), ("takes", "elf", "0x100000")),
                ("multiboot2", made.with_header(made.multiboot2(), bits=64), ("takes", "multiboot2", "0x100000")),
                ("gzip", made.gzip.compress(pvh_kernel()), ("takes", "elf", "0x100000")),
                ("text", b"text" * 500, ("refuses", None, None))):
            with self.subTest(name):
                self.assertEqual(self.verdict("kexec-load", data), said)

    def test_shim(self):
        """lull.elf itself comes in by every door that is made for it."""
        rows = self.rows(SHIM)
        taken = [loader for loader, row in rows.items() if row["verdict"] == "takes"]
        for loader in ("qemu", "xl-pv", "xl-pvh", "dom0-pv", "dom0-pvh", "firecracker", "cloud-hypervisor", "grub-multiboot2",
                       "grub-xen"):
            self.assertIn(loader, taken)
        self.assertNotIn("uefi", taken)
        self.assertTrue(read(SHIM).startswith(b"\x7fELF"))
