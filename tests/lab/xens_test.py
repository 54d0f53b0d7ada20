# SPDX-License-Identifier: GPL-2.0-or-later
"""The choice of a Xen: one that is not known is refused before anything is done for it, and one that is known is what runs."""

import os
import subprocess
import sys
import time
import unittest
import unittest.mock

from tests.lab import accel, packages, paths, plain, qemu, xens

HERE = os.path.dirname(os.path.realpath(__file__))
HANG = os.path.join(paths.LAB, "selftest", "tiny-hang.elf")


class Xens(unittest.TestCase):
    """XEN= and what it does."""

    def test_unknown_version(self):
        done = subprocess.run([sys.executable, os.path.join(HERE, "packages.py"), "--install", "lab"], text=True,
                              stderr=subprocess.PIPE, env=dict(os.environ, XEN="4.1"))
        self.assertEqual(done.returncode, packages.MISSING)
        self.assertEqual(done.stderr, "lull: XEN=4.1: the choices are 4.17 4.20\n")

    def test_pace(self):
        """A slower emulator has more time for the same."""
        with unittest.mock.patch.dict(xens.PACE, {paths.XEN_VERSION: 3}), \
                qemu.Machine([*accel.native(1), "-m", "32", "-kernel", HANG]) as machine:
            begun = time.monotonic()
            self.assertFalse(plain.watch(machine, 1, None))
            self.assertGreaterEqual(time.monotonic() - begun, 3)
