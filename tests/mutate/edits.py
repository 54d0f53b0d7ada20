#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Edits that break the product on purpose, kept as text beside the tests, so that the product's sources hold none.

    edits.py check                        every edit of every .edits file applies to the tree, exactly once
    edits.py copy NAME[+NAME...] FOLDER   the product's sources below FOLDER, with the edits of these names made; prints the
                                          names of the files that they change

An .edits file has paragraphs:

    = NAME                    what the edit breaks, as one word
    suites: unit/test_x trip  the suites of `make check` of which one must notice
    why: one sentence         (may be left out)
    file: pv/engine/mask.c
    - a line that is there    compared without white space at both ends; lines that follow one another
    + what stands there then  indented as the first line that goes; no line: the lines go without replacement

A suite may be a part of one, which is quicker: unit/PROGRAM; fuzz/TARGET; tools/CLASS, as unittest names it; guests/WORD;
efi/CASE; trip/CASE. "build" is one
that the compiler, the linker or an assertion of theirs must refuse.

A name may have several files, and a file several places: each run of - lines with the + lines behind it is one place,
which must be found exactly once in its file.  Lines that begin with # say something.
"""

import os
import pathlib
import shutil
import sys

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.check import check as check_suites

TREE = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent

# What the engine and the storm are compiled from.
PRODUCT = ("include", "arch", "pv", "shim", "efi")

# What is built for a part of a suite, and what runs it.
PARTS = {
    "unit": (["build/unit/sanitized/{}"], ["build/unit/sanitized/{}"]),
    # Two seconds of CPU, as `make fuzz` gives each.
    "fuzz": (["build/unit/sanitized/fuzz_{}"], ["build/unit/sanitized/fuzz_{}", "2"]),
    "tools": (["build/lull", "build/lull.elf", "build/lull-mb1.elf", "build/lull.bzimage", "build/lull.efi", "guests"],
              ["python3", "tests/tools/test_tools.py", "{}"]),
    "guests": (["build/lull.elf", "build/lull.bzimage", "guests"], ["python3", "tests/guests/run.py", "{}"]),
    "efi": (["build/lull", "build/lull.elf", "build/lull.efi", "efi-apps", "guests"], ["python3", "tests/efi/run.py", "{}"]),
    "trip": (["build/trip/lull-trip.elf", "build/lull.elf", "guests"], ["tests/trip/run.py", "{}"]),
    "lab": (["build/lull", "build/lull.elf"], ["python3", "tests/lab/selftest.py", "{}"]),
    "loaders": (["build/lull", "build/lull.elf", "guests"], ["python3", "tests/loaders/run.py", "--all", "--only", "{}"]),
}
# These read the sources, and need nothing built.
SOURCE_SUITES = ("layers", "edits")


class Broken(Exception):
    """An edit that cannot be read, or that does not fit the tree; the text says which and why."""


class Place:
    """Lines of one file that are replaced."""

    def __init__(self, file):
        self.file, self.old, self.new = file, [], []


class Edit:
    """One named edit: its places, and the suites that must notice it."""

    def __init__(self, name):
        self.name, self.suites, self.why, self.places = name, [], "", []


def take_line(edit, line, where):
    """Adds one line of an .edits file to the edit that it belongs to."""
    if line.startswith("suites: "):
        edit.suites = line.split()[1:]
    elif line.startswith("why: "):
        edit.why = line[5:].strip()
    elif line.startswith("file: "):
        edit.places.append(Place(line[6:].strip()))
    elif line[:1] == "-" and edit.places:
        if edit.places[-1].new:
            edit.places.append(Place(edit.places[-1].file))
        edit.places[-1].old.append(line[1:].strip())
    elif line[:1] == "+" and edit.places and edit.places[-1].old:
        edit.places[-1].new.append(line[2:].rstrip())
    elif line == "..." and edit.places:
        edit.places.append(Place(edit.places[-1].file))
    else:
        raise Broken(f"{where}: not understood: {line!r}")


def read(path):
    """The edits of one file, by name and in its order."""
    edits = {}
    edit = None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        where = f"{path.name}:{number}"
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("= "):
            edit = Edit(line[2:].strip())
            if edit.name in edits:
                raise Broken(f"{where}: {edit.name} is there twice")
            edits[edit.name] = edit
        elif edit is None:
            raise Broken(f"{where}: a line before the first name")
        else:
            take_line(edit, line, where)
    return edits


def read_all():
    """The edits of all files beside this one, by name."""
    edits = {}
    for path in sorted(HERE.glob("*.edits")):
        for name, edit in read(path).items():
            if name in edits:
                raise Broken(f"{path.name}: {name} is in another file too")
            edits[name] = edit
    return edits


def targets(suite):
    """What make builds before a suite runs."""
    kind, _, part = suite.partition("/")
    if part:
        return [target.format(part) for target in PARTS[kind][0]]
    return [] if suite in SOURCE_SUITES else ["all"]


def command(suite):
    """The command that runs a suite, or a part of one."""
    kind, _, part = suite.partition("/")
    return [word.format(part) for word in PARTS[kind][1]] if part else ["make", "check", f"SUITES={suite}"]


def is_suite(suite):
    """Whether there is such a suite, or a part of one; of parts, unit programs and fuzz targets are known by name."""
    kind, _, part = suite.partition("/")
    source = {"unit": f"tests/unit/{part}.c", "fuzz": f"tests/fuzz/fuzz_{part}.c"}.get(kind)
    if part:
        return kind in PARTS and (source is None or (TREE / source).is_file())
    return suite == "build" or any(suite == name for name, _, _ in check_suites.SUITES)


def replace(text, place, name):
    """TEXT with one place replaced."""
    lines = text.split("\n")
    stripped = [line.strip() for line in lines]
    size = len(place.old)
    at = [i for i in range(len(lines) - size + 1) if stripped[i:i + size] == place.old]
    if not size or len(at) != 1:
        raise Broken(f"{name}: {place.file} has {len(at)} places like {place.old!r}, not one")
    indent = lines[at[0]][:len(lines[at[0]]) - len(lines[at[0]].lstrip())]
    return "\n".join(lines[:at[0]] + [indent + line for line in place.new] + lines[at[0] + size:])


def apply(edit, root):
    """Makes an edit below ROOT, in files that are copies."""
    for place in edit.places:
        path = pathlib.Path(root) / place.file
        if not path.is_file():
            raise Broken(f"{edit.name}: there is no {place.file}")
        changed = replace(path.read_text(), place, edit.name)
        path.unlink()
        path.write_text(changed)


def copy(names, folder):
    """
    The product's sources below FOLDER, with edits made; prints which files those changed.  A name without an edit is one
    that only a test knows.
    """
    edits = read_all()
    shutil.rmtree(folder, ignore_errors=True)
    for part in PRODUCT:
        shutil.copytree(TREE / part, os.path.join(folder, part))
    made = [edits[name] for name in names if name in edits]
    for edit in made:
        apply(edit, folder)
    for name in sorted({place.file for edit in made for place in edit.places}):
        print(name)


def check():
    """Whether each edit fits the tree.  Prints those that do not, and a line with the sum."""
    failed = 0
    edits = read_all()
    for edit in edits.values():
        texts = {}
        try:
            if not edit.places or not edit.suites:
                raise Broken(f"{edit.name}: without a place or without a suite")
            unknown = [suite for suite in edit.suites if not is_suite(suite)]
            if unknown:
                raise Broken(f"{edit.name}: there is no suite {unknown[0]}")
            for place in edit.places:
                path = TREE / place.file
                if not path.is_file():
                    raise Broken(f"{edit.name}: there is no {place.file}")
                texts[place.file] = replace(texts.get(place.file, path.read_text()), place, edit.name)
        except Broken as broken:
            print(broken)
            failed += 1
    print(f"edits: {len(edits) - failed} passed, {failed} failed")
    return 1 if failed else 0


def main():
    if sys.argv[1:] == ["check"]:
        return check()
    if len(sys.argv) == 4 and sys.argv[1] == "copy":
        copy(sys.argv[2].split("+"), sys.argv[3])
        return 0
    print(__doc__.strip(), file=sys.stderr)
    return 2


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Broken as broken:
        sys.exit(f"edits: {broken}")
