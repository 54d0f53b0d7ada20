# SPDX-License-Identifier: GPL-2.0-or-later
"""make install: where it puts what is built, and what it refuses before it puts anything anywhere."""

import os
import subprocess

from tests.tools.case import ROOT, Case


class Install(Case):

    def make(self, *words):
        """Nothing is built for it: what is installed is there."""
        environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
        return subprocess.run(["make", "-s", "-o", "product", "-C", ROOT, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=120, env=environment)

    def test_directories_with_blanks(self):
        """Any of them; of a list of files each half would be one."""
        for name in ("prefix", "bindir", "docdir", "kernelinstalldir"):
            for command in ("install", "uninstall"):
                done = self.make(command, f"{name}={self.path('x y')}", f"DESTDIR={self.path('root')}")
                self.assertEqual((done.returncode, os.listdir(self.scratch.name)), (2, []), done.stdout)
                self.assertIn(f'{name} is "{self.path("x y")}": no directory that is installed to can have a blank', done.stdout)

    def test_a_destdir_with_a_blank(self):
        # Directories that are left empty go when it is uninstalled, and one is ours.
        root, _ = self.path("a b"), self.file("kept", b"")
        done = self.make("install", f"DESTDIR={root}")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertTrue(os.access(os.path.join(root, "usr/local/bin/lull"), os.X_OK))
        self.assertEqual(sorted(os.listdir(self.scratch.name)), ["a b", "kept"])
        self.assertEqual(self.make("uninstall", f"DESTDIR={root}").returncode, 0)
        self.assertEqual(os.listdir(self.scratch.name), ["kept"])
