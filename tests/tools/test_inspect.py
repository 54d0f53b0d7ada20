# SPDX-License-Identifier: GPL-2.0-or-later
"""lull inspect: what it says of every kind of file."""

import json
import os
import resource
import struct
import subprocess
import zlib

from tests.tools import images
from tests.tools.case import Case, ROOT, SHIM, TOOL, debian_kernel, read


def notes(elf):
    return {note["name"]: note["value"] for note in elf["xen_notes"]}


class Kinds(Case):

    def test_every_compression(self):
        """The kernel inside a bzImage is found, whatever packed it."""
        elf = read(self.kernel(defines=("PV", "PVH"))) + b"relocations" * 30000
        for name in images.COMPRESSORS:
            with self.subTest(name):
                path = self.file("vmlinuz", images.bzimage(images.with_size(elf, name)))
                found = self.inspect(path)
                self.assertEqual(found["kind"], "linux-bzimage")
                self.assertEqual(found["version"], "9.8-synthetic (who@where) #1 SMP")
                bzimage = found["bzimage"]
                self.assertEqual(bzimage["boot_protocol"], "2.15")
                self.assertEqual(bzimage["compression"], name)
                self.assertEqual(bzimage["unpacked_size"], len(elf))
                self.assertEqual(bzimage["pref_address"], "0x1000000")
                self.assertEqual(bzimage["vmlinux"]["pvh_entry"], "0x100000")
                self.assertEqual(self.doors(path), ["pvh", "xen-pv", "linux", "lull"])

    def test_lzop_variants(self):
        elf = read(self.kernel()) + os.urandom(300000)
        for flags, version in ((0, 0x1040), (0x303, 0x1040), (1, 0x900)):
            packed = images.lzop(elf, flags, version=version) + struct.pack("<I", len(elf))
            self.assertEqual(self.inspect(self.file("k", images.bzimage(packed)))["bzimage"]["unpacked_size"], len(elf))

    def test_several_lz4_blocks(self):
        elf = read(self.kernel()) + bytes(20 << 20)
        packed = images.with_size(elf, "lz4")
        self.assertEqual(self.inspect(self.file("k", images.bzimage(packed)))["bzimage"]["unpacked_size"], len(elf))

    def problem(self, said, packed, **how):
        path = self.file("vmlinuz", images.bzimage(packed))
        self.assertIn(said, self.lull("inspect", path, status=1, **how))

    def test_broken_inside(self):
        elf = read(self.kernel()) + os.urandom(100000)
        for name in images.COMPRESSORS:
            good = images.with_size(elf, name)
            with self.subTest(name):
                self.problem("unpack-broken", good[:len(good) // 2] + good[-4:])
                if name != "gzip":
                    self.problem("unpack-long", good[:-4] + struct.pack("<I", len(elf) - 1))
                    self.problem("unpack-short", good[:-4] + struct.pack("<I", len(elf) + 1))
        self.problem("unpack-broken", images.lz4_legacy(elf) + b"\1\2" + struct.pack("<I", len(elf)))
        self.problem("unpack-broken", images.lzop(elf, flags=0x800) + struct.pack("<I", len(elf)))
        self.problem("unpack-limit", good[:-4] + struct.pack("<I", (1 << 30) + 1))
        self.problem("unpack-format", b"\x55" * 100)
        self.assertEqual(self.inspect(self.file("vmlinuz", images.bzimage(b"")))["bzimage"]["compression"], "none")
        self.problem("elf-kind", images.with_size(b"no ELF file" * 9, "xz"))

    def test_no_memory(self):
        packed = images.with_size(bytes(200 << 20), "zstd")
        limit = 64 << 20
        self.problem("not enough memory", packed,
                     preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))

    def test_elf(self):
        for bits in (32, 64):
            path = self.kernel(defines=("PV", "PVH"), bits=bits)
            found = self.inspect(path)
            self.assertEqual((found["kind"], found["version"]), ("elf", "9.8-synthetic with a comment"))
            elf = found["elf"]
            self.assertEqual((elf["bits"], elf["pvh_entry"], elf["pv_entry"]), (bits, "0x100000", "0x100000"))
            self.assertEqual([segment["flags"] for segment in elf["segments"]], ["r-x", "rw-"])
            self.assertIn(".data", [section["name"] for section in elf["sections"]])
            self.assertEqual(notes(elf)["FEATURES"], "!writable_page_tables|pae_pgdir_above_4gb")
            self.assertEqual(notes(elf)["PHYS32_RELOC"], "0x200000 0x1000000 0x3fffffff")
            features = [note["features"] for note in elf["xen_notes"] if note["name"] == "SUPPORTED_FEATURES"]
            self.assertEqual(features, ["writable_page_tables|dom0|bit 20"])
            self.assertEqual(self.doors(path), ["pvh", "xen-pv", "lull"])

    def test_notes_for_lull(self):
        path = os.path.join(ROOT, "build", "guests", "example.elf")
        elf = self.inspect(path)["elf"]
        self.assertEqual([note["name"] for note in elf["lull_notes"]], ["SITES", "IMAGES", "TEXT", "DATA", "RECEIPT"])
        self.assertEqual(elf["lull_notes"][2]["address"], "0x200000")
        self.assertEqual(elf["lull_notes"][4]["size"], 160)
        broken = self.file("broken.elf", read(path).replace(b"lullrcpt", b"lullrcpx"))
        self.assertEqual(self.inspect(broken)["lull_refuses"]["name"], "sites-receipt")
        self.assertEqual(self.inspect(broken)["elf"]["lull_notes"], [])

    def test_an_elf_that_nothing_starts(self):
        found = self.inspect(self.kernel(defines=()))
        self.assertEqual(found["starts_by"], [])
        self.assertEqual(found["lull_refuses"]["name"], "elf-no-pvh")
        self.assertIn("none", self.lull("inspect", self.path("kernel.elf")))

    def test_multiboot(self):
        self.assertEqual(self.doors(self.kernel(defines=("MULTIBOOT",))), ["multiboot", "lull"])

    def test_the_shim(self):
        found = self.inspect(SHIM)
        self.assertEqual(found["kind"], "lull-shim")
        self.assertLessEqual({"pvh", "multiboot2"}, set(self.doors(SHIM)))

    def test_packed_and_uki(self):
        self.lull("pack", "--keep", "-k", self.bzimage(), "-i", self.file("initrd", images.COMPRESSORS["gzip"](images.cpio())),
                  "-c", 'quiet "a b" \\ \u00e9', "-o", self.path("out"), said=self.PVH_ONLY)
        packed, uki = self.inspect(self.path("out.elf")), self.inspect(self.path("out.efi"))
        self.assertEqual(packed["kind"], "lull-packed")
        for key in ("cmdline", "uname", "initrd", "kernel"):
            self.assertEqual(packed["embedded"]["uki"][key], uki["uki"][key])
        self.assertEqual(uki["kind"], "uki")
        self.assertEqual(uki["uki"]["cmdline"], 'quiet "a b" \\ \u00e9')
        self.assertEqual(uki["uki"]["uname"], "9.8-synthetic")
        self.assertEqual(uki["uki"]["initrd"]["content"], "cpio")
        self.assertEqual(uki["uki"]["kernel"]["bzimage"]["vmlinux"]["pvh_entry"], "0x100000")
        self.assertEqual(self.doors(self.path("out.efi")), ["efi", "lull"])

    def test_a_uki_of_objcopy(self):
        kernel = read(self.bzimage())
        path = images.objcopy_uki(self.scratch.name, {".osrel": b"ID=test\n", ".uname": b"9.8-synthetic",
                                                      ".cmdline": b"quiet\0", ".linux": kernel})
        found = self.inspect(path)
        self.assertEqual(found["kind"], "uki")
        sizes = {section["name"]: section["size"] for section in found["uki"]["sections"]}
        self.assertEqual(sizes[".linux"], len(kernel))
        self.assertEqual(found["uki"]["kernel"]["version"], "9.8-synthetic (who@where) #1 SMP")
        self.assertEqual(self.doors(path), ["efi", "lull"])

    def test_a_uki_without_a_kernel(self):
        """Other programs for UEFI have such sections too (systemd-boot): nothing is wrong with them."""
        path = images.objcopy_uki(self.scratch.name, {".osrel": b"ID=x", ".cmdline": b"quiet"})
        found = self.inspect(path)
        self.assertEqual((found["kind"], found["lull_refuses"]["name"]), ("pe", "uki-no-linux"))

    def test_text_that_is_padded(self):
        path = images.objcopy_uki(self.scratch.name, {".cmdline": b"quiet\0" + bytes(500), ".uname": b"9.8\0\0",
                                                      ".initrd": b"", ".linux": read(self.bzimage())})
        found = self.inspect(path)["uki"]
        self.assertEqual((found["cmdline"], found["uname"]), ("quiet", "9.8"))

    def test_a_uki_with_a_broken_picture(self):
        """It is told, and the UKI is sound all the same."""
        path = images.objcopy_uki(self.scratch.name, {".splash": b"BM", ".linux": read(self.bzimage())})
        self.assertEqual(self.inspect(path)["uki"]["splash"]["error"]["name"], "efi-picture")

    def test_a_uki_with_a_broken_kernel(self):
        path = images.objcopy_uki(self.scratch.name, {".linux": read(self.bzimage())[:1500]})
        self.assertEqual(self.inspect(path, status=1)["uki"]["kernel"]["error"]["name"], "linux-truncated")

    def test_compressed_files(self):
        elf = read(self.kernel())
        for name, pack in images.COMPRESSORS.items():
            with self.subTest(name):
                # What hardly gets smaller, and what gets so small that its size cannot be guessed.
                for rest in (os.urandom(2 << 20), bytes(2 << 20)):
                    found = self.inspect(self.file("packed", pack(elf + rest)))
                    self.assertEqual((found["kind"], found["compression"]), ("compressed", name))
                    self.assertEqual(found["content"]["elf"]["pvh_entry"], "0x100000")
                found = self.inspect(self.file("packed", pack(images.cpio() + bytes(2 << 20))))
                self.assertEqual(found["content"], "cpio")
        found = self.inspect(self.file("packed", b"\x1f\x8bnothing"), status=1)
        self.assertEqual(found["error"]["name"], "unpack-broken")

    def test_compressed_files_that_do_not_start(self):
        """The shim unpacks a file for an ELF file in it, and for nothing else that it starts."""
        for content in (read(self.bzimage()), images.cpio()):
            self.assertEqual(self.doors(self.file("packed", images.COMPRESSORS["gzip"](content))), [])

    def test_other_files(self):
        for kind, content in (("cpio", images.cpio()), ("empty", b""), ("unknown", b"text"), ("pe", b"MZ" + bytes(600))):
            self.assertEqual(self.inspect(self.file("file", content))["kind"], kind)

    def test_names_that_json_must_escape(self):
        path = os.fsencode(self.path("")) + b'a"\\\n\t\xff\xc3\xa9\xed\xa0\x80'
        with open(path, "wb"):
            pass
        found = self.inspect(path)["file"]
        self.assertEqual(os.path.basename(found), 'a"\\\n\t\ufffd\u00e9\ufffd\ufffd\ufffd')

    def test_truncated_everywhere(self):
        """No length of any file makes the tool crash: it describes it, or says what is missing."""
        self.lull("pack", "-k", self.bzimage(), "-o", self.path("out"), "--shim", images.shim(self.scratch.name),
                  said=self.PVH_ONLY)
        for source in ("vmlinuz", "kernel.elf", "out.efi", "out.elf"):
            whole = read(self.path(source))
            for size in sorted({*range(0, 1200, 61), *range(0, len(whole), max(1, len(whole) // 12))}):
                done = self.run_quietly(self.file("cut", whole[:size]))
                self.assertIn(done, (0, 1), f"{source} cut to {size}")

    def run_quietly(self, path):
        return subprocess.run([TOOL, "inspect", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode

    def test_debian(self):
        for name, compression in (("6.1-cloud", None), ("6.12", "zstd")):
            with self.subTest(name):
                path = debian_kernel(name)
                found = self.inspect(path)
                self.assertIn(found["version"].split()[0], path)
                if compression:
                    self.assertEqual(found["bzimage"]["compression"], compression)
                self.assertEqual(notes(found["bzimage"]["vmlinux"])["GUEST_OS"], "linux")
                self.assertIn("PHYS32_ENTRY", notes(found["bzimage"]["vmlinux"]))
                self.assertEqual(self.doors(path), ["pvh", "xen-pv", "linux", "efi", "lull"])


class Initrds(Case):
    """What Linux takes as an initrd (init/initramfs.c, unpack_to_rootfs)."""

    def archives(self, content, status=0):
        found = self.inspect(self.file("initrd", content), status)
        self.assertEqual("problem" in found, status == 1)
        return found, [(row["compression"], row["files"]) for row in found["archives"]]

    def test_one_behind_the_other(self):
        """Every compression, before and behind every other, with zeros between them, as many as any builder has."""
        names = [None, *images.COMPRESSORS]
        for first in names:
            parts = []
            for index, name in enumerate([first, *names]):
                plain = images.cpio_of([(f"file{i}", os.urandom(1000)) for i in range(index + 1)])
                parts.append(plain if name is None else images.COMPRESSORS[name](plain))
            for alignment in (4, 512):
                whole = b""
                for part in parts:
                    # An LZ4 frame has no end: four zeros are one.
                    whole += part + bytes(4) + bytes(-(len(whole) + len(part) + 4) % alignment)
                with self.subTest((first, alignment)):
                    _, rows = self.archives(whole)
                    self.assertEqual(rows, [(name or "none", index + 1) for index, name in enumerate([first, *names])])

    def test_odd_ones(self):
        """Two archives in one stream, no trailer, padding at the end of everything, a file of no bytes."""
        one, two = images.cpio_of([("a", b"x")]), images.cpio_of([("b", b""), ("c", b"yyyy")], trailer=False)
        for name, pack in images.COMPRESSORS.items():
            with self.subTest(name):
                self.assertEqual(self.archives(pack(one + bytes(512) + two))[1], [(name, 3)])
                self.assertEqual(self.archives(pack(two + bytes(8)) + bytes(3))[1], [(name, 2)])
        self.assertEqual(self.archives(one + two)[1], [("none", 1), ("none", 2)])
        self.assertEqual(self.archives(two + bytes(4096))[1], [("none", 2)])

    def test_what_linux_stops_at(self):
        good = images.cpio_of([("a", b"x" * 5000), ("b", os.urandom(5000))])
        self.archives(good + b"junk", 1)
        self.archives(good[:6000], 1)
        for name, pack in images.COMPRESSORS.items():
            with self.subTest(name):
                self.archives(good + pack(good)[:3000], 1)
                self.archives(pack(good) + bytes(4) + b"junk", 1)
                self.archives(pack(good + b"junk"), 1)
                self.archives(pack(good[:6000]), 1)

    def test_more_than_a_gibibyte(self):
        """Of an archive, and of a file system: no kernel is so large, and nothing is wrong with either."""
        size = (1 << 30) + (100 << 20)
        head = images.cpio_of([("big", b"")], trailer=False)
        fields = bytearray(head[:110])
        fields[54:62] = b"%08X" % size
        for name, start, end in (("cpio", bytes(fields) + head[110:], images.cpio_of([])), ("unknown", b"file system" * 9, b"")):
            packer, chunk = zlib.compressobj(1, wbits=31), bytes(1 << 20)
            packed = packer.compress(start) + b"".join(packer.compress(chunk) for _ in range(size >> 20))
            packed += packer.compress(end) + packer.flush()
            path = self.file("initrd", packed)
            found = json.loads(self.lull("inspect", "--json", path))
            self.assertEqual((found["kind"], found["content"], found["unpacked_size"]),
                             ("compressed", name, len(start) + size + len(end)))


class Usage(Case):

    def test_usage(self):
        self.lull("inspect", status=2, said="inspect takes one file")
        self.lull("inspect", "a", "b", status=2, said="inspect takes one file")
        self.lull("inspect", "--no-such", status=2, said="unrecognized option")
        self.lull("inspect", self.path("none"), status=1, said="cannot read .*No such file")

    def test_an_output_that_is_full(self):
        with open("/dev/full", "w") as full:
            self.lull("inspect", self.kernel(), status=1, said="cannot write the description", stdout=full)
