#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Seeded faults for the lab and the matrix: each must be reported as what it is. Takes under a minute.

    selftest.py [NAME...]     all, or those named as unittest names them (Idle, PlainGuests.test_no_end)

Ends in `lab: N passed, N failed`. The guests are made from tiny.S, so that nothing of lull's is involved.
"""

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import unittest
import xml.etree.ElementTree as ElementTree

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.bench import starts
from tests.check import unittests
from tests.check.check_test import Check  # noqa: F401  (its tests run with ours)
from tests.lab import accel, bochs, dom0, kernels, moments, packages, paths, plain, proc, result, session, xen_image
from tests.lab.elsewhere_test import Elsewhere  # noqa: F401  (their tests run with ours)
from tests.lab.idle_test import Idle  # noqa: F401
from tests.lab.kernels_test import Kernels  # noqa: F401
from tests.lab.leaving_test import Leaving  # noqa: F401
from tests.lab.lossless_test import Lossless, late  # noqa: F401
from tests.lab.one_cpu_test import OneCpu  # noqa: F401
from tests.lab.retries_test import Retries  # noqa: F401
from tests.lab.run_test import Help, Run  # noqa: F401
from tests.lab.script_test import Scripts  # noqa: F401
from tests.lab.xen_image_test import XenImage  # noqa: F401
from tests.lab.xens_test import Xens  # noqa: F401
from tests.matrix import cells

HERE = os.path.dirname(os.path.realpath(__file__))
MATRIX = os.path.join(os.path.dirname(HERE), "matrix")
SCRATCH = os.path.join(paths.LAB, "selftest")
# $1 is the guest, $2 the program.
VECTORS = """
printf '%s\\n' 'name = "vectors"' 'type = "pvh"' 'memory = 32' "kernel = '$1'" >/run/vectors.cfg
xl -f create -q /run/vectors.cfg && "$2"; status=$?
xl destroy vectors
exit $status
"""
ENDS = ("POWEROFF", "CRASH", "RESET", "TRIPLE_FAULT", "HANG", "TALK", "LINES", "VECTORS")


def tiny(end):
    return os.path.join(SCRATCH, f"tiny-{end.lower()}.elf")


def make_guests():
    """Assemble tiny.S once for each way to end."""
    shutil.rmtree(SCRATCH, ignore_errors=True)
    os.makedirs(SCRATCH)
    for end in ENDS:
        subprocess.run(["gcc", "-m32", "-nostdlib", "-static", "-no-pie", "-Wl,--build-id=none,-e,start",
                        "-Wl,-Ttext-segment=0x100000,-z,noseparate-code", f"-DEND_{end}", os.path.join(HERE, "tiny.S"),
                        "-o", tiny(end)], check=True)


def cells_file(name, text):
    """Write a cells file and return its name."""
    path = os.path.join(SCRATCH, name)
    with open(path, "w") as output:
        output.write(text)
    return path


def matrix(path, *options):
    """Run matrix.py as a user does. Return its status and what it printed."""
    done = subprocess.run([sys.executable, os.path.join(MATRIX, "matrix.py"), *options, path], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    return done.returncode, done.stdout


class PlainGuests(unittest.TestCase):
    """Ends of a guest in a QEMU of its own."""

    def outcome(self, end, timeout=20):
        return plain.run(tiny(end), memory=32, timeout=timeout)

    def test_each_end_has_its_name(self):
        for end, wanted in (("POWEROFF", "poweroff"), ("CRASH", "crash"), ("RESET", "reboot"),
                            ("TRIPLE_FAULT", result.TRIPLE_FAULT)):
            with self.subTest(end):
                ended = self.outcome(end)
                self.assertEqual(ended.outcome, wanted)
                self.assertEqual(ended.lines(), ["TINY GUEST"])

    def test_no_end(self):
        self.assertEqual(self.outcome("HANG", 1).outcome, result.TIMEOUT)

    def test_no_end_of_talking(self):
        ended = self.outcome("TALK", 1)
        self.assertEqual(ended.outcome, result.TIMEOUT)
        self.assertLess(ended.seconds, 10)

    def test_not_a_kernel(self):
        self.assertEqual(plain.run("/bin/true", timeout=20).outcome, result.REFUSED)


class UnderBochs(unittest.TestCase):
    """Ends of a guest under Bochs."""

    def test_each_end_has_its_name(self):
        for end, wanted in (("POWEROFF", "poweroff"), ("CRASH", "crash"), ("RESET", "reboot"),
                            ("TRIPLE_FAULT", result.TRIPLE_FAULT)):
            with self.subTest(end):
                ended = bochs.run(tiny(end), timeout=60, scratch=os.path.join(SCRATCH, "bochs"))
                self.assertEqual(ended.outcome, wanted)
                self.assertEqual(ended.lines(), ["TINY GUEST"])

    def test_no_end(self):
        ended = bochs.run(tiny("HANG"), timeout=1, scratch=os.path.join(SCRATCH, "bochs"))
        self.assertEqual(ended.outcome, result.TIMEOUT)

    def test_bochs_refuses(self):
        """A machine that Bochs will not build is the lab's fault and not the guest's."""
        with self.assertRaises(result.LabFault):
            bochs.run(tiny("HANG"), memory=0, timeout=20, scratch=os.path.join(SCRATCH, "bochs"))


class Dom0(unittest.TestCase):
    """Ends of an image started as dom0."""

    def test_triple_fault(self):
        self.assertEqual(dom0.run_dom0(tiny("TRIPLE_FAULT")).outcome, result.TRIPLE_FAULT)

    def test_hang(self):
        self.assertEqual(dom0.run_dom0(tiny("HANG"), timeout=6).outcome, result.TIMEOUT)

    def test_not_a_kernel(self):
        self.assertEqual(dom0.run_dom0("/bin/true").outcome, result.REFUSED)

    def test_xen_is_not_reached(self):
        """A dom0 that fills its time before it is entered is the lab's fault and not the guest's."""
        with self.assertRaises(result.LabFault):
            dom0.run_dom0(tiny("HANG"), timeout=0.2)


class Verdicts(unittest.TestCase):
    """matrix.py on cells that must fail, and one that must pass."""

    TEXT = """
