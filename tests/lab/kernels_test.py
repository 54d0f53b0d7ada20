# SPDX-License-Identifier: GPL-2.0-or-later
"""What is unpacked of a package: a kernel without what lies behind it, modules by their names, and of a damaged file nothing."""

import os
import subprocess
import tempfile
import unittest

from tests.lab import kernels

CONTROL = "Package: lull-lab\nVersion: 1\nArchitecture: amd64\nMaintainer: nobody <nobody@localhost>\nDescription: a kernel\n"
FILES = {"boot/System.map-1": b"map", "boot/vmlinuz-1": b"kernel", "lib/modules/1/a.ko": b"a", "lib/modules/1/b.ko": b"b"}


class Kernels(unittest.TestCase):
    """kernels.py and a package that is made here."""

    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="lull-kernels-")
        self.addCleanup(place.cleanup)
        self.package, self.target = os.path.join(place.name, "kernel.deb"), os.path.join(place.name, "target")
        os.mkdir(self.target)
        tree = os.path.join(place.name, "tree")
        for name, data in {"DEBIAN/control": CONTROL.encode(), **FILES}.items():
            path = os.path.join(tree, name)
            os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
            with open(path, "wb") as file:
                file.write(data)
        subprocess.run(["dpkg-deb", "--build", "--root-owner-group", tree, self.package], stdout=subprocess.DEVNULL, check=True)

    def unpacked(self):
        """The files in the target, and what is in each."""
        found = {}
        for folder, _, names in os.walk(self.target):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    found[os.path.relpath(file.name, self.target)] = file.read()
        return found

    def cut(self):
        """Leave the package's tail away."""
        with open(self.package, "r+b") as file:
            file.truncate(os.path.getsize(self.package) - 200)

    def test_first(self):
        kernels.extract_first(self.package, self.target, kernels.KERNEL)
        self.assertEqual(self.unpacked(), {"boot/vmlinuz-1": b"kernel"})

    def test_by_name(self):
        kernels.extract(self.package, self.target, "--wildcards", kernels.KERNEL, "./lib/modules/*/b.ko")
        self.assertEqual(sorted(self.unpacked()), ["boot/vmlinuz-1", "lib/modules/1/b.ko"])

    def test_absent(self):
        kernels.extract_first(self.package, self.target, "./*/vmlinux*")
        self.assertEqual(self.unpacked(), {})

    def test_damaged(self):
        self.cut()
        with self.assertRaisesRegex(kernels.Unavailable, "kernel.deb cannot be unpacked"):
            kernels.extract_first(self.package, self.target, kernels.KERNEL)
        self.assertEqual(self.unpacked(), {})
