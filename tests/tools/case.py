# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of the host tool share."""

import json
import os
import re
import subprocess
import tempfile
import threading
import time
import unittest

from tests.lab import kernels
from tests.tools import images, schema

ROOT = os.path.dirname(os.path.dirname(images.HERE))
# LULL names another build of the tool, with sanitizers for instance.
TOOL = os.environ.get("LULL") or os.path.join(ROOT, "build", "lull")
SHIM = os.path.join(ROOT, "build", "lull.elf")
STUB = os.path.join(ROOT, "build", "lull.efi")


def write(path, content):
    """Write a file; return its name."""
    with open(path, "wb") as file:
        file.write(content)
    return path


def read(path):
    """All of a file."""
    with open(path, "rb") as file:
        return file.read()


def debian_kernel(name):
    """A real kernel; the test is skipped where its package cannot be had."""
    try:
        return kernels.fetch(name)
    except kernels.Unavailable as reason:
        raise unittest.SkipTest(str(reason))


class Case(unittest.TestCase):
    """One test has one directory of its own."""

    # What pack says of a kernel that has a PVH entry alone.
    PVH_ONLY = r"\Alull: warning: refused by pv and dom0-pv: error \d+: elf-pvh-only \(.*\)\n\Z"

    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory(prefix="lull-tools-")
        self.addCleanup(self.scratch.cleanup)

    def path(self, name):
        return os.path.join(self.scratch.name, name)

    def file(self, name, content):
        return write(self.path(name), content)

    def slow_pipe(self, name, content):
        """A pipe whose first byte comes after more than two seconds, which is when a tool says what it does."""
        pipe = self.path(name)
        os.mkfifo(pipe)

        def feed():
            with open(pipe, "wb") as file:
                time.sleep(2.5)
                file.write(content)
        feeder = threading.Thread(target=feed)
        feeder.start()
        self.addCleanup(feeder.join)
        return pipe

    def lull(self, *arguments, status=0, said=None, progress=False, **how):
        """Run the tool; check its exit status and what it says on standard error; return its standard output.

        That it is still at work, which it says every two seconds, counts with PROGRESS only: machines are slow at times.
        """
        done = subprocess.run([TOOL, *arguments], stdout=how.pop("stdout", subprocess.PIPE), stderr=subprocess.PIPE,
                              timeout=120, **how)
        errors = done.stderr.decode(errors="replace")
        if not progress:
            errors = re.sub(r"^lull: still .*\n", "", errors, flags=re.MULTILINE)
        self.assertEqual(done.returncode, status, errors)
        if said is None:
            self.assertEqual(errors, "")
        else:
            self.assertRegex(errors, said)
        output = (done.stdout or b"").decode()
        if "--json" in arguments and output:
            self.describes("loaders" if "--loaders" in arguments else arguments[0], output)
        return output

    def inspect(self, path, status=0):
        """The JSON of lull inspect; the form for people must exist too."""
        self.assertIn("kind", self.lull("inspect", path, status=status))
        return json.loads(self.lull("inspect", "--json", path, status=status))

    def describes(self, command, output):
        """What --json has printed is what the command's schema says."""
        self.assertEqual(schema.wrong(output, command), [])

    def doors(self, path, status=0):
        return [row["door"] for row in self.inspect(path, status)["starts_by"]]

    def kernel(self, name="kernel.elf", defines=("PVH",), bits=64):
        return images.link(self.scratch.name, name, "kernel", bits, defines)

    def bzimage(self, name="vmlinuz", compression="gzip", **fields):
        return self.file(name, images.bzimage(images.with_size(read(self.kernel()), compression), **fields))

    def left_over(self):
        """Names in the scratch directory that pack may have left."""
        return sorted(name for name in os.listdir(self.scratch.name) if name.startswith(("out", ".lull-")))


class PackCase(Case):
    """Its kernels start by every door, unless a test wants others: then pack has nothing to warn of."""

    def kernel(self, name="kernel.elf", defines=("PV", "PVH"), bits=64):
        return super().kernel(name, defines, bits)
