# SPDX-License-Identifier: GPL-2.0-or-later
"""What QEMU starts as Xen."""

import os
import unittest

from tests.lab import dom0, paths, xen_image

CRASH = os.path.join(paths.LAB, "selftest", "tiny-crash.elf")


class XenImage(unittest.TestCase):
    """xen_image.py and xen_loader.c."""

    def test_xen_stays(self):
        """A Xen that moves itself takes half as long again."""
        console = dom0.run_dom0(CRASH).console
        self.assertIn(f"Xen image load base address: {xen_image.XEN - xen_image.XEN_LINKED:#x}\n", console)
        self.assertNotIn("New Xen image base address", console)
