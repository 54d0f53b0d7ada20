# SPDX-License-Identifier: GPL-2.0-or-later
"""What is removed leaves nothing behind.  Runs last: the bare system is bare again after it."""

import os

from tests.package.case import DIRECTORY, Case, with_kernel


class Removal(Case):
    def test_kernel_then_lull(self):
        made = with_kernel()
        self.succeeds(made.apt("remove", f"linux-image-{made.version}"))
        self.assertEqual(set(os.listdir(made.path(DIRECTORY))) - {".lock"}, set())
        self.succeeds(made.apt("remove", "lull"))
        # The hooks are configuration, which stays until it is purged, and do nothing now.
        done = made.run("/etc/kernel/postinst.d/zz-lull", made.version, f"/boot/vmlinuz-{made.version}")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.succeeds(made.apt("purge", "lull", "lull-loaders", "liblull-dev"))
        left = [name for name in made.files() - made.before if "lull" in name and not name.endswith("lull-test")]
        self.assertEqual(left, [])
