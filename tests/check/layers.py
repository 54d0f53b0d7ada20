#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Greps the layers: arrows point down (shim -> pv -> arch), the story is portable, the parsers are pure.

With --self-test it plants one offence of each kind in a scratch tree and requires each to be found.
"""

import pathlib
import re
import sys
import tempfile

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)
COMMENT = re.compile(r"/\*.*?\*/", re.S)

# What a layer's files may include, by the first part of the path; plain names are the compiler's own headers.
MAY_INCLUDE = {
    "include": {"core", "lull"},
    "arch": {"core", "lull", "arch", "xen"},
    "pv": {"core", "lull", "arch", "pv", "xen"},
    "shim": {"core", "lull", "pv", "shim"},
}
# The hand-over writes structures that Xen's public headers describe; nothing else of Xen belongs in the story.
SHIM_MAY_NAME_XEN = {"shim/handover/pvh.c", "shim/handover/xen_pv.c"}
# Of the libraries that unpack, one keeps its headers in a directory.
SHIM_MAY_NAME_LZO = {"shim/payload/unpack_block.c"}
NOT_PORTABLE = re.compile(r"\b(asm|__asm__|vmcall|vmmcall|port_read|port_write|xen_hypercall|rdmsr|wrmsr)\b")
# Also compiled for the host, the tests and the fuzzers: bytes in, struct and error out.
PURE = ("shim/payload/", "shim/place.c", "shim/memory_map.c", "shim/cmdline.c", "pv/plan.c", "pv/sites_lull.c",
        "pv/hypervisor_list.c", "pv/sites_linux", "pv/linux_alternatives", "pv/sort.c")
NOT_PURE = {"core/machine.h", "core/console.h", "core/fatal.h"}
# A parser has no invariant of its own that foreign bytes could not break, so it has no CHECK() either.
PARSERS = "shim/payload/"


def offences(root):
    """Yields one line for each broken rule below a tree."""
    for path in sorted(p for layer in MAY_INCLUDE for p in (root / layer).rglob("*") if p.suffix in (".c", ".h", ".S")):
        name = path.relative_to(root).as_posix()
        text = path.read_text()
        code = COMMENT.sub("", text)
        layer = name.split("/")[0]
        included = INCLUDE.findall(code)
        for header in included:
            first = header.split("/")[0] if "/" in header else None
            allowed = (first is None or first in MAY_INCLUDE[layer] or (first == "xen" and name in SHIM_MAY_NAME_XEN)
                       or (first == "lzo" and name in SHIM_MAY_NAME_LZO))
            if not allowed:
                yield f"{name}: a file of {layer}/ must not include {header}"
            panics = name.startswith(PARSERS) and header == "core/check.h"
            if panics or (name.startswith(PURE) and header in NOT_PURE):
                yield f"{name}: a pure function's file must not include {header}"
        if layer == "shim":
            for word in sorted(set(NOT_PORTABLE.findall(code))):
                yield f"{name}: the story is portable C, but says {word}"
        if "SPDX-License-Identifier:" not in text.splitlines()[0]:
            yield f"{name}: the first line names no licence"


def self_test():
    """Plants offences and requires that each is found, and nothing in a clean file."""
    planted = {
        "arch/x86/a.c": "#include <shim/place.h>\n",
        "pv/b.c": "#include <shim/place.h>\n",
        "shim/c.c": "#include <arch/x86/cpu.h>\n",
        "shim/d.c": 'void f(void) { asm("hlt"); }\n',
        "shim/payload/e.c": "#include <core/console.h>\n",
        "include/core/f.h": "#include <pv/mask.h>\n",
    }
    with tempfile.TemporaryDirectory() as scratch:
        root = pathlib.Path(scratch)
        for name, text in planted.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text("/* SPDX-License-Identifier: MIT */\n" + text)
        (root / "shim/clean.c").write_text("/* SPDX-License-Identifier: MIT */\n/* asm */\n#include <pv/mask.h>\n")
        found = list(offences(root))
    missed = [name for name in planted if not any(line.startswith(name) for line in found)]
    wrong = [line for line in found if line.startswith("shim/clean.c")]
    for name in missed:
        print(f"layers: the offence planted in {name} was not found")
    for line in wrong:
        print(f"layers: found in a clean file: {line}")
    return len(planted) - len(missed), len(missed) + len(wrong)


def main():
    passed, failed = self_test()
    found = list(offences(pathlib.Path(__file__).resolve().parents[2]))
    for line in found:
        print(line)
    passed, failed = passed + (not found), failed + len(found)
    print(f"layers: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
