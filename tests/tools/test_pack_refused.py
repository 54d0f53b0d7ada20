# SPDX-License-Identifier: GPL-2.0-or-later
"""lull pack: everything it refuses, and that nothing is left when it cannot write."""

import os
import resource
import signal

from tests.files import picture
from tests.files.linux_elf import lists, vmlinux
from tests.lab import proc
from tests.loaders import made_pe
from tests.tools import images
from tests.tools.case import PackCase, ROOT, SHIM, TOOL, debian_kernel, read


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

    def test_pictures_lull_efi_would_not_show(self):
        good = picture.bmp(5, 3, lambda x, y: (x, y, 7))
        for content, found in ((b"", "a file that begins with the bytes 0"), (b"\x89PNG\r\n\x1a\n", "a file that begins with the bytes 0x474e5089"),
                               (good[:-1], f"rows that are cut short, by the end at byte {len(good) - 1}"),
                               (good[:28] + b"\x10" + good[29:], "a depth in bits of 16"), (good[:30] + b"\1" + good[31:], "a compression of the kind 1")):
            self.refuse(rf"lull error 189: efi-picture =+\nfile:     \S+/picture\nexpected: .*\nfound:    {found}\n",
                        "-k", self.kernel(), "--splash", self.file("picture", content))
        self.refuse("--splash is given twice", "-k", "x", "--splash", "x", "--splash", "y", status=2)
        self.refuse(r"cannot read \S+/none", "-k", self.kernel(), "--splash", self.path("none"))

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

    def test_relocations(self):
        """Where the kernel is to be moved, and not where it stays."""
        path = self.file("vmlinux", vmlinux() + lists(narrow=(-4,)))
        shim = images.shim(self.scratch.name)
        # By its PVH note, as the control domain enters it anyway, it is moved where that is asked for.
        for line, status, warning in (("", 0, r"refused by pvh and efi: error 154: linux-reloc-place "), ("lull.proto=pvh", 0, None),
                                      ("lull.kaslr=off", 0, None), ("nokaslr", 0, None),
                                      ("lull.kaslr=on", 1, r"lull error 154: linux-reloc-place ")):
            with self.subTest(line):
                self.lull("pack", "-k", path, "-c", line, "-o", self.path("out"), "--shim", shim, status=status,
                          said=warning or r"\A(?!(.*\n)*.*linux-reloc-place)")

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

    def test_a_stub_whose_headers_are_full(self):
        """Its first section is where the headers of more sections would lie; one that leaves exactly the room for them is taken."""
        for first, status in ((1024, 0), (512, 1)):
            stub = self.file("stub", made_pe.Program(section_alignment=512, sect0_address=first).build())
            self.lull("pack", "-k", self.kernel(), "-o", self.path("out"), "--shim", SHIM, "--stub", stub, status=status,
                      said="pe-section-count" if status else None)

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

    def test_a_file_with_a_name(self):
        """Where files need a name from the start, what is written is readable all the same."""
        self.lull("pack", "-k", self.kernel(), "-o", self.path("out"), "--shim", SHIM, env=self.watched("NAMED"))
        mask = os.umask(0)
        os.umask(mask)
        self.assertEqual([os.stat(self.path(name)).st_mode & 0o777 for name in ("out.elf", "out.efi")], 2 * [0o666 & ~mask])

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
                self.assertEqual(([len(before), before[0][:6]], after), ([1, ".lull-"], []))
