# SPDX-License-Identifier: GPL-2.0-or-later
"""Whoever waits for a guest leaves the CPU to it: while it talks without end, and once it is gone. Part of selftest.py."""

import os
import time
import unittest

from tests.lab import accel, paths, plain, qemu

TALK, POWEROFF = (os.path.join(paths.LAB, "selftest", f"tiny-{end}.elf") for end in ("talk", "poweroff"))
SECONDS = 2
# Of the time that the guest talks. Some hundredths are what it takes.
SHARE = 0.2


class Idle(unittest.TestCase):
    def machine(self, image):
        return qemu.Machine([*accel.native(1), "-m", "32", "-kernel", image, *plain.DEBUG_EXIT])

    def test_guest_that_talks(self):
        with self.machine(TALK) as machine:
            begun, since = time.thread_time(), time.monotonic()
            self.assertFalse(plain.watch(machine, SECONDS, None))
            self.assertLess(time.thread_time() - begun, SHARE * (time.monotonic() - since))
            self.assertGreater(len(machine.com1.data), 10000)

    def test_guest_that_is_gone(self):
        """There is nothing more to wait for."""
        with self.machine(POWEROFF) as machine:
            self.assertTrue(plain.watch(machine, 60, None))
            begun = time.monotonic()
            machine.drain()
            self.assertFalse(machine.wait(machine.clock() + 60))
            self.assertLess(time.monotonic() - begun, 10)