[DEFAULT]
door = tcg
memory = 32
timeout = 20
[good]
kernel = {poweroff}
expect = ^TINY GUEST$     ; a comment
[expect-cannot-match]
kernel = {poweroff}
expect = ^MIGHTY GUEST$
[second-expect-cannot-match]
kernel = {poweroff}
expect = TINY
    MIGHTY
[reject-matches]
kernel = {poweroff}
reject = T.NY
[wrong-outcome]
kernel = {crash}
[good-crash]
kernel = {crash}
outcome = crash
[triple-fault]
kernel = {triple}
outcome = reboot
[too-slow]
kernel = {hang}
timeout = 1
[no-file]
kernel = {hang}.absent
"""

    def test_all(self):
        path = cells_file("verdicts.cells", self.TEXT.format(poweroff=tiny("POWEROFF"), crash=tiny("CRASH"),
                                                             triple=tiny("TRIPLE_FAULT"), hang=tiny("HANG")))
        place = os.path.join(SCRATCH, "verdicts")
        status, output = matrix(path, "--into", place)
        for wanted in (r"^ok good \d", r"^ok good-crash \d", r"^FAIL expect-cannot-match no line matches '\^MIGHTY",
                       r"^FAIL second-expect-cannot-match no line matches 'MIGHTY'",
                       r"^FAIL reject-matches line 'TINY GUEST' matches", r"^FAIL wrong-outcome outcome crash, wanted power",
                       r"^FAIL triple-fault outcome triple-fault .*wanted reboot", r"^FAIL too-slow outcome timeout",
                       r"^FAIL no-file no such file"):
            self.assertRegex(output, re.compile(wanted, re.M))
        self.assertEqual(output.splitlines()[-1], "2 passed, 7 failed")
        self.assertEqual(status, 1)
        suite = ElementTree.parse(place + ".xml").getroot()
        self.assertEqual((suite.get("tests"), suite.get("failures"), suite.get("errors")), ("9", "7", "0"))
        with open(os.path.join(place, "good.log")) as log:
            self.assertEqual(log.read(), "TINY GUEST\n")

    def test_nothing_ran(self):
        """A run without a single verdict is no success."""
        path = cells_file("none.cells", f"[a]\ndoor = tcg\nkernel = {tiny('POWEROFF')}\n")
        status, output = matrix(path, "--only", "^b$", "--into", os.path.join(SCRATCH, "none"))
        self.assertEqual((status, output.splitlines()[-1]), (1, "0 passed, 0 failed"))


class MalformedFiles(unittest.TestCase):
    """Each is refused with a line that names the place, and exit status 2."""

    CASES = {
        "unknown key": ("[a]\ndoor = tcg\nkernel = x\ncolour = red", "unknown key 'colour'"),
        "unknown door": ("[a]\ndoor = window\nkernel = x", "door = window"),
        "no door": ("[a]\nkernel = x", "door is missing"),
        "no kernel": ("[a]\ndoor = tcg", "kernel is missing"),
        "bad number": ("[a]\ndoor = tcg\nkernel = x\nvcpus = two", "vcpus = two"),
        "bad expression": ("[a]\ndoor = tcg\nkernel = x\nexpect = (", "not a regular expression"),
        "bad outcome": ("[a]\ndoor = tcg\nkernel = x\noutcome = triple-fault", "outcome = triple-fault"),
        "bad name": ("[../a]\ndoor = tcg\nkernel = x", "a cell's name"),
        "same name twice": ("[a]\ndoor = tcg\nkernel = x\n[a]\ndoor = tcg\nkernel = x", "already exists"),
        "second module alone": ("[a]\ndoor = pvh\nkernel = x\ninitrd = y", "the first, is missing"),
        "no section": ("door = tcg", "no section headers"),
        "empty": ("", "no cells"),
    }

    def test_refused(self):
        for name, (text, message) in self.CASES.items():
            with self.subTest(name), self.assertRaisesRegex(cells.Malformed, re.escape(message)):
                cells.read(cells_file("bad.cells", text))

    def test_exit_status(self):
        status, output = matrix(cells_file("bad.cells", "[a]\nkernel = x\n"))
        self.assertEqual(status, 2)
        self.assertIn("bad.cells: [a]: door is missing", output)


class Stalls(unittest.TestCase):
    """A lab that stalls is a lab fault."""

    def start(self, flags):
        before, session.SILENCE = session.SILENCE, 2
        try:
            with session.Session("xl", flags=flags) as lab, self.assertRaises(result.LabFault) as caught:
                lab.start()
            return str(caught.exception)
        finally:
            session.SILENCE = before

    def test_paused(self):
        self.assertIn("no sign of the lab", self.start(accel.hypervisor_host() + ["-m", "64", "-S"]))

    def test_xen_without_dom0(self):
        flags = accel.hypervisor_host() + ["-m", "256", "-kernel", xen_image.file_name(), "-append", "console=com1 noreboot"]
        self.assertIn("did not start", self.start(flags))

    def test_qemu_dies(self):
        self.assertIn("ended", self.start(["-machine", "no-such-machine"]))


class Times(unittest.TestCase):
    """What `make bench` takes its times from."""

    MARK = "(XEN) [    {}] Synced cycles skew: max=0 avg=0 samples=1 current=0\n"
    LINE = "(d1) [   12.750000] [    0.000000] Linux version 6.1\n"

    def first_line(self, log):
        return starts.first_line(result.Result("poweroff", log=log), "pvh")

    def test_moments(self):
        watched = moments.Moments({"seen": "USER SPACE", "never": "MOON"})
        watched.look(b"USER SP", 0)
        self.assertEqual(watched.seen, {})
        watched.look(b"USER SPACE", 7)
        first = watched.seen["seen"]
        watched.look(b"USER SPACE USER SPACE", 10)
        self.assertEqual(watched.seen, {"seen": first})

    def test_last_mark_counts(self):
        self.assertEqual(self.first_line(self.MARK.format("5.0") + self.MARK.format("12.5") + self.LINE), 0.25)

    def test_loader_that_fails(self):
        """It is named, with its reason, and nothing is compared with it."""
        times = {"lull": [{"first line": 1.0, "user space": 4.0}], "GRUB": [], "xl": [{"user space": 2.0}]}
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            starts.compare("pv", "6.12", times, {"GRUB": "not xen image"})
        self.assertEqual(printed.getvalue().splitlines(), [
            "pv 6.12: GRUB: not xen image",
            "pv 6.12: user space: lull 4.000 s (4.000 to 4.000), xl 2.000 s (2.000 to 2.000), ratio 2.00, "
            "the goal is at most 1.25: MISSED"])

    def test_incomplete_log(self):
        """Without the mark, or without the line, there is no time."""
        for log in ("", self.LINE, self.MARK.format("12.5"), self.MARK.format("12.5") + "[ 0.0] Linux version 6.1"):
            with self.subTest(log), self.assertRaises(result.LabFault):
                self.first_line(log)


class UnderXl(unittest.TestCase):
    """Guests under a real xl."""

    @classmethod
    def setUpClass(cls):
        cls.lab = session.Session("xl", 128)
        cls.addClassCleanup(cls.lab.close)
        cls.lab.start()

    def test_ends(self):
        for kernel, wanted, timeout in ((tiny("TRIPLE_FAULT"), result.TRIPLE_FAULT, 60), (tiny("HANG"), result.TIMEOUT, 5),
                                        ("/bin/true", result.REFUSED, 60)):
            with self.subTest(kernel):
                ended = self.lab.run({"door": "pvh", "kernel": kernel, "memory": 32, "vcpus": 1, "timeout": timeout})
                self.assertEqual(ended.outcome, wanted, ended.log)
        listed = bytearray()
        self.lab.execute(["xl", "list"], on_console=listed.extend)
        self.assertEqual(len(listed.splitlines()), 2, "a guest was left behind:\n" + listed.decode())

    def test_vectors(self):
        """Programs in dom0 keep their vector registers beside a guest that writes to its own (accel.xen_words())."""
        program = os.path.join(SCRATCH, "vectors")
        subprocess.run(["gcc", "-O1", "-static", os.path.join(HERE, "vectors.c"), "-o", program], check=True)
        ended = self.lab.execute(["sh", "-c", VECTORS, "vectors", tiny("VECTORS"), program], timeout=120)
        self.assertEqual((ended.outcome, ended.console), ("exit 0", "0 of 150 lost\n"))


class UnderKvm(unittest.TestCase):
    """Ends of guests under KVM on the lab's Linux host. QEMU alone would call the first a reboot."""

    @classmethod
    def setUpClass(cls):
        cls.lab = session.Session("kvm", 128)
        cls.addClassCleanup(cls.lab.close)
        cls.lab.start()

    def test_ends(self):
        for end, wanted in (("TRIPLE_FAULT", result.TRIPLE_FAULT), ("RESET", "reboot"), ("CRASH", "crash")):
            with self.subTest(end):
                ended = self.lab.run({"door": "kvm", "kernel": tiny(end), "memory": 32, "vcpus": 1, "timeout": 30})
                self.assertEqual(ended.outcome, wanted, ended.log)

    def test_late_reader(self):
        """The lab's host says more than channel and socket hold while nobody listens; all of it arrives."""
        heard = bytearray()
        ended = self.lab.execute(["seq", "100000"], on_console=late(heard.extend))
        self.assertEqual(ended.outcome, "exit 0")
        self.assertEqual(heard.decode().split(), [str(number) for number in range(1, 100001)])


def main():
    packages.require("lab")
    kernels.fetch(kernels.DOM0)
    proc.leave_on_signals()
    make_guests()
    return unittests.run("lab", unittests.of_module(sys.modules[__name__], sys.argv[1:]), verbosity=2, stream=sys.stdout)


if __name__ == "__main__":
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__.strip())
        sys.exit(0)
    sys.exit(main())
