# SPDX-License-Identifier: GPL-2.0-or-later
"""lull extract: what was put into a container comes out of it again, byte for byte."""

import os
import subprocess

from tests.tools import images
from tests.tools.case import ROOT, SHIM, TOOL, Case, debian_kernel, read, write


class Extract(Case):
    """Containers of lull's, of others, and none at all."""

    def out(self, part, path, **how):
        """The bytes, which are the same in a file and on standard output."""
        target = self.path("part")
        self.lull("extract", part, path, "-o", target, **how)
        piped = subprocess.run([TOOL, "extract", part, path], stdout=subprocess.PIPE, check=True).stdout
        self.assertEqual(piped, read(target))
        return piped

    def packed(self, kernel, *options):
        initrd, release = self.file("initrd", images.cpio()), self.file("release", b"ID=some\n")
        self.lull("pack", "-k", kernel, "-i", initrd, "-c", "quiet ro", "--os-release", release, "-o", self.path("out"), *options,
                  said=self.PVH_ONLY)
        return [self.path("out.elf"), self.path("out.efi")]

    def test_what_pack_made(self):
        bzimage = self.bzimage()
        for path in self.packed(bzimage, "--keep", "--shim", SHIM):
            self.assertEqual(self.out("kernel", path), read(bzimage))
            self.assertEqual(self.out("vmlinux", path), read(self.path("kernel.elf")))
            self.assertEqual(self.out("initrd", path), images.cpio())
            self.assertEqual(self.out("cmdline", path), b"quiet ro\n")
        self.assertEqual(self.out("osrel", path), b"ID=some\n")

    def test_debian(self):
        """Of a kernel that is stored the ELF file comes out that is in its bzImage, and can be packed again."""
        kernel = debian_kernel("6.1-cloud")
        self.lull("pack", "-k", kernel, "-o", self.path("out"))
        inside = self.out("vmlinux", kernel)
        self.assertEqual(self.out("kernel", self.path("out.elf")), inside)
        self.assertEqual(self.out("vmlinux", self.path("out.elf")), inside)
        self.assertEqual(self.out("kernel", self.path("out.efi")), read(kernel))
        self.assertEqual(inside[:4], b"\x7fELF")
        self.lull("pack", "-k", self.file("vmlinux", inside), "-o", self.path("again"))

    def test_kernels(self):
        kernel, bzimage = self.kernel(), self.bzimage()
        packed = self.file("kernel.gz", images.COMPRESSORS["gzip"](read(kernel)))
        for part, path, wanted in (("kernel", kernel, kernel), ("vmlinux", kernel, kernel), ("kernel", bzimage, bzimage),
                                   ("vmlinux", bzimage, kernel), ("kernel", packed, packed), ("vmlinux", packed, kernel)):
            self.assertEqual(self.out(part, path), read(wanted))

    def test_a_uki_of_objcopy(self):
        kernel = read(self.kernel())
        uki = images.objcopy_uki(self.scratch.name, {".linux": kernel, ".cmdline": b"padded\0\0", ".initrd": images.cpio()})
        self.assertEqual(self.out("kernel", uki), kernel)
        self.assertEqual(self.out("cmdline", uki), b"padded\n")
        self.assertEqual(self.out("initrd", uki), images.cpio())

    def test_modules(self):
        """Several, each with its line; what is not there is said by its number."""
        kernel = os.path.join(ROOT, "build", "guests", "multiboot1_look.elf")
        refused = r"warning: refused by pv and dom0-pv"
        self.lull("pack", "-k", kernel, "-i", self.file("one", b"first"), "--line", "a line", "-i", self.kernel(), "-o", self.path("out"),
                  "--shim", SHIM, said=refused)
        for path in (self.path("out.elf"), self.path("out.efi")):
            self.assertEqual(self.out("module", path), b"first")
            self.assertEqual(self.out("line", path), b"a line\n")
            self.assertEqual(self.lull("extract", "line", path, "-n", "1"), "a line\n")
            self.lull("extract", "module", path, "--number", "2", "-o", self.path("second"))
            self.assertEqual(read(self.path("second")), read(self.kernel()))
            os.remove(self.path("second"))
        found = self.inspect(self.path("out.efi"))["uki"]["modules"]
        self.assertEqual([(row["number"], row["size"], row["line"]) for row in found],
                         [(1, 5, "a line"), (2, os.path.getsize(self.kernel()), "")])
        efi = self.path("out.efi")
        for said, words in (("out.efi has no line 2;", ("line", efi, "-n", "2")), ("out.efi has no module 3;", ("module", efi, "-n", "3")),
                            ("has no module 1;", ("module", self.kernel()))):
            self.lull("extract", *words, "-o", self.path("none"), status=1, said=said)
        whole = read(efi)
        for change in (b"LULLMOD2", b"LULLMOD1" + b"\xff" * 8):
            at = whole.rindex(b"LULLMOD1")
            broken = self.file("broken.efi", whole[:at] + change + whole[at + len(change):])
            self.lull("extract", "module", broken, "-o", self.path("none"), status=1, said="lull error 45: modules-section")
            self.assertEqual(self.inspect(broken, status=1)["uki"]["modules_error"]["number"], 45)

    def test_number(self):
        for number in ("0", "9", "1x", "", "-1"):
            self.lull("extract", "module", "x", "-n", number, status=2, said="--number takes 1 to 8")
        self.lull("extract", "kernel", "x", "-n", "1", status=2, said="--number is for a module or its line")

    def refuse(self, said, *words, status=1):
        self.lull("extract", *words, "-o", self.path("out"), status=status, said=said)
        self.assertEqual(self.left_over(), [])

    def test_no_such_part(self):
        for part, path in (("initrd", self.kernel()), ("cmdline", self.bzimage()), ("kernel", SHIM), ("kernel", self.file("text", b"text")),
                           ("kernel", self.file("archive", images.cpio())), ("vmlinux", self.file("text.gz", images.COMPRESSORS["gzip"](b"text")))):
            self.refuse(rf"{os.path.basename(path)} has no {part}; lull inspect says", part, path)
        self.lull("pack", "-k", self.kernel(), "-o", self.path("bare"), said=self.PVH_ONLY)
        self.refuse("bare.efi has no initrd", "initrd", self.path("bare.efi"))

    def test_broken(self):
        broken = bytearray(read(self.bzimage()))
        broken[-40:-20] = bytes(20)
        self.refuse("lull error", "vmlinux", self.file("broken", bytes(broken)))
        uki = bytearray(read(images.objcopy_uki(self.scratch.name, {".linux": b"a", ".initrd": b"b"})))
        at = uki.index(b".initrd")
        uki[at:at + 7] = b".linux\0"
        self.refuse("lull error", "kernel", self.file("twice.efi", bytes(uki)))
        self.refuse("cannot read", "kernel", self.path("none"))

    def test_nowhere_to_write(self):
        kernel = self.kernel()
        self.lull("extract", "kernel", kernel, "-o", kernel, status=1, said="is the input")
        self.lull("extract", "kernel", kernel, "-o", self.path("no/such"), status=1, said="cannot write")
        with open("/dev/full", "wb") as full:
            self.lull("extract", "kernel", kernel, status=1, said="cannot write to standard output", stdout=full)

    def test_usage(self):
        kernel = self.kernel()
        for words in ((), ("kernel",), ("kernel", kernel, "more"), ("soul", kernel), ("kernel", kernel, "--what")):
            self.lull("extract", *words, status=2, said=".")

    def test_a_terminal(self):
        """No binary file goes there; text does."""
        self.lull("pack", "-k", self.kernel(), "-c", "quiet", "-o", self.path("out"), said=self.PVH_ONLY)
        ours, theirs = os.openpty()
        self.lull("extract", "kernel", self.path("out.elf"), status=2, said="is nothing for a terminal: give -o OUT", stdout=theirs)
        self.lull("extract", "cmdline", self.path("out.elf"), stdout=theirs)
        self.assertEqual(os.read(ours, 5) + os.read(ours, 1) + os.read(ours, 1), b"quiet\r\n")
        os.close(ours)
        os.close(theirs)


class CommandLine(Case):
    """lull pack --cmdline @FILE."""

    def line(self, content):
        self.lull("pack", "-k", self.kernel(), "-c", "@" + self.file("line", content), "-o", self.path("out"),
                  said=self.PVH_ONLY)
        return self.lull("extract", "cmdline", self.path("out.elf"))

    def test_file(self):
        self.assertEqual(self.line(b"quiet  ro\n"), "quiet  ro\n")
        self.assertEqual(self.line(b"quiet\r\n\n"), "quiet\n")
        self.assertEqual(self.line(b"quiet"), "quiet\n")

    def test_refused(self):
        for content, said in ((b"a\0b", "has a NUL in it"), (b"x" * 70000, "File too large"), (b"x" * 5000, "cmdline-")):
            self.lull("pack", "-k", self.kernel(), "-c", "@" + self.file("line", content), "-o", self.path("out"), status=1, said=said)
        self.lull("pack", "-k", self.kernel(), "-c", "@" + self.path("none"), "-o", self.path("out"), status=1, said="cannot read")
        self.assertEqual(self.left_over(), [])
