# SPDX-License-Identifier: GPL-2.0-or-later
"""What QEMU starts as Xen."""

import os
import unittest

from tests.files import formats
from tests.lab import dom0, paths, xen_image
from tests.lab.result import LabFault

CRASH = os.path.join(paths.LAB, "selftest", "tiny-crash.elf")


class XenImage(unittest.TestCase):
    """xen_image.py and xen_loader.c."""

    def test_xen_stays(self):
        """A Xen that moves itself takes half as long again."""
        console = dom0.run_dom0(CRASH).console
        self.assertIn(f"Xen image load base address: {xen_image.XEN - xen_image.XEN_LINKED:#x}\n", console)
        self.assertNotIn("New Xen image base address", console)

    def test_not_one_segment(self):
        two = formats.Elf([formats.Segment(b"\x90"), formats.Segment(b"\x90")], bits=32).build()
        with self.assertRaisesRegex(LabFault, "2 segments, not one"):
            xen_image.with_loader(two)
