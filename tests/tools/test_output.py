# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the tool writes to: into pipes and devices, in place of files, over no input, and all of it or nothing."""

import os
import stat
import subprocess
import threading
import time
import unittest

from tests.page import boots
from tests.tools import images
from tests.tools.case import SHIM, TOOL, PackCase, read

LOG = boots.BOOT.format(masked=2140, shim=812345, steps="").encode()


class Output(PackCase):
    def uki(self):
        return images.objcopy_uki(self.scratch.name, {".linux": b"x", ".cmdline": b"quiet"})

    def node(self, name, kind, minor):
        """A device of our own: those of the machine are nothing to try this on."""
        path = self.path(name)
        try:
            os.mknod(path, kind | 0o666, os.makedev(1, minor))
            with open(path, "rb"):
                return path
        except PermissionError as reason:
            raise unittest.SkipTest(f"no device can be made here: {reason}")

    def read_late(self, pipe, seconds=0.0):
        """A thread that reads a pipe to its end, and a list that has the content then."""
        content = []

        def take():
            with open(pipe, "rb") as file:
                time.sleep(seconds)
                content.append(file.read())
        reader = threading.Thread(target=take, daemon=True)
        reader.start()
        return reader, content

    def pack(self, status=0, said=None, **how):
        self.lull("pack", "-k", self.kernel(), "-o", self.path("out"), "--shim", SHIM, status=status, said=said, **how)

    def test_a_pipe(self):
        pipe = self.path("pipe")
        os.mkfifo(pipe)
        for command, check in ((("extract", "cmdline", self.uki()), lambda data: self.assertEqual(data, b"quiet\n")),
                               (("timeline", self.file("a.log", LOG)), lambda data: self.assertIn(b"</html>", data))):
            reader, content = self.read_late(pipe)
            self.lull(*command, "-o", pipe)
            reader.join()
            check(content[0])
            self.assertTrue(stat.S_ISFIFO(os.stat(pipe).st_mode))

    def test_a_device(self):
        uki, log = self.uki(), self.file("a.log", LOG)
        for minor, status, said in ((3, 0, None), (7, 1, r"cannot write \S+/node: No space left on device")):
            node = self.node("node", stat.S_IFCHR, minor)
            self.lull("extract", "cmdline", uki, "-o", node, status=status, said=said)
            self.lull("timeline", log, "-o", node, status=status, said=said)
            self.assertTrue(stat.S_ISCHR(os.stat(node).st_mode))
            os.unlink(node)

    def test_no_place_for_a_file(self):
        """What pack writes are files, and a disk is nothing to write a page on."""
        for name in ("out.elf", "out.efi"):
            os.mkfifo(self.path(name))
            self.pack(status=1, said=rf"cannot write \S+/{name}: it is no regular file")
            self.assertEqual(self.left_over(), [name])
            self.assertTrue(stat.S_ISFIFO(os.stat(self.path(name)).st_mode))
            os.unlink(self.path(name))
        try:
            os.mknod(self.path("disk"), stat.S_IFBLK | 0o666, os.makedev(1, 0))
        except PermissionError as reason:
            raise unittest.SkipTest(f"no device can be made here: {reason}")
        self.lull("extract", "cmdline", self.uki(), "-o", self.path("disk"), status=1, said="disk: it is no regular file")
        self.assertTrue(stat.S_ISBLK(os.stat(self.path("disk")).st_mode))

    def test_standard_output(self):
        """As it is: a pipe, or a file behind what it has.  A link of our own stands for /dev/stdout, which a wrong tool would replace."""
        uki, link = self.uki(), self.path("stdout")
        os.symlink("/proc/self/fd/1", link)
        self.assertEqual(self.lull("extract", "cmdline", uki, "-o", link), "quiet\n")
        name = self.file("lines", b"before\n")
        with open(name, "ab") as lines:
            self.lull("extract", "cmdline", uki, "-o", link, stdout=lines)
            self.lull("extract", "cmdline", uki, "-o", name, stdout=lines)
        self.assertEqual(read(name), b"before\nquiet\nquiet\n")
        self.assertTrue(os.path.islink(link))

    def test_a_link(self):
        """It stays, and what it leads to is replaced; what leads nowhere is nothing to write to."""
        os.mkdir(self.path("there"))
        target, link, uki = self.file("there/target", b"old"), self.path("link"), self.uki()
        os.symlink("there/target", link)
        self.lull("extract", "cmdline", uki, "-o", link)
        self.assertEqual((os.readlink(link), read(target), os.listdir(self.path("there"))), ("there/target", b"quiet\n", ["target"]))
        os.unlink(target)
        self.lull("extract", "cmdline", uki, "-o", link, status=1, said=r"cannot write \S+/link: it is a symbolic link to what is not there")
        self.assertEqual((os.readlink(link), os.listdir(self.path("there"))), ("there/target", []))

    def test_one_file_for_two(self):
        os.symlink("out.efi", self.path("out.elf"))
        self.file("out.efi", b"old")
        self.pack(status=1, said=r"out.elf and \S+/out.efi are one file")
        self.assertEqual((os.readlink(self.path("out.elf")), read(self.path("out.efi"))), ("out.efi", b"old"))

    def test_over_an_input(self):
        """What was read is not replaced, whatever it is called."""
        inputs = {"a.log": LOG, "a.times": b"1\n", "b.log": LOG, "l.list": b"[b]\nlog = b.log\n"}
        paths = {name: self.file(name, content) for name, content in inputs.items()}
        os.symlink("a.log", self.path("link"))
        for output in (*paths.values(), self.path("link")):
            self.lull("timeline", paths["a.log"], "--list", paths["l.list"], "-o", output, status=1,
                      said=r"\Alull: \S+ is an input, and would be replaced\n\Z")
        self.lull("timeline", paths["b.log"], "-o", paths["l.list"])
        self.assertNotEqual(read(paths["l.list"]), inputs.pop("l.list"))
        self.assertEqual({name: read(paths[name]) for name in inputs}, inputs)
        for name in ("out.efi", "out.elf"):
            line = self.file(name, b"quiet\n")
            self.lull("pack", "-k", self.kernel(), "-c", "@" + line, "-o", self.path("out"), "--shim", SHIM, status=1,
                      said=rf"{name} is an input, and \S+/{name} would replace it")
            self.assertEqual((self.left_over(), read(line)), ([name], b"quiet\n"))
            os.unlink(line)

    def test_a_full_device(self):
        """What was asked for is said, or that it cannot be."""
        for arguments, status in ((("--help",), 1), (("-h",), 1), (("--version",), 1),
                                  *(((command, "--help"), 2 if command == "check" else 1)
                                    for command in ("pack", "inspect", "extract", "check", "entries", "timeline"))):
            with open(self.node(f"full-{'-'.join(arguments)}", stat.S_IFCHR, 7), "wb") as full:
                self.lull(*arguments, status=status, said=r"\Alull: cannot write to standard output\n\Z", stdout=full)


