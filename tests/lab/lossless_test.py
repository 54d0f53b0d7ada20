# SPDX-License-Identifier: GPL-2.0-or-later
"""A reader that is five seconds late has lost nothing: not of a serial line or the monitor, nor (UnderKvm in selftest.py) of
the agent's channel. Part of selftest.py."""

import os
import time
import unittest
import unittest.mock

from tests.lab import accel, bochs, one_cpu, paths, plain, proc, qemu

LATE = 5
TINY = os.path.join(paths.LAB, "selftest", "tiny-lines.elf")
HANG = os.path.join(paths.LAB, "selftest", "tiny-hang.elf")
LINES = 20000


def late(function):
    """The same function, which sleeps before its first call."""
    pending = [LATE]

    def called(*arguments):
        if pending:
            time.sleep(pending.pop())
        return function(*arguments)
    return called


class Lossless(unittest.TestCase):
    def all_lines(self, ended):
        self.assertEqual(ended.outcome, "poweroff")
        self.assertGreater(ended.seconds, LATE)
        self.assertEqual(ended.console, "TINY GUEST\n" * LINES)

    def test_serial_line(self):
        with unittest.mock.patch.object(proc, "wait", late(proc.wait)):
            self.all_lines(plain.run(TINY, memory=32, timeout=60))

    def test_serial_line_of_bochs(self):
        scratch = os.path.join(paths.LAB, "selftest", "bochs")
        with unittest.mock.patch.object(proc, "wait", late(proc.wait)):
            self.all_lines(bochs.run(TINY, timeout=120, scratch=scratch))

    def test_monitor(self):
        """Its answers to one question fill a socket twenty times over."""
        asked = 20
        with qemu.Machine([*accel.native(1), "-m", "32", "-S"]) as machine:
            for _ in range(asked):
                machine.ask("query-qmp-schema")
            time.sleep(LATE)
            deadline = machine.clock() + 60
            # One more for qmp_capabilities.
            while machine.replies < asked + 1 and machine.wait(deadline):
                pass
            self.assertEqual(machine.replies, asked + 1)
            self.assertGreater(len(machine.monitor.data), asked * 100000)

    def test_busy_machine(self):
        """A guest that gets a fraction of a CPU has its whole time nevertheless."""
        place = one_cpu.Place()
        self.addCleanup(place.close)
        spinners = [proc.spawn(place.command(["sh", "-c", "while :; do :; done"])) for _ in range(4)]
        for spinner in spinners:
            self.addCleanup(proc.end, spinner)
        with qemu.Machine([*accel.native(1), "-m", "32", "-kernel", HANG], place=place) as machine:
            begun = time.monotonic()
            self.assertFalse(plain.watch(machine, 1, None))
            self.assertGreater(time.monotonic() - begun, 2)
