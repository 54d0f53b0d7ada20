# SPDX-License-Identifier: GPL-2.0-or-later
"""What a matrix run leaves behind: a line a cell on the terminal, a log a cell, and JUnit XML."""

import collections
import json
import os
import re
import sys
import threading
import time
import xml.etree.ElementTree as ElementTree

from tests.lab import faults

# What XML 1.0 cannot hold.
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd]")

Verdict = collections.namedtuple("Verdict", "cell complaints seconds kind console outcome")


class Report:
    """Collects verdicts as they come, from several threads."""

    def __init__(self, directory, total):
        self.directory, self.total = directory, total
        self.verdicts = []
        self.faults = 0
        self.running = {}
        self.lock = threading.Lock()
        self.shown = False
        self.terminal = sys.stdout.isatty()
        self.begun = time.monotonic()

    def started(self, name):
        with self.lock:
            self.running[name] = time.monotonic()

    def note(self, text):
        """Print a line that is not a verdict."""
        with self.lock:
            self._line(f"lull: {text}")

    def fault(self, name, reason, again):
        """The lab failed under a cell. Say so; it is no verdict."""
        with self.lock:
            self.faults += 1
            self._line("lull: " + faults.text(name, reason, again))

    def ended(self, cell, complaints, seconds, kind="failure", console="", outcome=""):
        """A cell has its verdict; OUTCOME is how its guest ended, where it did."""
        name = cell["name"]
        with self.lock:
            self.running.pop(name, None)
            self.verdicts.append(Verdict(cell, complaints, seconds, kind, console, outcome))
            if complaints:
                self._line(f"FAIL {name} {'; '.join(complaints)}")
            else:
                self._line(f"ok {name} {seconds:.1f}s")

    def _line(self, text):
        if self.shown:
            sys.stdout.write("\r\x1b[K")
            self.shown = False
        print(text, flush=True)

    def progress(self):
        """Show what runs, on a terminal, for as long as cells run."""
        if not self.terminal:
            return
        with self.lock:
            now = time.monotonic()
            long_ones = [f"{name} {now - since:.0f}s" for name, since in self.running.items() if now - since > 2]
            if long_ones:
                text = f"[{len(self.verdicts)}/{self.total}] {', '.join(long_ones)}"
                columns = os.get_terminal_size().columns
                sys.stdout.write("\r\x1b[K" + text[:columns - 1])
                sys.stdout.flush()
                self.shown = True

    def counts(self):
        failed = sum(1 for verdict in self.verdicts if verdict.complaints)
        return len(self.verdicts) - failed, failed

    def finish(self, xml_file):
        """Write the XML and say the last line, in which cells without a verdict have failed. Return True when all passed."""
        passed, failed = self.counts()
        self.write_xml(xml_file)
        unseen = self.total - len(self.verdicts)
        if unseen:
            self.note(f"{unseen} cells have no verdict")
            failed += unseen
        if self.faults:
            self.note(f"{self.faults} lab faults")
        with self.lock:
            self._line(f"{passed} passed, {failed} failed")
        return failed == 0 and passed > 0

    def write_xml(self, xml_file):
        errors = sum(1 for verdict in self.verdicts if verdict.complaints and verdict.kind == "error")
        _, failed = self.counts()
        suite = ElementTree.Element("testsuite", name="lull", tests=str(len(self.verdicts)), errors=str(errors),
                                    failures=str(failed - errors), time=f"{time.monotonic() - self.begun:.1f}")
        for cell, complaints, seconds, kind, console, _ in self.verdicts:
            case = ElementTree.SubElement(suite, "testcase", classname=cell["door"], name=cell["name"],
                                          time=f"{seconds:.1f}")
            if complaints:
                ElementTree.SubElement(case, kind, message=NOT_XML.sub("?", "; ".join(complaints)))
                ElementTree.SubElement(case, "system-out").text = NOT_XML.sub("?", console[-20000:])
        ElementTree.ElementTree(suite).write(xml_file, encoding="utf-8", xml_declaration=True)


class Times:
    """How long cells took the last time, to start the longest first."""

    def __init__(self, path):
        self.path = path
        try:
            with open(path) as source:
                self.seconds = json.load(source)
        except (OSError, ValueError):
            self.seconds = {}

    def expected(self, cell):
        """Seconds that a cell will take: as the last time, else by its door."""
        guess = {"dom0": 3, "plain": 8}.get(cell["lab"], 15) + 3 * (cell["vcpus"] - 1) + cell["memory"] / 1000
        return self.seconds.get(cell["name"], guess)

    def remember(self, verdicts):
        self.seconds.update({verdict.cell["name"]: round(verdict.seconds, 1) for verdict in verdicts})
        with open(self.path, "w") as output:
            json.dump(self.seconds, output)
