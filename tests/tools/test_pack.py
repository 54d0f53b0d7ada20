# SPDX-License-Identifier: GPL-2.0-or-later
"""lull pack: what it writes, and everything it refuses."""

import os
import re
import resource
import signal
import struct
import subprocess

from tests.lab import proc
from tests.tools import images
from tests.tools.case import Case, ROOT, SHIM, STUB, TOOL, debian_kernel, read


def segments(path):
    """(offset, physical address, bytes in the file) of each PT_LOAD, as readelf sees them."""
    text = subprocess.run(["readelf", "-lW", path], check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    found = [tuple(int(number, 16) for number in match) for match in re.findall(
        r"^ +LOAD +(\w+) \w+ (\w+) (\w+)", text.stdout.decode(), re.M)]
    return [segment for segment in found if segment[2] != 0]


class PackCase(Case):
    """Its kernels start by every door, unless a test wants others: then pack has nothing to warn of."""

    def kernel(self, name="kernel.elf", defines=("PV", "PVH"), bits=64):
        return super().kernel(name, defines, bits)


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
                shim = os.path.join(ROOT, "build", form)
                packed, image = self.pack(self.kernel(), "-c", "console=hvc0", shim=shim)
                found = self.inspect(packed)
                self.assertEqual(found["kind"], "lull-packed")
                content = read(packed)
                at = content.rfind(b"LULLEMB1")
                self.check_embedded(content[at:at + 16 + int.from_bytes(content[at + 8:at + 16], "little")], read(image))
                self.assertEqual(self.inspect(shim)["kind"], "lull-shim")
                if form == "lull.bzimage":
                    self.check_bzimage(packed, shim, read(image))
                self.lull("pack", "-k", self.kernel(), "-o", self.path("again"), "--shim", packed, status=1,
                          said="has an image in it already: give the lull")

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
        # The goal is 560 KiB. It is over that since it holds lull.elf, which holds the readers of disks; no further.
        self.assertLessEqual(os.path.getsize(STUB), 664 * 1024)
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
        ucode, release = self.file("ucode", b"microcode"), self.file("release", b"ID=other\n")
        packed, image = self.pack(self.kernel(), "--ucode", ucode, "--os-release", release)
        found = images.pe_sections(read(image))
        self.assertEqual((found[".ucode"], found[".osrel"]), (b"microcode", b"ID=other\n"))
        self.check_elf(packed, images.shim(self.scratch.name), read(image))

    def test_a_pipe_and_a_slow_one(self):
        """What takes longer than two seconds says what it is doing."""
        kernel, pipe = self.bzimage(), self.slow_pipe("pipe", images.cpio())
        self.lull("pack", "-k", kernel, "-i", pipe, "-o", self.path("out"), "--shim", images.shim(self.scratch.name),
                  said=r"\A(?:lull: still reading \S+/pipe\n)+", progress=True)
        self.assertEqual(self.section(self.path("out.efi"), ".initrd"), images.cpio())


class Refused(PackCase):
    """What pack does not take.  It says why, ends with 1 (2 for its own usage) and leaves no file."""

    def refuse(self, said, *arguments, status=1, shim=None, **how):
        shim = shim or images.shim(self.scratch.name)
        self.lull("pack", *arguments, "-o", self.path("out"), "--shim", shim, status=status, said=said, **how)
        self.assertEqual(self.left_over(), [])

    def refuse_kernel(self, said, content):
        self.refuse(r"(?s)={16} lull error \d+: " + said + r" ={16}\nfile:     \S+/kernel\nexpected: .+\nfound: .+\ndo: .+\n={66}",
                    "-k", self.file("kernel", content))

    def test_usage(self):
        for said, arguments in (
                (r"needs -k KERNEL and -o OUT", []),
                (r"needs -k KERNEL and -o OUT", ["-k", "x"]),
                (r"needs -k KERNEL and -o OUT", ["-k", "x", "-o", ""]),
                (r'options only, not "x"', ["-k", "x", "-o", "x", "x"]),
                (r"--kernel is given twice", ["-k", "x", "-k", "y", "-o", "x"]),
                (r"--cmdline is given twice", ["-k", "x", "-c", "x", "-c", "x", "-o", "x"]),
                (r"--output is given twice", ["-k", "x", "-o", "x", "--output", "y"]),
                (r"--shim is given twice", ["-k", "x", "--shim", "x", "--shim", "y", "-o", "x"]),
                (r"--line is given twice", ["-k", "x", "-i", "x", "--line", "x", "--line", "y", "-o", "x"]),
                (r"--line belongs behind the -i", ["-k", "x", "--line", "x", "-i", "x", "-o", "x"]),
                (r"at most 8 initrds", ["-k", "x"] + ["-i", "x"] * 9),
                (r"unrecognized option", ["--no-such"]),
                (r"requires an argument", ["-k"])):
            self.lull("pack", *arguments, status=2, said=said)

    def test_kernels_the_shim_would_refuse(self):
        elf = read(self.kernel())
        bzimage = images.bzimage(images.with_size(elf, "gzip"))
        for said, content in (
                ("payload-empty", b""),
                ("payload-unknown", b"no kernel at all"),
                ("payload-compressed", images.COMPRESSORS["zstd"](b"no kernel")),
                ("payload-archive", images.cpio()),
                ("linux-truncated", bzimage[:-100]),
                ("linux-protocol", images.bzimage(b"", protocol=0x20b)),
                ("linux-entry", images.bzimage(b"", xloadflags=0)),
                ("elf-truncated", elf[:60]),
                ("elf-segment-end", elf[:0x1800]),
                ("elf-no-pvh", read(self.kernel(defines=()))),
                ("elf-pv-32", read(self.kernel(defines=("PV",), bits=32))),
                ("elf-note-size", read(self.kernel(defines=("BAD_NOTE",)))),
                ("pe-truncated", b"MZ")):
            with self.subTest(said):
                self.refuse_kernel(said, content)

    def test_initrds_the_shim_would_refuse(self):
        kernel = self.bzimage()
        for said, content in (("initrd-empty", b""), ("initrd-kernel", read(kernel))):
            self.refuse(said + r" =+\nfile:     \S+/initrd\n", "-k", kernel, "-i", self.file("initrd", content))
            self.refuse(said + r" =+\nfile:     \S+/initrd\n", "-k", kernel, "-i", self.file("good", images.cpio()),
                        "-i", self.path("initrd"))

    def test_misspelt_values(self):
        for word, error in (("lull.proto=pv", "cmdline-proto"), ("lull.linux_sites=on", "cmdline-linux-sites"),
                            ("lull.cmdline=both", "cmdline-choice")):
            self.refuse(error + r" =+\nfile:     --cmdline\n", "-k", self.kernel(), "-c", "console=hvc0 " + word)

    def test_sites(self):
        """What the shim says of a table of patch sites, pack says too."""
        example = read(os.path.join(ROOT, "build", "guests", "example.elf"))
        changed = example.replace(bytes.fromhex("0f1f44000031c0c3"), bytes.fromhex("0f1f44000131c0c3"))
        self.assertNotEqual(changed, example)
        self.refuse_kernel("site-bytes", changed)

    def test_long_command_lines(self):
        self.refuse(r"cmdline-kernel =+\nfile:     --cmdline\nexpected: .* at most 20 bytes.*\nfound: +21 bytes",
                    "-k", self.bzimage(cmdline_size=20), "-c", "a" * 21)
        self.refuse(r"cmdline-(kernel|buffer)", "-k", self.kernel(), "-c", "a" * 5000)

    def test_a_uki(self):
        self.lull("pack", "-k", self.kernel(), "-o", self.path("first"), "--shim", images.shim(self.scratch.name))
        self.refuse("is a UKI already", "-k", self.path("first.efi"))

    def test_unreadable(self):
        shim = images.shim(self.scratch.name)
        for which in (["-k", self.path("none")], ["-k", self.scratch.name],
                      ["-k", self.kernel(), "-i", self.path("none")]):
            self.refuse(r"cannot read \S+: (No such file|Is a directory)", *which, shim=shim)
        self.refuse(r"cannot read \S+/none: No such file", "-k", self.kernel(), shim=self.path("none"))

    def test_too_large(self):
        huge = self.path("huge")
        with open(huge, "wb") as file:
            file.truncate((3 << 29) + 1)
        self.refuse(r"cannot read \S+/huge: File too large", "-k", huge)

    def test_no_memory(self):
        initrd, limit = self.file("initrd", bytes(32 << 20)), 64 << 20
        self.refuse(r"not enough memory for the image", "-k", self.kernel(), "-i", initrd,
                    preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))

    def test_not_a_shim(self):
        directory = self.scratch.name
        for shim in (self.kernel(), self.file("text", b"text"), self.file("elf", b"\x7fELF" + b"\0" * 60),
                     images.shim(directory, "magic", defines=["BAD_MAGIC"]), images.shim(directory, "late", late=4)):
            self.refuse(r"is no lull\.elf", "-k", self.kernel(), shim=shim)

    def test_a_packed_shim(self):
        self.lull("pack", "-k", self.kernel(), "-o", self.path("first"), "--shim", images.shim(self.scratch.name))
        self.refuse("has an image in it already", "-k", self.kernel(), shim=self.path("first.elf"))

    def test_out_of_reach(self):
        self.refuse("above 4 GiB", "-k", self.kernel(), shim=images.shim(self.scratch.name, base="0xffffa000"))

    def test_an_output_that_is_an_input(self):
        kernel = self.kernel("out.elf")
        before = read(kernel)
        shim = images.shim(self.scratch.name)
        self.lull("pack", "-k", kernel, "-o", self.path("out"), "--shim", shim, status=1, said="would replace it")
        self.assertEqual(read(kernel), before)
        os.link(kernel, self.path("other.efi"))
        self.lull("pack", "-k", kernel, "-o", self.path("other"), "--shim", shim, status=1, said="would replace it")
        self.lull("pack", "-k", kernel, "-o", shim[:-4], "--shim", shim, status=1, said="would replace it")

    def test_a_name_too_long(self):
        kernel = self.kernel()
        self.lull("pack", "-k", kernel, "-o", "x" * 5000, status=1, said="name of the output is too long")
        self.lull("pack", "-k", kernel, "-o", "x" * 4090, status=1, said="cannot write x+.efi: File name too long")

    def test_nowhere_to_write(self):
        kernel, shim = self.kernel(), images.shim(self.scratch.name)
        self.lull("pack", "-k", kernel, "-o", self.path("no/such"), "--shim", shim, status=1,
                  said=r"cannot write \S+/no/such.efi: No such file")
        for name in ("out.elf", "out.efi"):
            os.mkdir(self.path(name))
            self.lull("pack", "-k", kernel, "-o", self.path("out"), "--shim", shim, status=1,
                      said=rf"cannot write \S+/{name}: Is a directory")
            self.assertEqual(self.left_over(), [name])
            os.rmdir(self.path(name))

    def watched(self, *how):
        """An environment in which the tool stops where it first writes (STOP), or can have no file without a name (NAMED)."""
        source = self.file("watch.c", b"""
            #define _GNU_SOURCE
            #include <errno.h>
            #include <fcntl.h>
            #include <signal.h>
            #include <stdarg.h>
            #include <stdlib.h>
            #include <unistd.h>
            #include <sys/syscall.h>
            int open(const char *name, int flags, ...)
            {
                va_list more;
                va_start(more, flags);
                int mode = flags & O_CREAT ? va_arg(more, int) : 0;
                va_end(more);
                if ((flags & O_TMPFILE) == O_TMPFILE && getenv("NAMED"))
                    return errno = EOPNOTSUPP, -1;
                return syscall(SYS_openat, AT_FDCWD, name, flags, mode);
            }
            ssize_t write(int descriptor, const void *bytes, size_t size)
            {
                if (descriptor > 2 && getenv("STOP"))
                    raise(SIGSTOP);
                return syscall(SYS_write, descriptor, bytes, size);
            }
            """)
        images.run("gcc", "-shared", "-fPIC", source, "-o", self.path("watch.so"))
        return dict(os.environ, LD_PRELOAD=self.path("watch.so"), **{name: "1" for name in how})

    def limited(self, size, environment):
        """The tool's files may not grow beyond this, as on a disk that fills."""
        return {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)), "env": environment}

    def test_a_disk_that_fills(self):
        """The shim is larger than systemd's stub, so that the second of the two files is what does not fit."""
        kernel, shim = self.kernel(), SHIM
        stub = ["--stub", os.path.join(os.path.dirname(debian_kernel("systemd-boot")), "linuxx64.efi.stub")]
        self.lull("pack", "-k", kernel, "-o", self.path("first"), "--shim", shim, *stub)
        for environment in (self.watched(), self.watched("NAMED")):
            self.refuse(r"cannot write \S+/out.efi: File too large", "-k", kernel, shim=shim,
                        **self.limited(4096, environment))
            self.refuse(r"cannot write \S+/out.elf: ", "-k", kernel, *stub, shim=shim,
                        **self.limited(os.path.getsize(self.path("first.elf")) - 100, environment))

    def stopped_by(self, number, environment):
        """Ends a pack by a signal when it has its first output open, and says what there was and what was left."""
        # A shell has what it starts in the background ignore some signals, and then so does the tool. One that is stopped
        # must not outlive us.
        child = proc.spawn([TOOL, "pack", "-k", self.path("kernel.elf"), "-o", self.path("out"), "--shim",
                            self.path("shim.elf")], env=environment,
                           preexec_fn=lambda: number != signal.SIGKILL and signal.signal(number, signal.SIG_DFL))
        self.addCleanup(proc.end, child)
        _, status = os.waitpid(child.pid, os.WUNTRACED)
        self.assertTrue(os.WIFSTOPPED(status))
        before = self.left_over()
        child.send_signal(number)
        child.send_signal(signal.SIGCONT)
        self.assertEqual(child.wait(60), -number)
        return before, self.left_over()

    def test_a_signal(self):
        """A tool that is ended while it writes takes its files with it, by SIGKILL too where files need no name."""
        self.kernel()
        images.shim(self.scratch.name)
        for number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGUSR1, signal.SIGKILL):
            with self.subTest(number):
                self.assertEqual(self.stopped_by(number, self.watched("STOP")), ([], []))
        for number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP, signal.SIGUSR1):
            with self.subTest(("named", number)):
                before, after = self.stopped_by(number, self.watched("STOP", "NAMED"))
                self.assertEqual(([len(before), before[0][:8]], after), ([1, "out.efi."], []))
