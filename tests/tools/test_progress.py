# SPDX-License-Identifier: GPL-2.0-or-later
"""What is said of that which takes its time: a bar on a terminal, lines elsewhere, and nothing of what is quick."""

import os
import re
import signal
import subprocess
import threading

from tests.lab import paths
from tests.tools import images
from tests.tools.case import TOOL, Case, debian_kernel

BAR = re.compile(rb"\rlull: still storing \S+ \[(#*) *\] +(\d+) %")
ERASED = b"\r\x1b[K"


class Progress(Case):
    def on_a_terminal(self, *arguments, hurry=False):
        """What a terminal gets on standard error. With HURRY the two seconds are over again and again."""
        ours, theirs = os.openpty()
        child = subprocess.Popen([TOOL, *arguments], stdout=subprocess.DEVNULL, stderr=theirs)
        os.close(theirs)
        ended = threading.Event()

        def alarm():
            # A signal before the program has its handler would end it.
            while not ended.wait(0.02):
                with open(f"/proc/{child.pid}/status") as status:
                    caught = int(re.search(r"SigCgt:\t(\w+)", status.read())[1], 16)
                if caught >> (signal.SIGALRM - 1) & 1:
                    child.send_signal(signal.SIGALRM)
        if hurry:
            thread = threading.Thread(target=alarm)
            thread.start()
        said = b""
        try:
            while piece := os.read(ours, 65536):
                said += piece
        except OSError:
            pass
        ended.set()
        if hurry:
            thread.join()
        self.assertEqual(child.wait(), 0, said)
        os.close(ours)
        return said

    def test_a_bar(self):
        """It grows, its number with it, and it is gone at the end."""
        said = self.on_a_terminal("pack", "-k", debian_kernel("6.1-cloud"), "-o", self.path("out"), hurry=True)
        bars = [(len(bar), int(percent)) for bar, percent in BAR.findall(said)]
        self.assertGreater(len(bars), 3)
        self.assertEqual(bars, sorted(bars))
        self.assertGreater(bars[-1][1], bars[0][1])
        for filled, percent in bars:
            self.assertEqual(filled, percent * 30 // 100)
        # The last drawing may come after the last erasing, from a signal that nobody else would send.
        self.assertIn(ERASED, said)
        self.assertNotIn(b"\n", said)

    def test_without_a_number(self):
        """Nobody knows how much comes out of a pipe."""
        said = self.on_a_terminal("inspect", self.slow_pipe("pipe", images.cpio()))
        self.assertIn(b"\rlull: still reading", said)
        self.assertNotIn(b"[#", said)
        self.assertIn(ERASED, said)

    def test_a_name(self):
        """A terminal obeys nothing of it."""
        self.assertIn(b"/pipe?[31m", self.on_a_terminal("inspect", self.slow_pipe("pipe\x1b[31m", images.cpio())))

    def test_nobody_reads(self):
        """What cannot be said is not worth a failure."""
        ours, theirs = os.pipe()
        os.close(ours)
        pipe = self.slow_pipe("pipe", images.cpio())
        try:
            done = subprocess.run([TOOL, "inspect", pipe], stdout=subprocess.PIPE, stderr=theirs, timeout=120)
        finally:
            os.close(theirs)
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"cpio", done.stdout)

    def test_nothing(self):
        self.assertEqual(self.on_a_terminal("inspect", os.path.join(paths.BUILD, "lull.efi")), b"")
