# SPDX-License-Identifier: GPL-2.0-or-later
"""Trees and files with other names: a copied tree uses nothing of the first, and a name may have a space in it. Part of
selftest.py."""

import os
import shutil
import subprocess
import sys
import unittest

from tests.lab import bochs, dom0, paths, plain, result, scratch

SELFTEST = os.path.join(paths.LAB, "selftest")

# Run in the copy: the lab's agent shows its own command line.
SHOW_AGENT = """
from tests.lab import proc, session
proc.leave_on_signals()
with session.Session("kvm", 64) as lab:
    lab.start()
    heard = bytearray()
    lab.execute(["sh", "-c", "tr '\\\\0' '\\\\n' < /proc/$PPID/cmdline"], on_console=heard.extend)
print(heard.decode())
"""


class Elsewhere(unittest.TestCase):
    def test_copied_tree(self):
        """Its agent is its own, although what the first tree has built was copied with it."""
        copy = os.path.join(scratch.use(), "a copy, of 100% of the tree")
        self.addCleanup(shutil.rmtree, copy)
        shutil.copytree(paths.ROOT, copy, symlinks=True, ignore=shutil.ignore_patterns("build", ".git"))
        os.makedirs(os.path.join(copy, "build", "lab"))
        os.symlink(paths.KERNELS, os.path.join(copy, "build", "kernels"))
        for name in os.listdir(paths.LAB):
            if name.startswith("host-"):
                shutil.copy2(os.path.join(paths.LAB, name), os.path.join(copy, "build", "lab", name))
        done = subprocess.run([sys.executable, "-B", "-c", SHOW_AGENT], cwd=copy, stdout=subprocess.PIPE, text=True)
        self.assertIn(os.path.join(copy, "tests", "lab", "agent.py"), done.stdout.split("\n"))

    def named(self, end):
        """A guest by a name with a space and a comma."""
        directory = paths.make_directory(os.path.join(SELFTEST, "a b, c"))
        return shutil.copy(os.path.join(SELFTEST, f"tiny-{end}.elf"), directory)

    def test_space(self):
        crash, place = self.named("crash"), os.path.join(SELFTEST, "a b, c", "scratch")
        self.assertEqual(plain.run(crash, ramdisk=crash, memory=32, timeout=20).outcome, "crash")
        self.assertEqual(plain.run(crash, ramdisk=crash, loader="grub", scratch=place, memory=64).outcome, "crash")
        self.assertEqual(bochs.run(self.named("poweroff"), timeout=60, scratch=place).outcome, "poweroff")
        fault = self.named("triple_fault")
        self.assertEqual(dom0.run_dom0(fault, fault, "a word").outcome, result.TRIPLE_FAULT)
