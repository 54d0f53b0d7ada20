# SPDX-License-Identifier: GPL-2.0-or-later
"""The schemas of what --json prints.  Each JSON that the other tests look at is held against them (case.py); here are the
schemas themselves."""

import json
import os
import re

from tests.tools import schema
from tests.tools.case import ROOT, Case


def keys(node):
    """Every name of a field that a schema has."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "properties":
                yield from value
            yield from keys(value)
    elif isinstance(node, list):
        for value in node:
            yield from keys(value)


class Schema(Case):
    def test_every_field(self):
        """The fields that the sources write, and no other."""
        for name, sources in (("inspect", ("inspect", "inspect_elf", "doors", "report", "check_own")),
                              ("check", ("check", "check_own", "check_predict", "report")), ("entries", ("entries", "report")),
                              ("loaders", ("loaders",))):
            text = ""
            for source in sources:
                with open(os.path.join(ROOT, "tools", source + ".c")) as file:
                    text += file.read()
            written = set(re.findall(r'(?:report_\w+|inspect_elf)\([&\w>.-]+, "(\w+)"', text)) | set(re.findall(r'"(error_?\d?)"', text))
            # Of check_own.c each command uses a part.
            own = {"own_records", "error_2", "error_3"} if name == "inspect" else set()
            # inspect.c begins both of its forms.
            begun = {"file"} if name == "loaders" else set()
            self.assertEqual(written - own | begun, set(keys(schema.load(name))))

    def test_a_command_has_one(self):
        for command in re.findall(r"^  ([a-z]+)  +\S", self.lull("--help"), re.M):
            if "--json" in self.lull(command, "--help"):
                self.assertIn("$schema", schema.load(command))

    def test_what_is_noticed(self):
        good = json.loads(self.lull("inspect", "--json", self.kernel()))
        self.assertEqual(schema.wrong(json.dumps(good), "inspect"), [])
        for change in ({"size": "1"}, {"size": -1}, {"kind": "soup"}, {"more": 1}, {"starts_by": [{"door": "pvh"}]},
                       {"elf": {**good["elf"], "entry": "16"}}, {"elf": {**good["elf"], "bits": True}}):
            self.assertEqual(len(schema.wrong(json.dumps({**good, **change}), "inspect")), 1, change)
        self.assertEqual(len(schema.wrong("{}", "inspect")), 4)