class Commit(PackCase):
    """All outputs get their names, or none does and what was there before is there again."""

    def obstructed(self, *how):
        """An environment in which out.elf cannot have its name (LAST), files cannot be exchanged (STEPS) or linked (LINKLESS), or need
        a name from the start (NAMED), or in which the first temporary name is always the same (LUCK)."""
        source = self.file("obstruct.c", rb"""
            #define _GNU_SOURCE
            #include <errno.h>
            #include <fcntl.h>
            #include <stdarg.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <sys/syscall.h>
            #include <unistd.h>
            static int fail(int number) { return errno = number, -1; }
            int open(const char *name, int flags, ...)
            {
                va_list more;
                va_start(more, flags);
                int mode = flags & O_CREAT ? va_arg(more, int) : 0;
                va_end(more);
                if ((flags & O_TMPFILE) == O_TMPFILE && getenv("NAMED"))
                    return fail(EOPNOTSUPP);
                return syscall(SYS_openat, AT_FDCWD, name, flags, mode);
            }
            int rename(const char *from, const char *to)
            {
                if (getenv("LAST") && strstr(to, "/out.elf"))
                    return fail(EPERM);
                return syscall(SYS_rename, from, to);
            }
            int renameat2(int at, const char *from, int where, const char *to, unsigned flags)
            {
                return getenv("STEPS") ? fail(EINVAL) : syscall(SYS_renameat2, at, from, where, to, flags);
            }
            int link(const char *from, const char *to)
            {
                return getenv("LINKLESS") ? fail(EPERM) : syscall(SYS_link, from, to);
            }
            ssize_t getrandom(void *to, size_t size, unsigned flags)
            {
                static int calls;
                if (getenv("LUCK") && calls++ == 0)
                    return memset(to, 0, size), size;
                return syscall(SYS_getrandom, to, size, flags);
            }
            """)
        images.run("gcc", "-shared", "-fPIC", source, "-o", self.path("obstruct.so"))
        return dict(os.environ, LD_PRELOAD=self.path("obstruct.so"), **{name: "1" for name in how})

    def pack(self, *how, status=0, said=None):
        self.lull("pack", "-k", self.path("kernel.elf"), "-o", self.path("out"), "--shim", SHIM, status=status, said=said,
                  env=self.obstructed(*how))

    def all_names(self):
        return {name for name in os.listdir(self.scratch.name) if name.startswith((".", "out"))}

    WAYS = ((), ("NAMED",), ("STEPS",), ("STEPS", "LINKLESS"), ("STEPS", "NAMED"))

    def test_all(self):
        self.kernel()
        self.pack()
        efi, elf = read(self.path("out.efi")), read(self.path("out.elf"))
        for way in self.WAYS:
            with self.subTest(way):
                for old in (True, False):
                    for name in ("out.efi", "out.elf"):
                        if old:
                            self.file(name, b"old")
                        else:
                            os.unlink(self.path(name))
                    self.pack(*way)
                    self.assertEqual((read(self.path("out.efi")) == efi, read(self.path("out.elf")) == elf), (True, True))
                    self.assertEqual(self.all_names(), {"out.efi", "out.elf"})

    def test_none(self):
        """The first file is in its place when the second cannot have its."""
        self.kernel()
        for way in self.WAYS:
            with self.subTest(way):
                self.pack(*way, "LAST", status=1, said=r"\Alull: cannot write \S+/out.elf: Operation not permitted\n\Z")
                self.assertEqual(self.all_names(), set())
                self.file("out.efi", b"old efi")
                self.file("out.elf", b"old elf")
                inode = os.stat(self.path("out.efi")).st_ino
                self.pack(*way, "LAST", status=1, said=r"\Alull: cannot write \S+/out.elf: Operation not permitted\n\Z")
                self.assertEqual((read(self.path("out.efi")), read(self.path("out.elf"))), (b"old efi", b"old elf"))
                self.assertEqual(os.stat(self.path("out.efi")).st_ino, inode)
                self.assertEqual(self.all_names(), {"out.efi", "out.elf"})
                os.unlink(self.path("out.efi"))
                os.unlink(self.path("out.elf"))

    def test_a_name_that_is_taken(self):
        """A file with the temporary name is somebody's, and stays."""
        self.kernel()
        for way in ((), ("NAMED",)):
            self.file(".lull-00000000", b"not lull's")
            self.pack(*way, "LUCK")
            self.assertEqual(read(self.path(".lull-00000000")), b"not lull's")
            self.assertEqual(self.all_names(), {".lull-00000000", "out.efi", "out.elf"})

    def test_the_longest_name(self):
        """As long as the file system takes, also where a file with that name is there already."""
        for name in ("x" * 251, "y" * 255):
            for _ in range(2):
                self.lull("timeline", self.file("a.log", LOG), "-o", self.path(name))
            self.assertIn(b"</html>", read(self.path(name)))


