# SPDX-License-Identifier: GPL-2.0-or-later
"""What the matrix makes of a cell whose lab fails, and of one that was never run. Part of selftest.py."""

import contextlib
import io
import os
import unittest
import xml.etree.ElementTree as ElementTree

from tests.lab import paths, result
from tests.matrix import cells, report, schedule

SCRATCH = os.path.join(paths.LAB, "selftest")
POWEROFF = os.path.join(SCRATCH, "tiny-poweroff.elf")


class Retries(unittest.TestCase):
    """A lab fault is retried once, counted, and never a verdict; nothing that fails is passed over."""

    def run_with(self, faults):
        cell = dict(cells.DEFAULTS, name="a", door="tcg", lab="plain", kernel=POWEROFF, expect=[], reject=[])
        outcome = report.Report(SCRATCH, 1)
        scheduler = schedule.Scheduler([cell], outcome, report.Times("/nonexistent"), SCRATCH, 1)
        lab = schedule.Lab(scheduler)
        pending = list(faults)

        def boot(*_):
            if pending:
                fault = pending.pop()
                raise result.LabFault(fault) if isinstance(fault, str) else fault
            return result.Result("poweroff")
        lab.boot = boot
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            scheduler.attempt(cell, lab)
            outcome.finish(os.path.join(SCRATCH, "retries.xml"))
        return outcome, printed.getvalue()

    def test_once(self):
        outcome, printed = self.run_with(["stalled"])
        self.assertEqual((outcome.counts(), outcome.faults), ((1, 0), 1))
        self.assertIn("lab fault under a, trying again: stalled", printed)
        self.assertIn("lull: 1 lab faults", printed)

    def test_twice(self):
        outcome, printed = self.run_with(["stalled", "stalled"])
        self.assertEqual((outcome.counts(), outcome.faults), ((0, 1), 2))
        self.assertIn("FAIL a lab fault, twice", printed)
        suite = ElementTree.parse(os.path.join(SCRATCH, "retries.xml")).getroot()
        self.assertEqual((suite.get("failures"), suite.get("errors")), ("0", "1"))

    def test_fault_of_the_tests(self):
        """It is the cell's error, and ends no worker."""
        outcome, printed = self.run_with([ValueError("x")])
        self.assertEqual((outcome.counts(), outcome.faults), ((0, 1), 0))
        self.assertIn("a fault of the tests: ValueError('x')", printed)

    def test_without_verdict(self):
        """A cell that was never run has not passed."""
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            self.assertFalse(report.Report(SCRATCH, 2).finish(os.path.join(SCRATCH, "unseen.xml")))
        self.assertIn("0 passed, 2 failed", printed.getvalue())
