# SPDX-License-Identifier: GPL-2.0-or-later
"""lull pack: what UEFI firmware would say of OUT.efi, and files that are not what an option is for."""

import json
import os
import struct
import subprocess

from tests.loaders import made_pe
from tests.tools import images
from tests.tools.case import PackCase, ROOT, SHIM, STUB, TOOL, debian_kernel, read

BZIMAGE = os.path.join(ROOT, "build", "lull.bzimage")
# Where an optional header of 64 bits has them, counted from the signature.
SECTION_ALIGNMENT, DIRECTORY_COUNT = 24 + 32, 24 + 108


class JudgedCase(PackCase):

    def pack(self, *arguments, status=0, said=None, shim=None):
        shim = shim or images.shim(self.scratch.name)
        self.lull("pack", *arguments, "-o", self.path("out"), "--shim", shim, status=status, said=said)
        self.assertEqual(self.left_over(), [] if status else ["out.efi", "out.elf"])
        for name in self.left_over():
            if status == 0 and name == "out.efi":
                os.rename(self.path(name), self.path("made.efi"))
            else:
                os.unlink(self.path(name))

    def firmware(self, path):
        """What --loaders says of UEFI."""
        rows = json.loads(self.lull("inspect", "--loaders", "--json", path))["loaders"]
        return next(row["verdict"] for row in rows if row["loader"] == "uefi")


class Efi(JudgedCase):
    """The kernel as lull.efi hands it to firmware."""

    def efi_kernel(self, **fields):
        """A bzImage whose first bytes are the headers of a program for UEFI."""
        image = bytearray(read(self.bzimage()))
        head = made_pe.Program(**{"directories": 6, "headers_size": 512, **fields}).build()[:0x148]
        image[:len(head)] = head
        return self.file("kernel", image)

    def bzimage(self):
        return self.file("vmlinuz", images.bzimage(images.with_size(read(self.kernel()), "gzip")))

    def test_sound(self):
        kernel = self.efi_kernel()
        self.assertEqual(self.doors(kernel), ["pvh", "xen-pv", "linux", "efi", "lull"])
        self.pack("-k", kernel)
        self.assertEqual(self.firmware(self.path("made.efi")), "takes")

    def test_what_firmware_refuses(self):
        why = r"lull: warning: UEFI firmware does not load \S+/kernel: .+\.\n"
        for fields, error, more in (
                ({"signature": b"PE\0\1"}, "pe-field", ""), ({"machine": 0xaa64}, "pe-field", ""),
                ({"subsystem": 9}, "efi-service", why), ({"directory_count": 17}, "efi-service", why),
                ({"image_size": 4096}, "efi-service", why), ({"headers_size": 1 << 30}, "efi-service", why),
                ({"sect1_raw_offset": 1 << 30}, "efi-service", why), ({"directory": {4: (1 << 30, 8)}}, "efi-service", why)):
            with self.subTest(fields):
                kernel = self.efi_kernel(**fields)
                self.assertEqual(self.firmware(kernel), "refuses")
                self.assertNotIn("efi", self.doors(kernel))
                self.pack("-k", kernel, said=rf"\Alull: warning: refused by efi: error \d+: {error} \(.+\)\n{more}\Z")

    def test_what_is_not_handed_to_firmware(self):
        """An image without OUT.efi, and a kernel that lull.elf starts because the line asks for that."""
        kernel = self.efi_kernel(subsystem=9)
        self.lull("pack", "-k", kernel, "-o", self.path("one.bzimage"))
        self.pack("-k", kernel, "-c", "lull.proto=pvh")
        self.pack("-k", self.bzimage())

    def test_names_in_a_file(self):
        """What a section is called does not reach a terminal as it is."""
        data = read(self.efi_kernel(sect1_raw_offset=1 << 30)).replace(b".data\0\0\0", b"\x1b[31m\xff\0\0")
        self.pack("-k", self.file("kernel", data), said=r"inside section \?\[31m\?\. ")

    def test_a_signature_that_is_cut(self):
        whole = read(debian_kernel("6.12"))
        for less in (1, 512):
            self.pack("--keep", "-k", self.file("kernel", whole[:-less]),
                      said=r"(?s)\Alull: warning: refused by efi: error \d+: efi-service .*: Its signature is not in the file\. ")


