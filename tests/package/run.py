#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The Debian packages, in a bare system: built, looked at, installed, made use of, and removed.

    run.py [CLASS...]      all, or some of the classes below, as unittest names them

The packages are those in build/, after `make deb`. Needs root, for chroot; without it nothing is tested. Its last line is
"package: N passed, N failed".
"""

import os
import sys
import unittest

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.check import unittests
from tests.lab import packages, proc, scratch

# In this order: what looks at files first, what removes the packages last.
TESTS = ("packages_test", "hooks_test", "removal_test")


def main(names):
    if os.geteuid() != 0:
        print("package: only root can make a bare system\npackage: 0 passed, 0 failed, 1 skipped")
        return 0
    packages.require("package")
    proc.leave_on_signals()
    scratch.use()
    wanted = names or TESTS
    suite = unittest.defaultTestLoader.loadTestsFromNames(f"tests.package.{name}" for name in wanted)
    return unittests.run("package", suite, verbosity=2)


if __name__ == "__main__":
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__.strip())
        sys.exit(0)
    sys.exit(main(sys.argv[1:]))
