# SPDX-License-Identifier: GPL-2.0-or-later
"""What check.py makes of a suite's end. Part of tests/lab/selftest.py."""

import pathlib
import tempfile
import unittest
import unittest.mock

from tests.check import check

TARGETS = check.TARGETS


class Check(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="check-")
        self.addCleanup(place.cleanup)
        self.place = pathlib.Path(place.name)
        for name, value in (("LOGS", self.place), ("ROOT", self.place), ("built", {}), ("TARGETS", {"one": "here", "two": "here"})):
            patch = unittest.mock.patch.object(check, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def run_suite(self, script, name="other", seconds=60):
        return check.run(name, ["sh", "-c", script], seconds)

    def test_verdicts(self):
        for script, wanted in (("echo 'a: 2 passed, 1 failed, 3 skipped'; echo 'b: 4 passed, 0 failed'; exit 1", (6, 1, 3, "")),
                               ("echo 'a: 2 passed, 0 failed'; exit 7", (2, 1, 0, "ended with status 7 though none failed")),
                               ("echo all is well", (0, 1, 0, "ended with status 0 and no verdict")),
                               ("echo 'a: 2 passed, 0 failed'; exec sleep 60", (0, 1, 0, "no end within 1 s"))):
            with self.subTest(script):
                self.assertEqual(self.run_suite(script, seconds=1 if "sleep" in script else 60), wanted)

    def test_what_make_builds(self):
        """It is built once for all suites that need it, before they begin."""
        (self.place / "Makefile").write_text("here: ; echo once >>made\n")
        for name in ("one", "two"):
            self.assertEqual(self.run_suite("cat made; echo '1 passed, 0 failed'", name), (1, 0, 0, ""))
            self.assertIn("once\n1 passed", (self.place / f"{name}.log").read_text())

    def test_what_make_does_not_build(self):
        """What was built of other sources must not stand in for it."""
        (self.place / "Makefile").write_text("here: ; @echo why; exit 1\n")
        for name in ("one", "two"):
            self.assertEqual(self.run_suite("echo '1 passed, 0 failed'", name), (0, 1, 0, "make here failed"))
            self.assertIn("why", (self.place / f"{name}.log").read_text())

    def test_names(self):
        """What is said of a suite beside the list is said of one that there is."""
        names = [name for name, _, _ in check.SUITES]
        self.assertEqual(len(names), len(set(names)))
        self.assertLessEqual({*check.ON_ONE_CORE, *TARGETS}, set(names))
