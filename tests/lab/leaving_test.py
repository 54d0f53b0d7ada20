# SPDX-License-Identifier: GPL-2.0-or-later
"""Nothing outlives a run that is interrupted or killed, and nothing is left behind. Part of selftest.py."""

import contextlib
import glob
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from tests.lab import paths, scratch

TESTS = os.path.join(paths.ROOT, "tests")
SELFTEST = os.path.join(paths.LAB, "selftest")
HANG = os.path.join(SELFTEST, "tiny-hang.elf")
MATRIX = os.path.join(TESTS, "matrix", "matrix.py")
TOOLS = os.path.join(TESTS, "tools", "test_tools.py")

# Our children have this in their environment, with a value of their own for each run.
MARK = "LULL_LEAVING_TEST"


def within(seconds, condition):
    """What CONDITION says once it says something, or at the end of the time. Asked once more it may say something else."""
    deadline = time.monotonic() + seconds
    while True:
        said = condition()
        if said or time.monotonic() >= deadline:
            return said
        time.sleep(0.01)


def cells(name, *lines):
    """Write a cells file of one cell."""
    path = os.path.join(SELFTEST, f"{name}.cells")
    with open(path, "w") as output:
        output.write("\n".join([f"[{name}]", "door = tcg", "memory = 32", *lines, ""]))
    return path


def marked(mark, program=b""):
    """The processes, other than dead ones, that have a mark in their environment and run a program of this name."""
    found = []
    for process in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{process}/environ", "rb") as environ, \
                open(f"/proc/{process}/cmdline", "rb") as cmdline:
            if f"{MARK}={mark}".encode() in environ.read().split(b"\0") and program in cmdline.read().split(b"\0")[0]:
                found.append(process)
    return found


class Leaving(unittest.TestCase):
    def setUp(self):
        self.logs = tempfile.mkdtemp(prefix="logs-")
        self.addCleanup(shutil.rmtree, self.logs)

    def interrupted(self, arguments, number, begun):
        """Start a program of ours, send it a signal when BEGUN(its number, mark) says so, and look at what is left."""
        # What goes elsewhere than under build/tmp goes there.
        outside = tempfile.mkdtemp(prefix="leaving-", dir=SELFTEST)
        self.addCleanup(shutil.rmtree, outside)
        mark = os.path.basename(outside)
        run = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               stdin=subprocess.DEVNULL, start_new_session=True,
                               env={**os.environ, MARK: mark, "TMPDIR": outside, "LULL_CHECK_LOGS": self.logs})
        ours = os.path.join(scratch.ABOVE, str(run.pid))
        try:
            self.assertTrue(within(60, lambda: run.poll() is not None or begun(ours, mark)), "it did not begin")
            self.assertIsNone(run.poll(), "it ended by itself")
            # As a terminal does at Ctrl-C.
            os.killpg(run.pid, number)
            run.wait(20)
            self.assertTrue(within(10, lambda: not marked(mark)), f"processes are left: {marked(mark)}")
            self.assertEqual(os.listdir(outside), [])
            return ours
        finally:
            run.kill()
            run.wait()

    def test_guest(self):
        """An emulator ends with the run, however that ends."""
        path = cells("leaving", f"kernel = {HANG}")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            with self.subTest(number.name):
                ours = self.interrupted([MATRIX, path], number, lambda _, mark: marked(mark, b"qemu-system"))
                if number == signal.SIGKILL:
                    # The next run cleans up.
                    scratch.sweep()
                self.assertFalse(os.path.exists(ours))

    def test_files(self):
        """What was in the making when Ctrl-C came: by us, by the tools that we start, by programs started by programs."""
        for arguments, there in (
                ([MATRIX, cells("leaving-grub", f"kernel = {HANG}", "loader = grub")], "grub.*"),
                ([TOOLS, "test_pack"], "lull-tools-*"),
                ([os.path.join(TESTS, "check", "check.py"), "tools"], "lull-tools-*"),
                ([os.path.join(TESTS, "check", "soak.py"), "1", "tools"], "lull-tools-*"),
                ([os.path.join(TESTS, "linux", "text.py")], "text-*"),
                ([os.path.join(TESTS, "lab", "run.py"), "DOOR=native"], "guest.elf")):
            with self.subTest(arguments[0]):
                ours = self.interrupted(arguments, signal.SIGINT,
                                        lambda ours, _: glob.glob(os.path.join(ours, "**", there), recursive=True))
                self.assertFalse(os.path.exists(ours))
                self.assertEqual([name for name in os.listdir(paths.LAB) if name.startswith(("text-", "initrd-"))], [])
