# SPDX-License-Identifier: GPL-2.0-or-later
"""lull pack: what it writes."""

import os
import re
import struct
import subprocess

from tests.files import picture
from tests.tools import images
from tests.tools.case import PackCase, ROOT, SHIM, STUB, TOOL, debian_kernel, read


def segments(path):
    """(offset, physical address, bytes in the file) of each PT_LOAD, as readelf sees them."""
    text = subprocess.run(["readelf", "-lW", path], check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    found = [tuple(int(number, 16) for number in match) for match in re.findall(
        r"^ +LOAD +(\w+) \w+ (\w+) (\w+)", text.stdout.decode(), re.M)]
    return [segment for segment in found if segment[2] != 0]


class Written(PackCase):
    """The two outputs."""

    def pack(self, kernel, *more, shim=None, said=None):
        if "--os-release" not in more:
            more = (*more, "--os-release", self.file("os-release", b"ID=test\n"))
        self.lull("pack", "-k", kernel, *more, "-o", self.path("out"), "--shim", shim or images.shim(self.scratch.name),
                  said=said)
        self.assertEqual(self.left_over(), ["out.efi", "out.elf"])
        return self.path("out.elf"), self.path("out.efi")

    def section(self, image, name):
        out = self.path("section")
        images.run("objcopy", "-O", "binary", f"--only-section={name}", image, out)
        return read(out)

    def check_uki(self, image, **sections):
        """Each section, byte for byte and no byte more, as binutils reads it."""
        listing = subprocess.run(["objdump", "-h", image], check=True, stdout=subprocess.PIPE).stdout.decode()
        self.assertIn("pei-x86-64", listing)
        found = dict(re.findall(r"^ +\d+ \.(\w+) +(\w+)", listing, re.M))
        self.assertEqual(set(found), set(sections) | {"text", "rodata", "sbat", "data", "shim", "osrel"})
        self.assertEqual(self.section(image, ".osrel"), b"ID=test\n")
        for name, content in sections.items():
            self.assertEqual(int(found[name], 16), len(content), name)
            self.assertEqual(self.section(image, "." + name), content, name)
        self.check_places(image)

    def check_places(self, image):
        """Sections of a UKI follow each other, in the file and in memory, each at a place that firmware takes."""
        found, image_size = images.pe_places(read(image))
        memory_end = 4096
        in_file = min(offset for *_, size, offset in found if size)
        for name, size, address, raw_size, offset in found:
            self.assertEqual((address % 4096, raw_size % 512, offset % 512), (0, 0, 0), name)
            self.assertGreaterEqual(address, memory_end, name)
            memory_end = address + (max(size, raw_size) + 4095) // 4096 * 4096
            if raw_size:
                self.assertEqual(offset, in_file, name)
                in_file = offset + raw_size
        self.assertEqual((in_file, memory_end), (os.path.getsize(image), image_size))

    def check_elf(self, packed, shim, image=None):
        """The shim's own bytes are as they were, and a UKI, or the sections of this one, is where the loader will look."""
        before, after = segments(shim), segments(packed)
        content = read(packed)
        self.assertEqual(before[:-1], after[:-1])
        # The headers are in the first segment; of them only the last segment's changed, as was just seen.
        headers = 64 + 56 * int.from_bytes(content[56:58], "little")
        for offset, _, size in before[:-1]:
            start = max(offset, headers)
            self.assertEqual(read(shim)[start:offset + size], content[start:offset + size])
        offset, address, size = after[-1]
        self.assertEqual(address, before[-1][1])
        self.assertEqual(offset % 4096, address % 4096)
        self.check_embedded(content[offset:offset + size], image)
        warnings = subprocess.run(["readelf", "-aW", packed], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.assertEqual(warnings.stderr, b"")

    def check_bzimage(self, packed, shim, image):
        """What the setup header counts (boot.rst): syssize, payload_offset and _length, init_size; all else is the shim."""
        before, after = bytearray(read(shim)), read(packed)
        def number(content, offset):
            return int.from_bytes(content[offset:offset + 4], "little")
        code = 512 * (after[0x1f1] + 1)
        self.assertEqual(16 * number(after, 0x1f4), len(after) - code)
        size = number(after, 0x24c)
        self.check_embedded(after[code + number(after, 0x248) - 16:][:16 + size], image)
        self.assertEqual(number(after, 0x260) - number(before, 0x260), (size + 4095) // 4096 * 4096)
        for offset, size in ((0x1f4, 4), (0x24c, 4), (0x260, 4), (code + number(after, 0x248) - 8, 8)):
            before[offset:offset + size] = after[offset:offset + size]
        end = code + number(after, 0x248)
        self.assertEqual(after[:end], bytes(before[:end]))

    def test_each_form_of_the_shim(self):
        """The image comes back out of each."""
        for form in ("lull.elf", "lull-mb1.elf", "lull.bzimage"):
            with self.subTest(form=form):
                shim, again = os.path.join(ROOT, "build", form), "again"
                packed, image = self.pack(self.kernel(), "-c", "console=hvc0", shim=None if form == "lull.bzimage" else shim)
                if form == "lull.bzimage":
                    packed, again = self.path("one.bzimage"), "again.bzimage"
                    self.lull("pack", "-k", self.kernel(), "-c", "console=hvc0", "-o", packed, "--shim", shim)
                found = self.inspect(packed)
                self.assertEqual(found["kind"], "lull-packed")
                content = read(packed)
                at = content.rfind(b"LULLEMB1")
                self.check_embedded(content[at:at + 16 + int.from_bytes(content[at + 8:at + 16], "little")], read(image))
                self.assertEqual(self.inspect(shim)["kind"], "lull-shim")
                if form == "lull.bzimage":
                    self.check_bzimage(packed, shim, read(image))
                self.lull("pack", "-k", self.kernel(), "-o", self.path(again), "--shim", packed, status=1,
                          said="has an image in it already: give the lull")

    def test_a_bzimage(self):
        """One file, by its name, which has the image that OUT.elf has."""
        shim = os.path.join(ROOT, "build", "lull.bzimage")
        _, image = self.pack(self.kernel(), "-c", "console=hvc0")
        self.lull("pack", "-k", self.kernel(), "-c", "console=hvc0", "-o", self.path("one.bzimage"))
        self.check_bzimage(self.path("one.bzimage"), shim, read(image))
        self.assertFalse(any(name.startswith("one.bzimage.") for name in os.listdir(self.scratch.name)))
        self.lull("pack", "-k", self.kernel(), "-o", self.path("two.bzimage"), "--shim", SHIM, status=1,
                  said="lull.elf is no lull.bzimage, as which .*two.bzimage is to start")
        self.lull("pack", "-k", self.kernel(), "-o", shim, status=1, said="lull.bzimage is an input, and .*lull.bzimage would replace it")
        for option in ("--stub", "--os-release", "--ucode", "--splash"):
            self.lull("pack", "-k", "x", "-o", "x.bzimage", option, "x", status=2, said="are for OUT.efi, which is not written")
        # A name alone is no ending.
        self.lull("pack", "-k", self.kernel(), "-o", ".bzimage", cwd=self.scratch.name)
        self.assertIn(".bzimage.elf", os.listdir(self.scratch.name))

    def check_embedded(self, part, image):
        """OUT.elf has the sections that lull reads, and not what is there for firmware."""
        self.assertEqual(part[:16], b"LULLEMB1" + (len(part) - 16).to_bytes(8, "little"))
        inside = images.pe_sections(part[16:])
        self.assertLessEqual(set(inside), {".uname", ".cmdline", ".initrd", ".linux"})
        if image is not None:
            whole = images.pe_sections(image)
            self.assertEqual(inside, {name: whole[name] for name in (".uname", ".cmdline", ".initrd", ".linux") if name in whole})

    def test_everything(self):
        kernel, initrd = self.bzimage(), self.file("initrd", images.cpio())
        shim = images.shim(self.scratch.name)
        packed, image = self.pack(kernel, "-i", initrd, "-c", "console=hvc0 quiet", shim=shim)
        self.check_uki(image, uname=b"9.8-synthetic", cmdline=b"console=hvc0 quiet", initrd=read(initrd),
                       linux=read(kernel))
        self.check_elf(packed, shim)
        packed, image = self.pack(kernel, "--keep", "-i", initrd, "-c", "console=hvc0 quiet", shim=shim)
        self.check_elf(packed, shim, read(image))

    def test_kernel_alone(self):
        kernel = self.kernel(defines=("PV", "PVH"))
        packed, image = self.pack(kernel)
        self.check_uki(image, uname=b"9.8-synthetic", linux=read(kernel))

    def test_kernel_without_a_version(self):
        kernel = self.bzimage(version=b"\0")
        _, image = self.pack(kernel, "-c", "")
        self.check_uki(image, linux=read(kernel))

    def test_elf32(self):
        kernel = self.kernel(bits=32)
        _, image = self.pack(kernel, said=r"\Alull: warning: refused by pv and dom0-pv: error \d+: elf-pv-32 \(.*\)\n\Z")
        self.check_uki(image, uname=b"9.8-synthetic", linux=read(kernel))

    def test_debian_in_the_real_shim(self):
        for name in ("6.1-cloud", "6.12"):
            with self.subTest(name):
                kernel = debian_kernel(name)
                packed, image = self.pack(kernel, "-c", "console=hvc0", shim=SHIM)
                self.check_elf(packed, SHIM)
                self.assertEqual(self.section(image, ".linux"), read(kernel))
                self.assertIn(self.section(image, ".uname").decode(), kernel)

    def test_default_shim(self):
        self.lull("pack", "-k", self.kernel(), "-o", self.path("out"))
        self.check_elf(self.path("out.elf"), SHIM, read(self.path("out.efi")))

    def test_initrds_one_behind_the_other(self):
        """In the order given, each at a multiple of four bytes, as Linux takes an archive that is not compressed."""
        contents = [images.cpio() + b"\0", images.COMPRESSORS["gzip"](images.cpio()), images.cpio()]
        names = [self.file(f"initrd{i}", content) for i, content in enumerate(contents)]
        self.pack(self.bzimage(), "-i", names[0], "--initrd", names[1], "-i", names[2])
        found = self.section(self.path("out.efi"), ".initrd")
        ends = 0
        for content in contents:
            ends += -ends % 4
            self.assertEqual(found[ends:ends + len(content)], content)
            ends += len(content)
        self.assertEqual(len(found), ends)

    def test_modules_stay_as_they_are(self):
        """A kernel that is no Linux gets each by itself, with its line, in the section .modules that lull(1) describes."""
        kernel = os.path.join(ROOT, "build", "guests", "multiboot1_look.elf")
        names = [self.file("one", b"first"), kernel]
        refused = r"warning: refused by pv and dom0-pv"
        self.pack(kernel, "-i", names[0], "--line", "a line", "-i", names[1], said=refused)
        self.assertEqual(self.section(self.path("out.efi"), ".initrd"), b"")
        section = self.section(self.path("out.efi"), ".modules")
        self.assertEqual(struct.unpack_from("<8sQ", section), (b"LULLMOD1", 2))
        for i, (content, line) in enumerate(((b"first", b"a line"), (read(kernel), b""))):
            offset, size, line_offset, line_size = struct.unpack_from("<4Q", section, 16 + 32 * i)
            self.assertEqual(section[offset:offset + size], content)
            self.assertEqual(section[line_offset:line_offset + line_size], line)
        # One without a line is an initrd like any other.
        self.pack(kernel, "-i", names[0], said=refused)
        self.assertEqual(self.section(self.path("out.efi"), ".initrd"), b"first")

    def test_a_line_of_an_initrd(self):
        self.pack(self.bzimage(), "-i", self.file("initrd", images.cpio()), "--line", "x",
                  said=r'warning: not used: --line "x", because this kernel takes an initrd')

    def test_a_shim_with_a_changed_byte(self):
        """Whichever byte of the shim is another: an image that holds all that went in, or a refusal; never half of it."""
        whole, kernel = bytearray(read(images.shim(self.scratch.name))), self.kernel()
        table = int.from_bytes(whole[40:48], "little")
        places = {*range(0, 64 + 5 * 56), *range(table - 64, len(whole)), *range(0, len(whole), 397),
                  *range(whole.find(b"LULLEMB1") - 8, whole.find(b"LULLEMB1") + 20)}
        for place in sorted(places):
            changed = bytearray(whole)
            changed[place] ^= 1 << place % 8
            self.check_changed(place, kernel, self.file("changed", changed))

    def check_changed(self, place, kernel, shim):
        done = subprocess.run([TOOL, "pack", "-k", kernel, "-o", self.path("out"), "--shim", shim],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode == 0:
            self.assertEqual(self.left_over(), ["out.efi", "out.elf"])
            packed = read(self.path("out.elf"))
            self.check_embedded(packed[packed.rfind(b"LULLEMB1"):], read(self.path("out.efi")))
            os.unlink(self.path("out.efi"))
            os.unlink(self.path("out.elf"))
        else:
            self.assertEqual((done.returncode, self.left_over()), (1, []), f"byte {place}: {done.stdout.decode()}")

    def test_the_real_shim_with_a_changed_byte(self):
        """Bytes between the segments are nobody's; they are kept."""
        whole = bytearray(read(SHIM))
        offset, _, size = segments(SHIM)[0]
        for place in (offset + size, offset + size + 1, len(whole) - 1):
            whole[place] ^= 0x55
        packed, image = self.pack(self.kernel(), shim=self.file("changed", whole))
        self.check_elf(packed, self.path("changed"), read(image))

    def test_outputs_are_replaced_and_readable(self):
        self.file("out.elf", b"old")
        packed, _ = self.pack(self.kernel())
        mask = os.umask(0)
        os.umask(mask)
        self.assertEqual(os.stat(packed).st_mode & 0o777, 0o666 & ~mask)
        self.assertNotEqual(read(packed), b"old")

    def test_same_input_same_bytes(self):
        first = [read(path) for path in self.pack(self.kernel())]
        self.assertEqual(first, [read(path) for path in self.pack(self.kernel())])

    def test_lulls_own_words_do_not_count(self):
        kernel = self.bzimage(cmdline_size=20)
        self.pack(kernel, "-c", "lull.linux_sites=off console=hvc0")

    def test_lulls_words_are_read(self):
        self.pack(self.kernel(), "-c", "lull.protoo=pvh quiet", said=r'\Alull: warning: "lull\.protoo=pvh" names no option')

    def test_the_stub(self):
        """All of it is there, and its headers are those of an application for UEFI."""
        _, image = self.pack(self.kernel())
        stub, packed = images.pe_sections(read(STUB)), images.pe_sections(read(image))
        for name in (".text", ".rodata", ".sbat"):
            self.assertEqual(packed[name], stub[name])
        self.assertTrue(packed[".sbat"].startswith(b"sbat,1,") and packed[".sbat"].endswith(b"\n"))
        self.assertLessEqual(os.path.getsize(STUB), 560 * 1024)
        listing = subprocess.run(["objdump", "-p", image], check=True, stdout=subprocess.PIPE).stdout.decode()
        self.assertRegex(listing, r"Subsystem\s+0000000a\s+\(EFI application\)")
        self.assertRegex(listing, r"SectionAlignment\s+00001000")
        self.assertRegex(listing, r"FileAlignment\s+00000200")

    def test_relocations_of_the_stub(self):
        """It relocates itself, which it can do with one kind; and nothing else of a dynamic linker is left to be done."""
        said = subprocess.run(["readelf", "-rW", STUB + ".debug"], check=True, stdout=subprocess.PIPE).stdout.decode()
        self.assertRegex(said, r"Relocation section '.relr.dyn'")
        self.assertNotIn("R_X86_64", said)

    def test_another_stub(self):
        """systemd's, whose sections are no pages; each of its bytes is there, at its address."""
        name = os.path.join(os.path.dirname(debian_kernel("systemd-boot")), "linuxx64.efi.stub")
        _, image = self.pack(self.kernel(), "--stub", name, "-c", "quiet")
        stub, packed = images.pe_sections(read(name)), images.pe_sections(read(image))
        self.assertEqual(packed, {**stub, ".osrel": b"ID=test\n", ".uname": b"9.8-synthetic", ".cmdline": b"quiet",
                                  ".linux": read(self.path("kernel.elf"))})
        where = [subprocess.run(["objdump", "-h", path], check=True, stdout=subprocess.PIPE).stdout.decode() for path in (name, image)]
        places = [re.findall(r"^ +\d+ (\.\w+) +\w+ +(\w+)", text, re.M) for text in where]
        self.assertEqual(places[1][:len(places[0])], places[0])
        self.assertEqual(self.doors(image), ["efi", "lull"])

    def test_microcode_and_description(self):
        ucode, release = self.file("ucode", images.cpio()), self.file("release", b"ID=other\n")
        packed, image = self.pack(self.kernel(), "--ucode", ucode, "--os-release", release)
        found = images.pe_sections(read(image))
        self.assertEqual((found[".ucode"], found[".osrel"]), (images.cpio(), b"ID=other\n"))
        self.check_elf(packed, images.shim(self.scratch.name), read(image))

    def test_a_picture(self):
        """For firmware alone, and inspect knows what it is."""
        file = picture.bmp(5, 3, lambda x, y: (x, y, 7))
        packed, image = self.pack(self.kernel(), "--splash", self.file("picture", file))
        self.assertEqual(images.pe_sections(read(image))[".splash"], file)
        self.assertEqual(self.inspect(image)["uki"]["splash"], {"width": 5, "height": 3, "bits_per_pixel": 24})
        self.assertNotIn("splash", self.inspect(packed)["embedded"]["uki"])

    def test_a_version_of_ones_own(self):
        """Both images have it in the place of the kernel's."""
        packed, image = self.pack(self.kernel(), "--uname", "6.1-mine")
        self.assertEqual(self.section(image, ".uname"), b"6.1-mine")
        self.assertIn('"uname": "6.1-mine"', self.lull("inspect", "--json", packed))

    def test_a_pipe_and_a_slow_one(self):
        """What takes longer than two seconds says what it is doing."""
        kernel, pipe = self.bzimage(), self.slow_pipe("pipe", images.cpio())
        self.lull("pack", "-k", kernel, "-i", pipe, "-o", self.path("out"), "--shim", images.shim(self.scratch.name),
                  said=r"\A(?:lull: still reading \S+/pipe\n)+", progress=True)
        self.assertEqual(self.section(self.path("out.efi"), ".initrd"), images.cpio())
