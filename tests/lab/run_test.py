# SPDX-License-Identifier: GPL-2.0-or-later
"""`make run`: what it makes of its settings, before it does anything else, and of the end. Part of selftest.py."""

import ast
import contextlib
import glob
import io
import os
import subprocess
import sys
import unittest
import unittest.mock

from tests.lab import kernels, paths, result, run
from tests.matrix import ways

# The lab's host and make call these, nobody else.
NOT_BY_HAND = ("agent.py", "test_initrd.py")
HANG = os.path.join(paths.LAB, "selftest", "tiny-hang.elf")


class Run(unittest.TestCase):
    def test_make(self):
        """Nothing is installed or built first: this make would build anew, with a compiler that is not there."""
        for words, message in ((["run", "DOOR=typo"], "DOOR=typo: the choices are pvh pv native"),
                               (["check", "SUITES=typo"], "no suite typo"),
                               (["soak", "SUITES=typo"], "no suite typo"), (["soak", "N=no"], "N=no"),
                               (["matrix", "CELLS=/absent"], "/absent"), (["matrix", "LAB=typo"], "LAB=typo")):
            with self.subTest(words):
                done = subprocess.run(["make", "-B", "-C", paths.ROOT, "CC=absent", *words], stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                self.assertEqual(done.returncode, 2)
                self.assertIn(message, done.stdout)
                self.assertNotIn("absent:", done.stdout.replace("/absent", ""))

    def test_nonsense(self):
        for setting, message in (("CPUS=0", "not a number"), ("CPUS=two", "not a number"), ("CPUS=129", "to 128"),
                                 ("MEMORY=8M", "not a number"), ("MEMORY=\u0662", "not a number"),
                                 ("MEMORY=99999999", "not a number"), ("TIMEOUT=-1", "not a number"),
                                 ("KERNEL=/absent", "No such file"), ("KERNEL=/", "Is a directory"),
                                 ("KERNEL=/etc/passwd", "neither"), ("INITRD=/absent", "No such file"),
                                 ("COLOUR=red", "not understood"), ("--typo", "not understood")):
            with self.subTest(setting), self.assertRaisesRegex(run.Usage, message):
                run.settings([setting])

    def test_memory(self):
        """What is called too little is too little: less than the least that the kernel was ever seen to start in."""
        for name in ("6.1", "6.1-cloud", "6.12"):
            chosen = {"KERNEL": kernels.fetch(name), "INITRD": None}
            least = min(memory for (_, kernel), some in ways.LEAST.items() if kernel == name for memory in some)
            with self.subTest(name):
                run.check_memory({**chosen, "MEMORY": least})
                with self.assertRaisesRegex(run.Usage, "at least [4-9][0-9]"):
                    run.check_memory({**chosen, "MEMORY": 40})
        run.check_memory({"KERNEL": HANG, "INITRD": None, "MEMORY": 1})

    def test_end(self):
        """The status is printed, and what a newcomer would ask is answered."""
        warning = "[    0.1] WARNING: CPU: 0 PID: 0 at arch/x86/kernel/fpu/xstate.c:1 fpu__init_system_xstate+0x1/0x2"
        for outcome, status, console in (("poweroff", 0, ""), ("crash", 11, warning), (result.TRIPLE_FAULT, 12, "")):
            ended = result.Result(outcome, console + "\n")
            with self.subTest(outcome), unittest.mock.patch.object(run, "boot", return_value=ended), \
                    unittest.mock.patch.object(run.proc, "stop_all"), unittest.mock.patch.object(run, "draw") as draw, \
                    contextlib.redirect_stderr(io.StringIO()) as said:
                self.assertEqual(run.main(["DOOR=native", f"KERNEL={HANG}", "INITRD=none", "--direct"]), status)
                self.assertEqual(said.getvalue().splitlines()[-1], f"lull: exit status {status}")
                draw.assert_called_once()
                self.assertEqual("the emulator's" in said.getvalue(), bool(console))


class Help(unittest.TestCase):
    def test_all_programs(self):
        """Each says what it is for when asked, and does nothing else."""
        for path in sorted(glob.glob(os.path.join(paths.ROOT, "tests", "**", "*.py"), recursive=True)):
            with open(path, encoding="utf-8") as file:
                source = file.read()
            if '\nif __name__ == "__main__":\n' not in source or os.path.basename(path) in NOT_BY_HAND:
                continue
            with self.subTest(path):
                asked = subprocess.run([sys.executable, path, "--help"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, text=True, timeout=30)
                purpose = ast.get_docstring(ast.parse(source)).split()[:5]
                self.assertTrue(asked.stdout.startswith("usage: ") or asked.stdout.split()[:5] == purpose, asked.stdout)
