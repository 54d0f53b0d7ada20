# SPDX-License-Identifier: GPL-2.0-or-later
"""lull pack: what it writes, and everything it refuses."""

import os
import re
import resource
import subprocess
import threading
import time

import images
from case import Case, SHIM, TOOL, debian_kernel, read


def segments(path):
    """(offset, physical address, bytes in the file) of each PT_LOAD, as readelf sees them."""
    text = subprocess.run(["readelf", "-lW", path], check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    found = [tuple(int(number, 16) for number in match) for match in re.findall(
        r"^ +LOAD +(\w+) \w+ (\w+) (\w+)", text.stdout.decode(), re.M)]
    return [segment for segment in found if segment[2] != 0]




class Written(Case):
    """The two outputs."""

    def pack(self, kernel, *more, shim=None):
        self.lull("pack", "-k", kernel, *more, "-o", self.path("out"), "--shim", shim or images.shim(self.scratch.name))
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
        self.assertEqual(set(found), set(sections) | {"text"})
        for name, content in sections.items():
            self.assertEqual(int(found[name], 16), len(content), name)
            self.assertEqual(self.section(image, "." + name), content, name)

    def check_elf(self, packed, shim, image):
        """The shim's own bytes are as they were, and the UKI is where the loader will look."""
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
        self.assertEqual(size, 16 + len(image))
        self.assertEqual(content[offset:offset + size], b"LULLEMB1" + len(image).to_bytes(8, "little") + image)
        warnings = subprocess.run(["readelf", "-aW", packed], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.assertEqual(warnings.stderr, b"")

    def test_everything(self):
        kernel, initrd = self.bzimage(), self.file("initrd", images.cpio())
        shim = images.shim(self.scratch.name)
        packed, image = self.pack(kernel, "-i", initrd, "-c", "console=hvc0 quiet", shim=shim)
        self.check_uki(image, uname=b"9.8-synthetic", cmdline=b"console=hvc0 quiet", initrd=read(initrd),
                       linux=read(kernel))
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
        _, image = self.pack(kernel)
        self.check_uki(image, uname=b"9.8-synthetic", linux=read(kernel))

    def test_debian_in_the_real_shim(self):
        for name in ("6.1-cloud", "6.12"):
            with self.subTest(name):
                kernel = debian_kernel(name)
                packed, image = self.pack(kernel, "-c", "console=hvc0", shim=SHIM)
                self.check_elf(packed, SHIM, read(image))
                self.assertEqual(self.section(image, ".linux"), read(kernel))
                self.assertIn(self.section(image, ".uname").decode(), kernel)

    def test_default_shim(self):
        self.lull("pack", "-k", self.kernel(), "-o", self.path("out"))
        self.check_elf(self.path("out.elf"), SHIM, read(self.path("out.efi")))

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

    def test_efi_code_is_ms_abi_and_refuses(self):
        _, image = self.pack(self.kernel())
        code = self.section(image, ".text")
        self.assertIn("UEFI cannot start this image".encode("utf-16-le"), code)
        listing = subprocess.run(["objdump", "-p", image], check=True, stdout=subprocess.PIPE).stdout.decode()
        self.assertRegex(listing, r"Subsystem\s+0000000a\s+\(EFI application\)")
        self.assertRegex(listing, r"SectionAlignment\s+00001000")
        self.assertRegex(listing, r"FileAlignment\s+00000200")

    def test_a_pipe_and_a_slow_one(self):
        """What takes longer than two seconds says what it is doing."""
        pipe, kernel = self.path("pipe"), self.bzimage()
        os.mkfifo(pipe)

        def feed():
            with open(pipe, "wb") as file:
                time.sleep(2.5)
                file.write(images.cpio())
        feeder = threading.Thread(target=feed)
        feeder.start()
        self.lull("pack", "-k", kernel, "-i", pipe, "-o", self.path("out"), "--shim", images.shim(self.scratch.name),
                  said=r"\A(?:lull: still reading \S+/pipe\n)+", progress=True)
        feeder.join()
        self.assertEqual(self.section(self.path("out.efi"), ".initrd"), images.cpio())


class Refused(Case):
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
                (r"unrecognized option", ["--no-such"]),
                (r"requires an argument", ["-k"])):
            self.lull("pack", *arguments, status=2, said=said)

    def test_kernels_the_shim_would_refuse(self):
        elf = read(self.kernel())
        bzimage = images.bzimage(images.with_size(elf, "gzip"))
        for said, content in (
                ("payload-empty", b""),
                ("payload-unknown", b"no kernel at all"),
                ("payload-compressed", images.COMPRESSORS["zstd"](elf)),
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
        kernel = self.kernel()
        for said, content in (("initrd-empty", b""), ("initrd-kernel", read(kernel))):
            self.refuse(said + r" =+\nfile:     \S+/initrd\n", "-k", kernel, "-i", self.file("initrd", content))

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
        os.mkdir(self.path("out.elf"))
        self.lull("pack", "-k", kernel, "-o", self.path("out"), "--shim", shim, status=1,
                  said=r"cannot write \S+/out.elf: Is a directory")
        self.assertEqual(os.listdir(self.path("out.elf")), [])

    def limited(self, size):
        """The tool's files may not grow beyond this, as on a disk that fills."""
        return {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))}

    def test_a_disk_that_fills(self):
        kernel = self.kernel()
        shim = images.shim(self.scratch.name)
        self.refuse(r"cannot write \S+/out.efi: File too large", "-k", kernel, shim=shim, **self.limited(4096))
        self.lull("pack", "-k", kernel, "-o", self.path("first"), "--shim", shim)
        self.refuse(r"cannot write \S+/out.elf: ", "-k", kernel, shim=shim,
                    **self.limited(os.path.getsize(self.path("first.elf")) - 100))

    def test_a_signal(self):
        """A tool that is stopped while it writes takes its temporary files with it."""
        initrd, kernel, shim = self.path("initrd"), self.kernel(), images.shim(self.scratch.name)
        with open(initrd, "wb") as file:
            file.truncate(200 << 20)
        arguments = ["pack", "-k", kernel, "-i", initrd, "-o", self.path("out"), "--shim", shim]
        child = subprocess.Popen([TOOL, *arguments])
        deadline = time.monotonic() + 30
        while not self.left_over() and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.001)
        child.terminate()
        self.assertIn(child.wait(30), (0, -15))
        self.assertIn(self.left_over(), ([], ["out.efi", "out.elf"]))
