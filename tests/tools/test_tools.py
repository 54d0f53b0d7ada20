#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests of the host tool build/lull.  The last line is "tools: N passed, N failed, N skipped".

    test_tools.py [NAME...]     all tests, or those named as unittest names them (test_pack.Refused)
"""

import glob
import os
import pathlib
import re
import subprocess
import sys
import unittest

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.check import unittests
from tests.files.compress import COMPRESSORS
from tests.lab import proc
from tests.tools.case import Case, ROOT


class Commands(Case):
    """lull itself."""

    def test_help(self):
        self.assertIn("Usage: lull COMMAND", self.lull("--help"))
        self.assertEqual(self.lull("--help"), self.lull("-h"))
        lines = self.lull("--help").splitlines()
        self.assertLessEqual((len(lines), max(map(len, lines))), (24, 80))
        for command in ("pack", "inspect", "extract", "check", "entries", "timeline"):
            self.assertIn(f"  {command} ", self.lull("--help"))
            self.assertIn(f"Usage: lull {command} ", self.lull(command, "--help"))
            self.assertIn("Exit status: 0", self.lull(command, "-h"))

    def test_version(self):
        with open(os.path.join(ROOT, "include", "core", "version.h")) as file:
            version = re.search(r'LULL_VERSION "(.+)"', file.read())[1]
        self.assertEqual(self.lull("--version"), f"lull {version}\n")
        for name, first in (("NEWS", f"lull {version} "), ("debian/changelog", f"lull ({version}) ")):
            with open(os.path.join(ROOT, name)) as file:
                self.assertTrue(file.read().startswith(first), name)

    def test_usage(self):
        self.lull(status=2, said=r"\AUsage: lull COMMAND")
        self.lull("frob", status=2, said=r'\Alull: no command "frob"; see lull --help\n\Z')

    def test_options(self):
        """What is wrong with one is said by lull; what can be meant once may be given once."""
        for command in ("pack", "inspect", "extract", "check", "entries", "timeline"):
            self.lull(command, "-Z", status=2, said=r"\Alull: invalid option -- 'Z'\n\Z")
        for command, option, value in (("pack", "--uname", "x"), ("extract", "--output", "x"), ("extract", "--number", "1"), ("check", "--cpus", "1"),
                                       ("entries", "--sector-size", "512"), ("timeline", "--output", "x"), ("timeline", "--title", "x"),
                                       ("timeline", "--list", "x")):
            self.lull(command, option, value, option, value, status=2, said=rf"\Alull: {option} is given twice; see lull {command} --help\n\Z")
        for number in ("-18446744073709551615", "18446744073709551617", "+1", " 1", "65537"):
            self.lull("check", "--cpus", number, "x", status=2, said="--cpus takes a number from 1 to 65536, not ")

    def test_names(self):
        """A name of a file says nothing to a terminal; one in another language than English is shown as it is."""
        for name, shown in ((b"a\x1b[2Jb\nc\x7f", "a?[2Jb?c?"), (b"\xc2\x9b2J", "?2J"), (b"\x9b\xff", "??"), ("\u00dcbung \u017d\U0001f427".encode(), None)):
            path = os.path.join(os.fsencode(self.scratch.name), name)
            said = re.escape(os.path.join(self.scratch.name, shown or name.decode()))
            self.lull("inspect", path, status=1, said=rf"\Alull: cannot read {said}: No such file or directory\n\Z")
            with open(path, "wb"):
                pass
            self.lull("pack", "-k", path, "-o", self.path("out"), status=1, said=rf"\nfile:     {said}\n")

    def formats(self, path):
        """The man page is one."""
        done = subprocess.run(["man", "--warnings", "-l", "-Tutf8", path], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=dict(os.environ, MANPAGER="cat", PAGER="cat"))
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_manual(self):
        """The manual names every option that the help texts name."""
        path = os.path.join(ROOT, "tools", "lull.1")
        with open(path) as file:
            page = file.read().replace("\\-", "-")
        for option in ("--kernel", "--initrd", "--cmdline", "--output", "--shim", "--stub", "--os-release", "--uname", "--ucode", "--splash", "--json", "--help", "--version",
                       "--cpus", "--safe", "--list", "--title"):
            self.assertIn(option, page)
        self.formats(path)

    def test_compressions(self):
        """Who names the compressions names all of them, and the tests can make each."""
        with open(os.path.join(ROOT, "shim", "payload", "compression_list.h")) as file:
            names = set(re.findall(r"^COMPRESSION_FORMAT\(\w+, (\w+),", file.read(), re.M))
        self.assertGreater(len(names), 6)
        self.assertEqual(names, set(COMPRESSORS))
        for path in ("README.md", "include/core/error_list.h", "shim/lull-boot.7", "tools/lull.1", "tools/inspect.c"):
            with open(os.path.join(ROOT, path)) as file:
                said = re.search(r"\bgzip, bzip2,[^.:]*", file.read())
            self.assertTrue(said, path)
            for name in names:
                self.assertRegex(said[0], rf"\b{name}\b", path)

    def test_sites_manual(self):
        """What lull-sites(7) shows as the example's code is the example's code, and every macro is in the headers."""
        path = os.path.join(ROOT, "include", "lull", "lull-sites.7")
        with open(path) as file:
            page = file.read()
        blocks = re.findall(r'^\.\\" example: (\S+)\n\.EX\n(.*?)^\.EE$', page, re.M | re.S)
        self.assertEqual(len(blocks), page.count("\n.EX\n"))
        self.assertGreater(len(blocks), 5)
        for name, block in blocks:
            with open(os.path.join(ROOT, "tests", "guests", "example", name)) as file:
                self.assertIn(block, file.read())
        headers = ""
        for name in ("site.h", "note.h", "receipt.h"):
            with open(os.path.join(ROOT, "include", "lull", name)) as file:
                headers += file.read()
        for macro in set(re.findall(r"\b(?:LULL_[A-Z_]+|lull_[a-z_]+)\b", page)):
            self.assertIn(macro, headers)
        engine = "".join(open(path).read() for path in glob.glob(os.path.join(ROOT, "pv", "engine", "**", "*.h"), recursive=True))
        for function in re.findall(r"^\.BR (\w+) \(\)", page, re.M):
            if not function.startswith(("mem", "__stack", "lull_", "check_failed")):
                self.assertIn(function + "(", engine)
        self.formats(path)

    def test_deploy_manual(self):
        """lull-deploy(7) names every example, every setting of lull.conf, and every word of the hooks' program."""
        deploy = os.path.join(ROOT, "deploy")
        with open(os.path.join(deploy, "lull-deploy.7")) as file:
            page = re.sub(r"\\f.|\\&", "", file.read().replace("\\-", "-"))
        for name in os.listdir(os.path.join(deploy, "examples")):
            self.assertIn(name, page)
        with open(os.path.join(deploy, "hooks", "lull.conf")) as file:
            settings = re.findall(r"^#?([A-Z]+)=", file.read(), re.M)
        self.assertGreater(len(settings), 5)
        with open(os.path.join(deploy, "hooks", "kernel-images")) as file:
            program = file.read()
        for setting in settings:
            self.assertRegex(page, rf"(?m)^\.B {setting}$")
            self.assertRegex(program, rf"(?m)^{setting}=")
        self.formats(os.path.join(deploy, "lull-deploy.7"))

    def test_boot_manual(self):
        """lull-boot(7) has every field, name and warning that the shim prints, and every option and its values."""
        path = os.path.join(ROOT, "shim", "lull-boot.7")
        with open(path) as file:
            page = re.sub(r"\\f.|\\&", "", file.read().replace("\\-", "-"))

        def source(*names):
            text = ""
            for name in names:
                with open(os.path.join(ROOT, "shim", name)) as file:
                    text += file.read()
            return text

        printed = re.sub(r'"\s*\n\s*"', "", source("say/receipt.c", "say/steps.c", "say/unused.c", "../efi/options.c", "../efi/measure.c",
                                                     "../efi/addons.c", "../efi/main.c", "../efi/splash.c"))
        strings = re.findall(r'"((?:[^"\\]|\\.)*)"', printed)
        # A word of lull's own is an option, and no field.
        fields = {field for text in strings for field in re.findall(r"(?<!lull\.)\b([a-z_]+)=(?=%|\\\"|verified|$)", text)}
        self.assertGreater(len(fields), 15)
        for field in fields - {"hypervisor"}:
            self.assertRegex(page, rf"(?m)^\.B {field}$")
        names = (re.findall(r'return "([^"]+)"', printed) + re.findall(r'\{ &platform_\w+, "([a-z-]+)"', source("../pv/machine.c")) +
                 re.findall(r'^KNOWN_HYPERVISOR\((?:\w+, ){3}"([a-z-]+)"', source("../pv/hypervisor_known.h"), re.M) +
                 re.findall(r'^DOOR\(\w+, "(\w+)"\)', source("../include/core/door_list.h"), re.M) +
                 re.findall(r'\[PAYLOAD_\w+\] = \{ (?:\.name = )?"([^"]+)"', source("handover/handover.c")) +
                 re.findall(r'^PAYLOAD_KIND\(\w+, "([^"]+)"', source("payload/kind_list.h"), re.M))
        self.assertGreater(len(names), 15)
        for name in names:
            self.assertRegex(page, rf"(?<![\w-]){name}(?![\w-])")
        warnings = [text for text in strings if text.startswith("lull: warning")]
        self.assertGreater(len(warnings), 5)
        for warning in warnings:
            for part in re.split(r"%\w+|\\n", warning.replace('\\"', '"')):
                self.assertIn(part.strip(), page)
        options = re.findall(r'\[LULL_\w+\] = \{ "(\w+)", \{ (.*?) \}', source("payload/cmdline.c"))
        self.assertGreater(len(options), 1)
        for option, values in options:
            # One without a list of values takes any text, or maybe none, or never one.
            self.assertRegex(page, rf"(?m)^\.(BR lull\.{option} \[ =NAME \]|BI lull\.{option}= [A-Z]+|B lull\.{option})$" if values == "NULL"
                             else re.escape(f".BR lull.{option}= {{ " + " | ".join(re.findall(r"\w+", values)) + " }"))
        self.formats(path)


def main():
    proc.leave_on_signals()
    loader = unittest.defaultTestLoader
    names = sys.argv[1:] or sorted(path.stem for path in pathlib.Path(__file__).parent.glob("test_*.py"))
    suite = loader.loadTestsFromNames(f"tests.tools.{name}" for name in names)
    return unittests.run("tools", suite)


if __name__ == "__main__":
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__.strip())
        sys.exit(0)
    sys.exit(main())
