# SPDX-License-Identifier: GPL-2.0-or-later
"""How lull pack stores a kernel in OUT.elf: read by a reader of its own, and told by inspect and check."""

import ctypes
import hashlib
import os
import re
import struct

from tests.files.linux_elf import lists, vmlinux
from tests.files.stored import EXTENT, HEADER, checksum
from tests.tools import images
from tests.tools.case import Case, debian_kernel, read

RAW, LZ4, ZSTD = 1, 2, 3
LONGEST = 8 << 20
# What is left out is whole pages.
PAGE = 4096


def unpack(how, packed, size):
    """One extent, by the libraries themselves."""
    if how == RAW:
        return packed
    out = ctypes.create_string_buffer(size)
    if how == ZSTD:
        library = ctypes.CDLL("libzstd.so.1")
        library.ZSTD_decompress.restype = ctypes.c_size_t
        assert library.ZSTD_decompress(out, ctypes.c_size_t(size), packed, ctypes.c_size_t(len(packed))) == size
        return out.raw
    library, at, made = ctypes.CDLL("liblz4.so.1"), 4, b""
    assert packed[:4] == struct.pack("<I", 0x184c2102)
    while at < len(packed):
        length = struct.unpack_from("<I", packed, at)[0]
        block = packed[at + 4:at + 4 + length]
        unpacked = library.LZ4_decompress_safe(block, out, length, min(size - len(made), LONGEST))
        made += out.raw[:unpacked]
        at += 4 + length
    return made


class Stored:
    """A stored kernel, taken apart."""

    def __init__(self, data):
        (magic, version, reserved, size, self.checksum, self.unpacked_size, self.load, self.original_size, self.sha256,
         self.origin, count, setup_size, *self.memory) = HEADER.unpack_from(data)
        assert (magic, version, reserved, size) == (b"LULLKRNL", 2, 0, len(data)) and size % 32 == 0
        self.covered = data[32:]
        self.extents = [EXTENT.unpack_from(data, HEADER.size + i * EXTENT.size) for i in range(count)]
        at = HEADER.size + count * EXTENT.size
        self.setup = data[at:at + setup_size]
        at += setup_size
        elf = bytearray(self.unpacked_size)
        for offset, made, stored, how, reserved in self.extents:
            assert reserved == 0
            elf[offset:offset + made] = unpack(how, data[at:at + stored], made)
            at += stored
        assert len(elf) == self.unpacked_size and not data[at:].strip(b"\0") and len(data) - at < 32
        self.elf = bytes(elf)


