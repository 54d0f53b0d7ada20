# SPDX-License-Identifier: GPL-2.0-or-later
"""What QEMU starts as Xen."""

import os
import unittest

from tests.lab import compiler, dom0, paths, xen_image
from tests.lab.result import LabFault

CRASH = os.path.join(paths.LAB, "selftest", "tiny-crash.elf")


class XenImage(unittest.TestCase):
    """xen_image.py and xen_loader.c."""

    def test_xen_stays(self):
        """A Xen that moves itself takes half as long again."""
        console = dom0.run_dom0(CRASH).console
        self.assertIn("Xen image load base address: 0x200000\n", console)
        self.assertNotIn("New Xen image base address", console)

    def test_does_not_compile(self):
        """Without XEN_BASE and XEN_ENTRY, for instance."""
        target = os.path.join(paths.LAB, "selftest", "xen-loader")
        with self.assertRaisesRegex(LabFault, r"(?s)^xen_loader\.c does not compile: .*XEN_BASE"):
            compiler.build(xen_image.SOURCE, target, *xen_image.FLAGS)
