# SPDX-License-Identifier: GPL-2.0-or-later
"""An emulator with a hypervisor in it stays on one CPU, and leaves the others to others. Part of selftest.py."""

import os
import re
import unittest
import unittest.mock

from tests.lab import accel, dom0, one_cpu, result, session


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

    @unittest.skipIf(accel.use_kvm(), "the lab's machines are not emulated")
    def test_session(self):
        lab = session.Session(flags=accel.EMULATED_HOST + ["-m", "64", "-S"])
        self.addCleanup(lab.close)
        while not lab.machine.replies and lab.machine.clock() < 20:
            lab.machine.wait(20)
        found = threads(lab.machine.child.pid)
        self.assertGreater(len(found), 1)
        self.assertRegex(found[0], r"^\d+$")
        self.assertEqual(len(set(found)), 1)

    def test_dom0(self):
        with unittest.mock.patch.object(one_cpu, "machine", wraps=one_cpu.machine) as started:
            self.assertEqual(dom0.run_dom0("/bin/true").outcome, result.REFUSED)
        started.assert_called_once()

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
