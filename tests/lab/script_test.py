# SPDX-License-Identifier: GPL-2.0-or-later
"""A script of the host's that takes too long is the lab's fault; all else that xl refuses is said of the guest. Part of selftest.py."""

import os
import tempfile
import unittest

from tests.lab import result, xl

# What xl 4.17 says of a guest whose disk's script took more than libxl's 40 seconds.
KILLED = """Parsing config from guest.cfg
libxl: error: libxl_aoutils.c:539:async_exec_timeout: killing execution of /etc/xen/scripts/block add because of timeout
libxl: error: libxl_create.c:1864:domcreate_launch_dm: Domain 7:unable to add disk devices
"""
REFUSED = "libxl: error: libxl_dom.c:600:libxl__build_dom: Domain 7:xc_dom_parse_image failed\n"
# Speaks as xl does of `create`, and knows no domain afterwards.
PROGRAM = """#!/bin/sh
[ "$1" = create ] || exit 1
cat >&2 <<'EOF'
{words}EOF
{ending}
"""


class Scripts(unittest.TestCase):
    def run_with(self, words, ending="exit 1", timeout=20):
        with tempfile.TemporaryDirectory() as scratch:
            program = os.path.join(scratch, "xl")
            with open(program, "w", encoding="utf-8") as output:
                output.write(PROGRAM.format(words=words, ending=ending))
            os.chmod(program, 0o755)
            return xl.run(xl.Host(scratch, program), {"door": "pvh", "kernel": "/bin/true", "timeout": timeout}, "guest")

    def test_killed(self):
        with self.assertRaises(result.LabFault) as caught:
            self.run_with(KILLED)
        self.assertIn("xl killed /etc/xen/scripts/block add, a script of the host's", str(caught.exception))

    def test_killed_and_xl_still_at_it(self):
        """xl takes as long again to clear up; that the guest's time is over then is no verdict either."""
        with self.assertRaises(result.LabFault):
            self.run_with(KILLED, "exec sleep 60", timeout=1)

    def test_refused(self):
        ended = self.run_with(REFUSED)
        self.assertEqual((ended.outcome, ended.detail), (result.REFUSED, REFUSED.strip()))
