# SPDX-License-Identifier: GPL-2.0-or-later
"""Suites of `make check` whose tests are unittest's."""

import unittest


def of_module(module, names):
    """The tests of a module, all or those named as unittest names them."""
    loader = unittest.defaultTestLoader
    return loader.loadTestsFromNames(names, module) if names else loader.loadTestsFromModule(module)


def run(name, tests, **how):
    """Run tests; `how` is TextTestRunner's. Prints the suite's last line, and returns its exit status: no test is no success.

    A test with several wrong subtests counts once.
    """
    ran = unittest.TextTestRunner(**how).run(tests)
    failed = len({getattr(test, "test_case", test).id() for test, _ in ran.failures + ran.errors})
    skipped = len(ran.skipped)
    print(f"{name}: {ran.testsRun - failed - skipped} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or not ran.testsRun else 0
