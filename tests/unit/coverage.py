#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""coverage.py DIRECTORY FILE...: prints line and branch coverage of the files, as gcov found it under DIRECTORY.

A file fails when a line or a branch of it was not reached, which is then named, or when gcov knows nothing of it."""
import json
import pathlib
import subprocess
import sys


def counts(directory, name):
    """Lines and branches of one source file: {line: count}, {(line, index): count}."""
    data = pathlib.Path(directory, name).with_suffix(".gcda")
    lines, branches = {}, {}
    if not data.exists():
        return lines, branches
    text = subprocess.run(["gcov", "--json-format", "--branch-probabilities", "--stdout", str(data)], check=True,
                          stdout=subprocess.PIPE).stdout
    for report in text.splitlines():
        for source in json.loads(report)["files"]:
            if source["file"] != name:
                continue
            for line in source["lines"]:
                number = line["line_number"]
                lines[number] = lines.get(number, 0) + line["count"]
                for index, branch in enumerate(line["branches"]):
                    branches[number, index] = branches.get((number, index), 0) + branch["count"]
    return lines, branches


def percent(found):
    return 100.0 * sum(count > 0 for count in found.values()) / len(found) if found else 100.0


def main():
    directory, names = sys.argv[1], sys.argv[2:]
    missed = []
    failed = 0
    print(f"{'file':34} {'lines':>7} {'':>7} {'branches':>8}")
    for name in names:
        lines, branches = counts(directory, name)
        print(f"{name:34} {len(lines):7} {percent(lines):6.1f}% {len(branches):8} {percent(branches):6.1f}%")
        failed += not lines or 0 in lines.values() or 0 in branches.values()
        if not lines:
            missed.append(f"{name}: nothing is known of it")
        missed += [f"{name}:{line}: never reached" for line, count in lines.items() if count == 0]
        missed += [f"{name}:{line}: branch {index} never taken" for (line, index), count in branches.items()
                   if count == 0]
    print("".join(line + "\n" for line in missed) + f"coverage: {len(names) - failed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
