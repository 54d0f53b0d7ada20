# SPDX-License-Identifier: GPL-2.0-or-later
"""An emulator with a hypervisor in it stays on one CPU, and leaves the others to others. Part of selftest.py."""

import os
import re
import time
import unittest

import accel
import one_cpu
import qemu


def threads(process):
    """The CPUs that each thread of a process may run on."""
    found = []
    for thread in os.listdir(f"/proc/{process}/task"):
        with open(f"/proc/{process}/task/{thread}/status") as status:
            found.append(re.search(r"^Cpus_allowed_list:\s*(\S+)$", status.read(), re.MULTILINE).group(1))
    return found


class OneCpu(unittest.TestCase):
    def places(self, count):
        found = [one_cpu.Place() for _ in range(count)]
        for place in found:
            self.addCleanup(place.close)
        return found

    def test_all_threads(self):
        place, = self.places(1)
        flags = accel.EMULATED_HOST + ["-m", "64", "-S"]
        with qemu.Machine(flags, place=place) as machine:
            deadline = time.monotonic() + 20
            while not machine.replies and time.monotonic() < deadline:
                machine.wait(deadline)
            found = threads(machine.child.pid)
        self.assertGreater(len(found), 1)
        self.assertEqual(set(found), {str(place.cpu)})

    def test_not_the_same(self):
        claimed = [place.cpu for place in self.places(3) if place.claimed]
        self.assertEqual(len(claimed), len(set(claimed)))

    def test_more_than_there_are(self):
        places = self.places(os.cpu_count() + 1)
        self.assertFalse(places[-1].claimed)
        self.assertIn(places[-1].cpu, os.sched_getaffinity(0))

    def test_free_again(self):
        before = self.places(os.cpu_count() + 1)
        free = [place for place in before if place.claimed]
        if not free:
            self.skipTest("labs of others are on all CPUs")
        free[0].close()
        self.assertTrue(self.places(1)[0].claimed)
