#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks that every error of include/core/error_list.h is produced by a test: that some file under tests/ names it,
as ERROR_NAME or by its title as a word in quotes or behind "=".  Run from the top of the tree."""
import pathlib
import re
import sys

LIST = pathlib.Path("include/core/error_list.h")
SUFFIXES = {".c", ".h", ".py", ".ini", ".cells", ".sh", ".mk"}


def main():
    codes = re.findall(r'ERROR_CODE\((\w+),\s*\d+,\s*"([^"]+)"', LIST.read_text())
    text = "\n".join(path.read_text(errors="replace") for path in sorted(pathlib.Path("tests").rglob("*"))
                     if path.is_file() and path.suffix in SUFFIXES)
    missing = [(name, title) for name, title in codes
               if not re.search(rf"\bERROR_{name}\b", text) and not re.search(rf"[\"'=]\s*{title}(?![\w-])", text)]
    for name, title in missing:
        print(f"error-codes: no test under tests/ produces {name} ({title})")
    print(f"error-codes: {len(codes) - len(missing)} passed, {len(missing)} failed")
    return 1 if missing or not codes else 0


sys.exit(main())
