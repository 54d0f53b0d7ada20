# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of the packages share: the packages, and one bare system for all that install them."""

import atexit
import glob
import os
import re
import unittest

from tests.lab import paths, scratch
from tests.package import bare

DIRECTORY = "/var/lib/lull"
HELPER = "/usr/lib/lull/kernel-images"
# What the initrd of the bare system does first: what the lab's own guest does (tests/lab/guest-init.sh).
SCRIPT = "/etc/initramfs-tools/scripts/init-top/lull-test"
SAY_AND_END = """#!/bin/sh
[ "$1" = prereqs ] && exit 0
echo "USERSPACE UP $(uname -r)"
poweroff -f
"""
# It needs no module for that.  With those for any machine it is several times as large, and emulated guests unpack it.
MODULES = "/etc/initramfs-tools/conf.d/lull-test"
NO_MODULES = "MODULES=list\n"
CMDLINE = "console=hvc0 lull_test=1"
_systems = {}


def debs():
    """The names of the packages that make deb has left, by their first part."""
    found = {os.path.basename(path).split("_")[0]: path for path in glob.glob(os.path.join(paths.BUILD, "*.deb"))}
    if set(found) != {"lull", "lull-loaders", "liblull-dev"}:
        raise AssertionError(f"make deb has left {sorted(found)}")
    return found


def system():
    """The bare system with the packages of lull in it, and hooks that do nothing yet. Made once."""
    if "bare" not in _systems:
        made = _systems["bare"] = bare.System(os.path.join(scratch.use(), "bare"))
        atexit.register(made.close)
        made.before = made.files()
        made.write(SCRIPT, SAY_AND_END, 0o755)
        made.write(MODULES, NO_MODULES)
        made.installed = made.install(*debs().values())
    made = _systems["bare"]
    if made.installed.returncode != 0:
        raise AssertionError(made.installed.stdout + made.installed.stderr)
    return made


def with_kernel():
    """The same, after hooks were asked for and a kernel was installed. The kernel's version is in .version, what apt said in .said."""
    made = system()
    if not hasattr(made, "version"):
        conf = made.read("/etc/lull.conf").decode()
        conf = conf.replace("IMAGES=no", "IMAGES=yes").replace("#CMDLINE=\"root=/dev/xvda1 ro console=hvc0\"", f'CMDLINE="{CMDLINE}"')
        made.write("/etc/lull.conf", conf)
        made.said = made.apt("install", "linux-image-cloud-amd64")
        found = re.findall(r"vmlinuz-(\S+)", "\n".join(os.listdir(made.path("/boot"))))
        made.version = found[0] if found else None
    return made


class Case(unittest.TestCase):
    maxDiff = None

    def succeeds(self, done, said=None):
        """A finished process that has ended well, and has said on standard error what it should; returns its output."""
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        if said is not None:
            self.assertRegex(done.stderr, said)
        return done.stdout
