#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks that every error of include/core/error_list.h is produced by a test: that some file under tests/ names it,
as ERROR_NAME or by its title as a word in quotes or behind "="; and that the index at the end of lull-boot(7) has its
number and title, and nothing else.  Run from the top of the tree."""
import pathlib
import re
import sys

LIST = pathlib.Path("include/core/error_list.h")
PAGE = pathlib.Path("shim/lull-boot.7")
SUFFIXES = {".c", ".h", ".py", ".ini", ".cells", ".sh", ".mk"}


def index_faults(wanted):
    """What the index of the manual page has too little, too much, or in another order than that of the numbers."""
    lines = re.findall(r"^ *\d+  [a-z0-9-]+$", PAGE.read_text().replace("\\-", "-"), re.M)
    ordered = sorted(lines, key=lambda line: int(line.split()[0]))
    return ([f'lacks the line "{line}"' for line in sorted(wanted - set(lines))] +
            [f'has a line that is no error: "{line}"' for line in sorted(set(lines) - wanted)] +
            (["has its errors not in the order of their numbers, or one twice"]
             if lines != ordered or len(lines) != len(set(lines)) else []))


def main():
    errors = re.findall(r'ERROR_CODE\((\w+),\s*(\d+),\s*"([^"]+)"', LIST.read_text())
    codes = [(name, title) for name, _, title in errors]
    text = "\n".join(path.read_text(errors="replace") for path in sorted(pathlib.Path("tests").rglob("*"))
                     if path.is_file() and path.suffix in SUFFIXES)
    missing = [(name, title) for name, title in codes
               if not re.search(rf"\bERROR_{name}\b", text) and not re.search(rf"[\"'=]\s*{title}(?![\w-])", text)]
    for name, title in missing:
        print(f"error-codes: no test under tests/ produces {name} ({title})")
    wrong = index_faults({f"{number:>3}  {title}" for _, number, title in errors})
    for fault in wrong:
        print(f"error-codes: {PAGE} {fault}")
    print(f"error-codes: {len(codes) - len(missing) + (not wrong)} passed, {len(missing) + len(wrong)} failed")
    return 1 if missing or wrong or not codes else 0


sys.exit(main())