class Stubs(JudgedCase):
    """--stub: each is refused, or firmware takes what is made of it."""

    def changed(self, offset, value, width=4):
        """lull.efi with another number in its headers."""
        data = bytearray(read(STUB))
        at = struct.unpack_from("<I", data, 0x3c)[0] + offset
        data[at:at + width] = value.to_bytes(width, "little")
        return self.file("stub", data)

    def test_numbers_no_stub_has(self):
        for offset, name, values in ((SECTION_ALIGNMENT, "section alignment", (0, 3, 1 << 22, 1 << 31)),
                                     (DIRECTORY_COUNT, "NumberOfRvaAndSizes", (0, 1, 5, 15, 17, 0xffffffff))):
            for value in values:
                self.pack("-k", self.kernel(), "--stub", self.changed(offset, value), status=1, said=rf"pe-field =+\nfile: .*\n.*{name}")
        self.pack("-k", self.kernel(), "--stub", self.changed(SECTION_ALIGNMENT, 2 << 20))

    def test_what_firmware_refuses(self):
        stub = self.file("stub", made_pe.Program(characteristics=0x22f).build())
        self.pack("-k", self.kernel(), "--stub", stub, status=1,
                  said=r"UEFI firmware does not load what is made of the stub \S+/stub: IMAGE_FILE_RELOCS_STRIPPED is set")

    def test_each_number(self):
        kernel, header = self.kernel(), struct.unpack_from("<I", read(STUB), 0x3c)[0]
        shim, sections = images.shim(self.scratch.name), struct.unpack_from("<H", read(STUB), header + 6)[0]
        for offset in range(0, 24 + 240 + 40 * sections, 4):
            for value in (0, 0xffffffff, 0x80000000):
                done = subprocess.run([TOOL, "pack", "-k", kernel, "--stub", self.changed(offset, value), "-o", self.path("out"),
                                       "--shim", shim], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                self.assertIn(done.returncode, (0, 1), (offset, value, done.stdout))
                if done.returncode == 0:
                    self.assertEqual(self.firmware(self.path("out.efi")), "takes", (offset, value))


class Files(JudgedCase):
    """Files of another kind than the option is for."""

    def test_a_shim_of_the_other_form(self):
        self.pack("-k", self.kernel(), status=1, shim=BZIMAGE, said=r"lull\.bzimage is no lull\.elf, as which \S+/out\.elf is to start")

    def test_a_kernel_as_stub(self):
        self.pack("-k", self.kernel(), "--stub", self.bzimage(), status=1, said=r"vmlinuz is a Linux kernel, and no EFI boot stub")

    def test_lull_as_kernel(self):
        for shim, output in ((SHIM, "first"), (BZIMAGE, "first.bzimage")):
            self.pack("-k", shim, status=1, said=r"\Alull: \S+ is lull itself, without a kernel: .*\n\Z")
            self.lull("pack", "-k", self.kernel(), "-o", self.path(output))
            packed = self.path("first.elf" if shim == SHIM else output)
            self.pack("-k", packed, status=1, said=r"\Alull: \S+ has been packed already: .* \(lull extract kernel\)\n\Z")

    def test_microcode(self):
        """A cpio archive that is not compressed, of which Linux reads the first."""
        good = images.cpio()
        for content, said in ((b"", "does not begin as a cpio"), (os.urandom(64), "does not begin as a cpio"),
                              (images.COMPRESSORS["gzip"](good), "does not begin as a cpio"), (good[:100], "broken or cut short")):
            self.pack("-k", self.kernel(), "--ucode", self.file("ucode", content), status=1, said=rf"\S+/ucode is no microcode: .*{said}")
        self.pack("-k", self.kernel(), "--ucode", self.file("ucode", good + good))

    def test_broken_initrds(self):
        """Said of each, where Linux would stop; of a file that is no archive nothing is known."""
        good, packed = images.cpio(), images.COMPRESSORS["gzip"](images.cpio() + os.urandom(1000))
        bootconfig = b"a = b\n" + bytes(2) + struct.pack("<II", 8, 0) + b"#BOOTCONFIG\n"
        cut, junk = r"initrd is broken or cut short, in the archive at offset {}", r"initrd has something behind its archives that is none, at offset {}"
        for content, said in ((good, None), (packed[:len(packed) // 2], cut.format(0)), (good[:100], cut.format(0)),
                              (good + b"garbage", junk.format(len(good))), (good + good[:100], cut.format(len(good))),
                              (good + bytes(512), None), (good + bootconfig, None), (b"hsqs" + bytes(100), None),
                              (images.COMPRESSORS["gzip"](b"a file system"), None)):
            said = said and rf"\Alull: warning: \S+/{said}(?!\d).*\n\Z"
            self.pack("-k", self.bzimage(), "-i", self.file("first", good), "-i", self.file("initrd", content), said=said)

    def test_modules_of_other_kernels(self):
        """They are no initrds."""
        kernel = os.path.join(ROOT, "build", "guests", "multiboot1_look.elf")
        self.pack("-k", kernel, "-i", self.file("initrd", images.cpio() + b"garbage"), said=r"\Alull: warning: refused by pv and dom0-pv.*\n\Z")
