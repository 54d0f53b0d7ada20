# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests of `lull timeline`.  What its page looks like is the suite `page`'s."""

import json
import os
import re

from tests.page import boots, compare
from tests.tools.case import Case, read

LOG = boots.BOOT.format(masked=2140, shim=812345, steps=" steps_ns=wake:600000,self:200000")


class Timeline(Case):
    def boots(self, *arguments):
        return json.loads(self.lull("timeline", "--json", *arguments))["boots"]

    def test_times_beside(self):
        log = self.file("one.log", LOG.encode())
        boots.write_times(self.path("one.times"), 1, 1.5, 1.75, 1.8, 3, 3, 4, 4.5, 5)
        boot, = self.boots(log)
        self.assertEqual((boot["name"], boot["log"], boot["clock"], boot["lines"]), ("one", log, "arrival", 9))
        self.assertEqual([(mark["mark"], mark["line"], mark["ms"]) for mark in boot["marks"]], [
            ("door", 1, 1000), ("payload", 2, 1500), ("receipt", 3, 1750), ("handover", 4, 1800), ("kernel", 5, 3000), ("user", 7, 4000)])
        self.assertEqual(boot["times"], [1000, 1500, 1750, 1800, 3000, 3000, 4000, 4500, 5000])
        self.assertEqual(boot["text"], LOG)

    def test_times_before(self):
        """As ts of moreutils puts them."""
        log = self.file("two.log", "".join(f"{number}.250000 {line}\n" for number, line in enumerate(LOG.splitlines())).encode())
        boot, = self.boots(log)
        self.assertEqual((boot["clock"], boot["times"][:3], boot["text"]), ("arrival", [250, 1250, 2250], LOG))

    def test_no_times(self):
        boot, = self.boots(self.file("no-ending", LOG.encode()))
        self.assertEqual((boot["name"], boot["clock"]), ("no-ending", "own"))
        self.assertNotIn("times", boot)
        self.assertEqual({mark["mark"]: mark.get("ms") for mark in boot["marks"]},
                         {"door": 0, "payload": None, "receipt": 0, "handover": 0, "kernel": 0, "user": 413})

    def test_status(self):
        boot, = self.boots(self.file("a.log", LOG.encode()))
        self.assertEqual(boot["status"]["payload"], {"line": 2, "kind": "linux-bzimage", "version": "6.1.0-56-cloud-amd64",
                                                     "initrd": "1028078", "cmdline": 'console=hvc0 quiet name=\\"a b\\"'})
        self.assertEqual(boot["status"]["receipt"]["masked_ns"], "2140")

    def test_error_and_warning(self):
        boot, = self.boots(self.file("a.log", boots.FAILED.encode()))
        self.assertEqual(boot["loader"], "GRUB")
        self.assertEqual((boot["error"]["number"], boot["error"]["title"], boot["error"]["line"]), ("8", "module-none", 5))
        self.assertEqual((boot["warning_count"], boot["warnings"]), (1, ['lull: warning not used: the loader\'s command line "x"']))

    def test_hostile(self):
        """Nothing of a log ends the element that holds it, and all of it comes back, but for bytes that are no text."""
        log = self.file("hostile.log", boots.HOSTILE)
        page = self.path("page.html")
        self.assertEqual(self.lull("timeline", "--title", "</script>", log, "-o", page), "")
        text = read(page).decode()
        self.assertEqual(len(re.findall("</script", text)), 3)
        boot, = compare.embedded(page)["boots"]
        lines = boot["text"].split("\n")
        self.assertIn("</script><script>window.hacked=1</script>", lines[1])
        self.assertTrue(lines[7].startswith("x" * 1000 + " [4000 bytes cut]"))

    def test_large(self):
        log = self.file("large.log", b"<" * 400 * 30_000 + b"\n" + b"<>&\n" * 100_000 + b"the end\n")
        page = self.path("page.html")
        self.lull("timeline", log, "-o", page)
        self.assertLess(os.path.getsize(page), 1_000_000)
        boot, = compare.embedded(page)["boots"]
        self.assertGreater(boot["cut_to"], boot["cut_from"])
        self.assertTrue(boot["text"].endswith("\nthe end\n"))
        whole, = self.boots(log)
        self.assertNotIn("cut_from", whole)

    def test_shares(self):
        """Short logs leave what they do not need to the long ones, and each keeps some of it."""
        names = [self.file(f"{number}.log", b"a line\n" * (10 if number % 2 else 100_000)) for number in range(40)]
        page = self.path("page.html")
        self.lull("timeline", *names, "-o", page)
        self.assertLess(os.path.getsize(page), 1_000_000)
        for boot in compare.embedded(page)["boots"]:
            kept = len(boot["text"].splitlines())
            if int(boot["name"]) % 2:
                self.assertEqual(kept, 10)
            else:
                self.assertGreater(kept, 1500)

    def test_list(self):
        self.file("one.log", LOG.encode())
        listed = self.file("boots.list", b"[one]\nlog = one.log\nrow = A\ncolumn = B\nverdict = passed\nseconds = 6\n[two]\nverdict = failed\n")
        one, two = self.boots("--list", listed)
        self.assertEqual((one["row"], one["column"], one["verdict"], one["ms"], one["lines"]), ("A", "B", "passed", 6000, 9))
        self.assertEqual((two["name"], two["verdict"]), ("two", "failed"))
        self.assertNotIn("text", two)

    def test_malformed(self):
        for content, number, title in ((b"x\n", 261, "list-line"), (b"[a]\nb = c\n", 262, "list-key"), (b"[a]\nverdict = x\n", 263, "list-value")):
            listed = self.file("bad.list", content)
            self.lull("timeline", "--list", listed, "--json", status=1, said=rf"lull error {number}: {title} ")
        log = self.file("a.log", b"a\n")
        self.file("a.times", b"soon\n")
        self.lull("timeline", log, "--json", status=1, said=r"lull error 260: times-line (.|\n)*something else in line 1\n")

    def test_usage(self):
        log = self.file("a.log", b"")
        for arguments in ((), (log,), ("--json",), ("-o", self.path("out"))):
            self.lull("timeline", *arguments, status=2, said="timeline takes logs or --list, and -o or --json")
        self.lull("timeline", "--typo", status=2, said="typo")
        self.lull("timeline", self.path("absent"), "--json", status=1, said="cannot read .*absent: No such file")
        self.lull("timeline", log, "-o", self.path("no/such/place"), status=1, said="cannot write")
        boot, = self.boots(log)
        self.assertEqual((boot["lines"], boot["clock"], boot["marks"]), (0, "none", []))

    def test_full_disk(self):
        with open("/dev/full", "w") as full:
            self.lull("timeline", self.file("a.log", LOG.encode()), "--json", status=1, said="cannot write the JSON", stdout=full)
