# SPDX-License-Identifier: GPL-2.0-or-later
"""What a shell offers to complete is what --help names: commands, options, and the words that options take."""

import os
import re
import shutil
import subprocess

from tests.tools.case import ROOT, Case

BASH = os.path.join(ROOT, "deploy", "completion", "lull.bash")
ZSH = os.path.join(ROOT, "deploy", "completion", "_lull")
OPTION = re.compile(r"(?<![\w-])(-[a-z]|--[a-z][a-z-]*)(?![\w-])")


class Completion(Case):
    def commands(self):
        found = re.findall(r"^  ([a-z]+)  +\S", self.lull("--help"), re.M)
        self.assertGreater(len(found), 3)
        return found

    def options(self, command):
        """The options that the lines of a help text begin with."""
        lines = re.findall(r"^ +(?:(-[a-z]), )?(--[a-z-]+)", self.lull(command, "--help"), re.M)
        return {option for line in lines for option in line if option}

    def offered(self, *words):
        """What bash offers for the last word."""
        quoted = " ".join(f"'{word}'" for word in ("lull", *words))
        script = f"source '{BASH}'; COMP_WORDS=({quoted}); COMP_CWORD={len(words)}; _lull; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        done = subprocess.run(["bash", "--norc", "-c", script], cwd=self.scratch.name, check=True, stdout=subprocess.PIPE, text=True)
        return set(done.stdout.split())

    def test_bash(self):
        self.assertEqual(self.offered(""), {*self.commands(), "--help", "--version"})
        for command in self.commands():
            self.assertEqual(self.offered(command, "-"), self.options(command), command)
            self.assertEqual(self.offered(command, "word", "-"), self.options(command), command)
        self.assertEqual(self.offered("pack", "--st"), {"--store", "--stub"})

    def test_bash_words(self):
        self.file("kernel-file", b"")
        self.assertEqual(self.offered("pack", "-k", "ker"), {"kernel-file"})
        self.assertEqual(self.offered("inspect", ""), {"kernel-file"})
        self.assertEqual(self.offered("pack", "-c", "k"), set())
        for how in self.offered("pack", "--store", ""):
            self.lull("pack", "--store", how, status=2, said="needs -k")
        parts = re.findall(r"^  ([a-z]+)  +\S", self.lull("extract", "--help"), re.M)
        self.assertEqual(self.offered("extract", ""), {*parts, *self.options("extract")})

    def test_zsh(self):
        """Each command's part of the file has its options; and zsh takes the file."""
        if shutil.which("zsh"):
            subprocess.run(["zsh", "-n", ZSH], check=True)
        with open(ZSH) as file:
            text = file.read()
        for command in self.commands():
            self.assertIn(f"'{command}:", text)
            part = re.search(rf"^\t{command}\)\n(.*?)^\t\t;;$", text, re.M | re.S)[1]
            self.assertEqual(set(OPTION.findall(re.sub(r"\[.*?\]|\(-.*?\)", " ", part.replace(",", " ").replace("{", " ").replace("}", " ")))) |
                             {"-h", "--help"}, self.options(command), command)