class Closed(PackCase):
    """Started without a standard stream, the tool opens no file in its place."""

    def without(self, streams, *arguments):
        return subprocess.run(["sh", "-c", f'exec "$@" {streams}', "sh", TOOL, *arguments], capture_output=True, timeout=120)

    def test_standard_error(self):
        """That it is still writing is no part of what it writes."""
        content, pipe = os.urandom(1 << 20), self.path("pipe")
        uki = images.objcopy_uki(self.scratch.name, {".linux": b"x", ".initrd": content})
        os.mkfifo(pipe)
        for streams in ("2>&-", "<&- >&- 2>&-"):
            reader, got = Output.read_late(self, pipe, 2.5)
            self.assertEqual(self.without(streams, "extract", "initrd", uki, "-o", pipe).returncode, 0)
            reader.join()
            self.assertTrue(got[0] == content)

    def test_standard_output(self):
        kernel = self.kernel()
        for arguments in (("extract", "kernel", kernel), ("inspect", kernel), ("inspect", "--json", kernel)):
            done = self.without(">&-", *arguments)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, rb"\Alull: cannot write [a-z ]+\n\Z")
        self.assertEqual(self.without("<&- >&-", "extract", "kernel", kernel, "-o", self.path("out")).returncode, 0)
        self.assertEqual(read(self.path("out")), read(kernel))