class Storing(Case):
    """lull pack --store and --keep."""

    def pack(self, kernel, *more, said=None):
        """The kernel's bytes in OUT.elf and in OUT.efi."""
        self.lull("pack", "-k", kernel, *more, "-o", self.path("out"), said=said)
        embedded = self.path("embedded")
        images.run("objcopy", "-O", "binary", "--only-section=.payload", self.path("out.elf"), embedded)
        uki = read(embedded)
        self.assertEqual(uki[:16], b"LULLEMB1" + struct.pack("<Q", len(uki) - 16))
        return self.section(self.file("uki", uki[16:])), self.section(self.path("out.efi"))

    def section(self, uki):
        images.run("objcopy", "-O", "binary", "--only-section=.linux", uki, self.path("linux"))
        return read(self.path("linux"))

    def large(self, name="kernel.elf"):
        """An ELF kernel of more than a megabyte, with pages of zeros in it."""
        noise = os.urandom(PAGE)
        return self.file(name, read(self.kernel(defines=("PV", "PVH"))) + bytes(5 * PAGE) + (noise + b"twice" * 700) * 170 +
                         bytes(90 * PAGE) + b"end")

    def check_stored(self, data, original, elf, origin):
        stored = Stored(data)
        self.assertEqual((stored.original_size, stored.sha256), (len(original), hashlib.sha256(original).digest()))
        self.assertEqual(stored.origin, origin)
        self.assertEqual(stored.elf, elf)
        return stored

    def test_a_bzimage(self):
        kernel, elf = read(self.bzimage(compression="xz")), read(self.kernel())
        data, as_given = self.pack(self.file("vmlinuz", kernel), said=self.PVH_ONLY)
        stored = self.check_stored(data, kernel, elf, 1)
        self.assertEqual(as_given, kernel)
        self.assertEqual(stored.setup, kernel[:(kernel[0x1f1] + 1) * 512])
        self.assertEqual(stored.checksum, checksum(stored.covered))
        found = self.inspect(self.path("out.elf"))["embedded"]["uki"]["kernel"]
        self.assertEqual((found["kind"], found["version"]), ("stored-kernel", "9.8-synthetic (who@where) #1 SMP"))
        self.assertEqual(found["stored"]["original"], {"kind": "linux-bzimage", "size": len(kernel),
                                                       "sha256": hashlib.sha256(kernel).hexdigest()})
        self.assertEqual(found["stored"]["vmlinux"]["pvh_entry"], "0x100000")
        self.assertEqual(found["stored"]["unpacked_size"], len(elf))

    def test_memory(self):
        """What a kernel takes is said where it has relocations, be they none."""
        elf = read(self.kernel(defines=("PV", "PVH")))
        self.assertEqual(Stored(self.pack(self.file("linked", elf), "--store", "raw")[0]).memory, [0, 0])
        start, size = Stored(self.pack(self.file("movable", elf + bytes(8)), "--store", "raw")[0]).memory
        self.assertEqual(start, 0x100000)
        self.assertTrue(0 < size < 1 << 20)
        # Broken ones are lull's to refuse.
        self.assertEqual(Stored(self.pack(self.file("broken", elf + bytes(4)), "--store", "raw")[0]).memory, [0, 0])

    def test_an_elf_file(self):
        path = self.large()
        elf = read(path)
        for how, number in (("raw", RAW), ("lz4", LZ4), ("zstd", ZSTD)):
            with self.subTest(how):
                data, as_given = self.pack(path, "--store", how)
                self.assertEqual(as_given, elf)
                stored = self.check_stored(data, elf, elf, 2)
                self.assertEqual({extent[3] for extent in stored.extents}, {number})
                # Page by page, what is zero is not there.
                self.assertEqual([extent[0] % PAGE for extent in stored.extents], [0] * len(stored.extents))
                self.assertEqual(len(stored.extents), len(re.findall(rb"0+", bytes(
                    0x30 if elf[at:at + PAGE].strip(b"\0") else 0x2e for at in range(0, len(elf), PAGE)))))
                found = self.inspect(self.path("out.elf"))["embedded"]["uki"]["kernel"]["stored"]
                self.assertEqual(found["extents"], [{
                    "how": how, "extents": len(stored.extents), "size": sum(extent[1] for extent in stored.extents),
                    "stored_size": sum(extent[2] for extent in stored.extents)}])
                self.assertEqual(found["elf"]["pvh_entry"], "0x100000")
        self.assertEqual(data, self.pack(path, "--store", "zstd")[0])
        lz4 = self.pack(path)[0]
        self.assertEqual(lz4, self.pack(path, "--store", "lz4")[0])
        self.assertLess(len(lz4), len(elf) / 1.5)

    def test_compressed_elf_files(self):
        elf = read(self.large())
        for name, pack in images.COMPRESSORS.items():
            with self.subTest(name):
                packed = pack(elf)
                path = self.file("packed", packed)
                data, as_given = self.pack(path)
                self.assertEqual(as_given, packed)
                self.check_stored(data, packed, elf, 3)
                self.assertEqual(self.doors(path), ["lull"])
        self.assertEqual(self.inspect(self.path("out.elf"))["embedded"]["uki"]["kernel"]["stored"]["original"]["kind"],
                         "compressed")

    def test_kept(self):
        """As it is, byte for byte; and why, unless that was asked for."""
        def kept(said, path, *more):
            self.assertEqual(self.pack(path, *more, said=said), (read(path), read(path)))

        kept(None, self.large(), "--keep")
        kept(None, self.kernel("small.elf", ("PV", "PVH")))
        bzimage = self.file("vmlinuz", images.bzimage(images.with_size(read(self.large()), "gzip")))
        kept(None, bzimage, "--keep")
        kept(r"lull: \S+out.elf has \S+ as it is: lull.proto=linux64 enters a kernel that unpacks itself\n\Z", bzimage, "-c",
             "lull.proto=linux64")
        kept(r" has \S+ as it is: it has no compressed kernel in it\n", self.file("memtest", images.bzimage(b"")))
        kept(r" has \S+ as it is: it has no compressed kernel in it\n", self.file("memtest", images.bzimage(b"no format")))
        kept(r" has \S+ as it is: it cannot be unpacked\n", self.file("broken", images.bzimage(b"\x1f\x8b\x08" + b"x" * 99)))
        kept(r" has \S+ as it is: what is in it is no ELF file\n",
             self.file("other", images.bzimage(images.with_size(b"no kernel", "gzip"))))
        self.assertNotEqual(*self.pack(self.kernel("small.elf", ("PV", "PVH")), "--store", "raw"))

    def test_kept_for_a_door(self):
        """A kernel that only its own decompressor can enter."""
        path = self.file("vmlinuz", images.bzimage(images.with_size(read(self.kernel(bits=32, defines=())), "gzip")))
        data, as_given = self.pack(path, said=r"as it is: a door that starts it would refuse it unpacked\n"
                                              r"lull: warning: pvh: error \d+: \S+ ")
        self.assertEqual(data, as_given)

    def test_kept_for_its_relocations(self):
        """Its own decompressor may know them; lull would have to."""
        path = self.file("vmlinuz", images.bzimage(images.with_size(vmlinux() + lists(narrow=(-4,)), "gzip")))
        data, as_given = self.pack(path, said=r"as it is: a door that starts it would refuse it unpacked\n"
                                              r"lull: warning: pvh: error 154: linux-reloc-place ")
        self.assertEqual(data, as_given)

    def test_refused(self):
        def refuse(status, said, content, *more):
            self.lull("pack", "-k", self.file("kernel", content), *more, "-o", self.path("out"), status=status, said=said)
            self.assertEqual(self.left_over(), [])

        elf = read(self.kernel())
        refuse(2, r"--keep and --store contradict one another", elf, "--keep", "--store", "raw")
        refuse(2, r'--store takes raw, lz4 or zstd, not "xz"', elf, "--store", "xz")
        refuse(2, r"--store is given twice", elf, "--store", "raw", "--store", "raw")
        refuse(1, r"payload-compressed", images.COMPRESSORS["zstd"](images.cpio()))
        refuse(1, r"unpack-broken", images.COMPRESSORS["gzip"](elf)[:-20])
        refuse(1, r"elf-no-pvh", images.COMPRESSORS["gzip"](read(self.kernel(defines=()))))
        stored = self.file("initrd", self.pack(self.large())[0])
        os.remove(self.path("out.elf"))
        os.remove(self.path("out.efi"))
        refuse(1, r"initrd-kernel", read(self.bzimage()), "-i", stored)

    def test_damaged(self):
        """inspect and check say what the shim would say."""
        data = bytearray(self.pack(self.large())[0])
        for offset, name in ((len(data) // 2, "stored-checksum"), (9, "stored-field"), (60, "stored-checksum")):
            data[offset] ^= 1
            found = self.inspect(self.file("kernel", bytes(data)), status=1)
            self.assertEqual((found.get("error") or found["stored"]["error"])["name"], name)
            self.lull("check", self.path("kernel"), status=2, said=name)
            data[offset] ^= 1

    def test_debian(self):
        """A kernel as people run it: its verdict, and the size that the issue allows."""
        for name in ("6.1", "6.1-cloud", "6.12"):
            with self.subTest(name):
                kernel = debian_kernel(name)
                data, as_given = self.pack(kernel)
                self.assertEqual(as_given, read(kernel))
                stored = Stored(data)
                self.assertEqual(stored.sha256, hashlib.sha256(as_given).digest())
                self.assertEqual(stored.load, 0xe00000 if name != "6.1" else 0xc00000)
                self.assertLess(os.path.getsize(self.path("out.elf")), 2.2 * len(as_given))
                packed, plain = (self.lull("check", path, "--cpus", "1").split("\n", 2)[2]
                                 for path in (self.path("out.elf"), kernel))
                self.assertEqual(packed, plain)
                print(f"store {name}: {len(as_given)} bytes, stored {len(data)}, in lull.elf "
                      f"{os.path.getsize(self.path('out.elf')) / len(as_given):.3f} times as many")
