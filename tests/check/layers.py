#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Greps the layers: arrows point down (shim -> pv -> arch), the story is portable, the parsers are pure.

Also: that the table in tests/README.md has the suites of check.py, and the shape of files and functions (shape.py).  First it
plants one offence of each kind in a scratch tree, and requires each to be found.
"""

import os
import pathlib
import re
import sys
import tempfile

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.check import check, shape

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)
COMMENT = re.compile(r"/\*.*?\*/", re.S)

# What a layer's files may include, by the first part of the path; plain names are the compiler's own headers.
MAY_INCLUDE = {
    "include": {"core", "lull"},
    "arch": {"core", "lull", "arch", "xen"},
    "pv": {"core", "lull", "arch", "pv", "xen", "linux"},
    "shim": {"core", "lull", "pv", "shim"},
    # The story of lull.efi, on top of all of them.
    "efi": {"core", "lull", "arch", "pv", "shim", "efi"},
}
# liblull, which any kernel can take: it includes itself, what declares errors and bytes, and the public ABI.
ENGINE = "pv/engine/"
ENGINE_MAY_INCLUDE = {"core/error.h", "core/check.h", "core/span.h"}
# The mask of a Xen PV guest is a byte of a structure that Xen's public headers (MIT) describe.
ENGINE_MAY_NAME_XEN = {"pv/engine/x86/evtchn.c"}
LICENCE = re.compile(r"SPDX-License-Identifier: (\S+)")
# The hand-over writes structures that Xen's public headers describe; nothing else of Xen belongs in the story.
SHIM_MAY_NAME_XEN = {"shim/handover/pvh.c", "shim/handover/xen_pv.c"}
# Of the libraries that unpack, one keeps its headers in a directory.
SHIM_MAY_NAME_LZO = {"shim/unpack/lzo.c", "shim/disk/btrfs_unpack.c"}
NOT_PORTABLE = re.compile(r"\b(asm|__asm__|vmcall|vmmcall|port_read|port_write|xen_hypercall|rdmsr|wrmsr)\b")
NOT_PURE = {"core/machine.h", "core/console.h", "core/fatal.h"}
# A parser has no invariant of its own that foreign bytes could not break, so it has no CHECK() either.
PARSERS = ("shim/disk/", "shim/payload/", "shim/unpack/")


def expand(text, name):
    """The words of a list in sources.mk; one that stands in it as $(LIST:%=with %) is written out."""
    for word in re.search(rf"^{name} := (.*)$", text, re.M)[1].split():
        pattern = re.fullmatch(r"\$\((\w+):%=(.*)\)", word)
        yield from (pattern[2].replace("%", one) for one in expand(text, pattern[1])) if pattern else [word]


def pure_sources(root):
    """What sources.mk says is also compiled for the host, the tests and the fuzzers; with the headers beside it."""
    text = (root / "sources.mk").read_text().replace("\\\n", " ")
    return {os.path.splitext(name)[0] for part in ("PURE_SOURCES", "DISK_SOURCES") for name in expand(text, part)}


def resolve(root, name, header):
    """The tree's file that an #include of file NAME means, or None where it is the compiler's or a library's."""
    for base in (pathlib.PurePosixPath(name).parent, "include", "."):
        path = pathlib.PurePosixPath(os.path.normpath(os.path.join(base, header)))
        if (root / path).is_file():
            return path.as_posix()
    return None


def engine_offence(name, header, target):
    """Whether a file of the engine includes something from outside of it."""
    if target:
        return not (target.startswith((ENGINE, "include/lull/")) or header in ENGINE_MAY_INCLUDE)
    return header.startswith("xen/") and name not in ENGINE_MAY_NAME_XEN


def licence_of(text):
    found = LICENCE.search(text.split("\n")[0])
    return found[1] if found else None


def wall_offences(root, name, licence, included):
    """The walls around the engine and around what is MIT, each for one file."""
    for header in included:
        target = resolve(root, name, header)
        if name.startswith(ENGINE) and engine_offence(name, header, target):
            yield f"{name}: the engine includes only itself, core/error.h, check.h, span.h and lull/, not {header}"
        if target and licence == "MIT" and licence_of((root / target).read_text()) != "MIT":
            yield f"{name}: an MIT file must not include {header}, which is not"


def offences(root):
    """Yields one line for each broken rule below a tree."""
    pure = pure_sources(root)
    for path in sorted(p for layer in MAY_INCLUDE for p in (root / layer).rglob("*") if p.suffix in (".c", ".h", ".S")):
        name = path.relative_to(root).as_posix()
        text = path.read_text()
        code = COMMENT.sub("", text)
        layer = name.split("/")[0]
        included = INCLUDE.findall(code)
        for header in included:
            first = header.split("/")[0] if "/" in header and not (path.parent / header).is_file() else None
            allowed = (first is None or first in MAY_INCLUDE[layer] or (first == "xen" and name in SHIM_MAY_NAME_XEN)
                       or (first == "lzo" and name in SHIM_MAY_NAME_LZO))
            if not allowed:
                yield f"{name}: a file of {layer}/ must not include {header}"
            panics = name.startswith(PARSERS) and header == "core/check.h"
            if os.path.splitext(name)[0] in pure and (panics or header in NOT_PURE):
                yield f"{name}: a pure function's file must not include {header}"
        if layer == "shim":
            for word in sorted(set(NOT_PORTABLE.findall(code))):
                yield f"{name}: the story is portable C, but says {word}"
        yield from wall_offences(root, name, licence_of(text), included)
        if not licence_of(text):
            yield f"{name}: the first line names no licence"


def suite_offences(readme, suites):
    """The suites that the table of tests/README.md lacks, and those that it has for nothing."""
    table = readme.split("\n| suite |", 1)[-1].split("\n\n")[0]
    listed = set(re.findall(r"^\| `([\w.-]+)` \|", table, re.M))
    for name in sorted(suites ^ listed):
        yield f"tests/README.md: the table of suites {'lacks' if name in suites else 'has what check.py has not:'} {name}"


# One offence of each kind: the file, its text behind the line that names the licence, and what must be said of it, and nothing else.
PLANTED = (
    ("arch/x86/a.c", "#include <shim/handover/place.h>\n", "a file of arch/ must not include shim/handover/place.h"),
    ("pv/b.c", "#include <shim/handover/place.h>\n", "a file of pv/ must not include shim/handover/place.h"),
    ("shim/c.c", "#include <arch/x86/cpu.h>\n", "a file of shim/ must not include arch/x86/cpu.h"),
    ("shim/d.c", 'void f(void) { asm("hlt"); }\n', "the story is portable C, but says asm"),
    ("shim/payload/e.c", "#include <core/console.h>\n", "a pure function's file must not include core/console.h"),
    ("include/core/f.h", "#include <pv/engine/mask.h>\n", "a file of include/ must not include pv/engine/mask.h"),
    ("pv/engine/g.c", "#include <arch/x86/free.h>\n", "the engine includes only itself"),
    ("pv/engine/h.c", "#include <xen/xen.h>\n", "the engine includes only itself"),
    ("pv/i.c", "#include <arch/x86/copyleft.h>\n", "an MIT file must not include arch/x86/copyleft.h"),
    ("shim/j.c", "#include <efi/firmware.h>\n", "a file of shim/ must not include efi/firmware.h"),
    ("efi/k.c", "#include <tools/pack.h>\n", "a file of efi/ must not include tools/pack.h"),
    ("shim/disk/l.c", "#include <core/check.h>\n", "a pure function's file must not include core/check.h"),
    ("pv/m.c", None, "the first line names no licence"),
)


def self_test():
    """Plants offences and requires that each is found for what it is, and nothing in a clean file."""
    with tempfile.TemporaryDirectory() as scratch:
        root = pathlib.Path(scratch)
        (root / "sources.mk").write_text("PURE_SOURCES := \\\n\tshim/payload/e.c\nDISK_SOURCES := shim/disk/l.c\n")
        for name, text, _ in PLANTED:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text("\n" if text is None else "/* SPDX-License-Identifier: MIT */\n" + text)
        (root / "arch/x86/free.h").write_text("/* SPDX-License-Identifier: MIT */\n")
        (root / "arch/x86/copyleft.h").write_text("/* SPDX-License-Identifier: GPL-2.0-or-later */\n")
        (root / "shim/clean.c").write_text("/* SPDX-License-Identifier: MIT */\n/* asm */\n#include <pv/engine/mask.h>\n")
        found = list(offences(root))
    missed = [name for name, _, wanted in PLANTED if [wanted in line for line in found if line.startswith(name)] != [True]]
    wrong = [line for line in found if line.startswith("shim/clean.c")]
    wrong += [] if len(list(suite_offences("\n| suite |\n| `a` |\n| `b` |\n\n| `d` |\n", {"a", "c"}))) == 2 else ["suites"]
    with tempfile.TemporaryDirectory() as scratch:
        wrong += list(shape.self_test(pathlib.Path(scratch)))
    for name in missed:
        print(f"layers: the offence planted in {name} was not found, or not it alone")
    for line in wrong:
        print(f"layers: found where nothing is wrong: {line}")
    return len(PLANTED) - len(missed), len(missed) + len(wrong)


def sources(root):
    """The tree's files, without what is built."""
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in ("build", ".git", "__pycache__")]
        yield from (os.path.relpath(os.path.join(folder, name), root) for name in names)


def main():
    passed, failed = self_test()
    root = pathlib.Path(__file__).resolve().parents[2]
    found = list(offences(root)) + list(suite_offences((root / "tests" / "README.md").read_text(),
                                                       {suite[0] for suite in check.SUITES}))
    found += list(shape.offences(root, sources(root)))
    for line in found:
        print(line)
    passed, failed = passed + (not found), failed + len(found)
    print(f"layers: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__.strip())
        sys.exit(0)
    sys.exit(main())
