#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks that a test produces every error of include/core/error_list.h, and that the index at the end of lull-boot(7) has
its number and title, and nothing else.

    error_codes.py SEEN     SEEN: the numbers of the errors that the product made in the unit tests (errors_seen.h)

What only a whole boot makes is listed here with the suite that makes it, and stands in that suite's expectations: it fails
unless the framed block on the console has that title and number. First, the check itself must find what is missing.
"""

import os
import pathlib
import re
import sys

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.trip import cases

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIST = ROOT / "include/core/error_list.h"
PAGE = ROOT / "shim/lull-boot.7"

# Errors of what no unit test can run: the machine, the hypervisor, and the story that puts the parts together.
BY_BOOT = {
    "trip": ["xen-memory", "self-test", "no-long-mode", "exception", "interrupt", "check", "hypercall", "no-apic"],
    "images": ["module-reach", "embedded-reach", "handover-regions"],
    "efi": ["efi-service", "efi-returned", "efi-place"],
}
# What the product will make, and so far only a test's stand-in does. A driver that makes one takes it out of here.
TO_COME = set()


def expected_of_trips():
    """The titles in which a trip, and nothing else, must end."""
    return {case.title for case in cases.all_cases() if case.ending == cases.BLOCK}


def expected_of(pattern):
    """The titles that stand alone, and so are the only one that a case may end in, in the files of a suite's cases."""
    text = "\n".join(path.read_text() for path in sorted((ROOT / "tests").glob(pattern)))
    return set(re.findall(r'"([a-z0-9-]+)"', text))


def error_faults(errors, seen, by_boot, expected):
    """Yields what is wrong with the errors (number, title): SEEN has the unit tests' numbers, EXPECTED titles by suite."""
    suite_of = {title: suite for suite, titles in by_boot.items() for title in titles}
    for number, title in errors:
        suite = suite_of.pop(title, None)
        if number in seen:
            if suite:
                yield f"error {number}, {title}, is a unit test's, and need not be one of {suite}"
        elif title in TO_COME:
            continue
        elif not suite:
            yield f"no unit test produces error {number}, {title}, and no suite that boots is named for it"
        elif title not in expected[suite]:
            yield f"nothing in the suite {suite} expects error {number}, {title}"
    for title, suite in suite_of.items():
        yield f"{title} of {suite} is no error"


def index_faults(page, wanted):
    """What the index of the manual page has too little, too much, or in another order than that of the numbers."""
    lines = re.findall(r"^ *\d+  [a-z0-9-]+$", page.replace("\\-", "-"), re.M)
    ordered = sorted(lines, key=lambda line: int(line.split()[0]))
    return ([f'lull-boot(7) lacks the line "{line}"' for line in sorted(wanted - set(lines))] +
            [f'lull-boot(7) has a line that is no error: "{line}"' for line in sorted(set(lines) - wanted)] +
            (["lull-boot(7) has its errors not in the order of their numbers, or one twice"]
             if lines != ordered or len(lines) != len(set(lines)) else []))


def self_test():
    """Yields what this check does not find, or finds for nothing."""
    errors, by_boot, expected = [(1, "one"), (2, "two"), (3, "three")], {"trip": ["three"]}, {"trip": {"three"}}
    for what, seen, boot, there, count in (("nothing", {1, 2}, by_boot, expected, 0), ("an error of no test", {1}, by_boot, expected, 1),
                                           ("an error that no trip expects", {1, 2}, by_boot, {"trip": set()}, 1),
                                           ("an error of both", {1, 2, 3}, by_boot, expected, 1),
                                           ("a title that is none", {1, 2, 3}, {"trip": ["four"]}, expected, 1)):
        if len(list(error_faults(errors, seen, boot, there))) != count:
            yield f"the check does not see {what}"
    for page, count in (("  1  one\n  2  two\n", 0), ("  1  one\n", 1), ("  2  two\n  1  one\n", 1)):
        if len(index_faults(page, {"  1  one", "  2  two"})) != count:
            yield f"the check does not see what is wrong with the index {page!r}"


def main(path):
    errors = [(int(number), title) for number, title in re.findall(r'ERROR_CODE\(\w+,\s*(\d+),\s*"([^"]+)"', LIST.read_text())]
    seen = {int(line) for line in pathlib.Path(path).read_text().split()}
    expected = {"trip": expected_of_trips(), "images": expected_of("images/bad_*.py"), "efi": expected_of("efi/cases.py")}
    faults = [*self_test(), *error_faults(errors, seen, BY_BOOT, expected),
              *index_faults(PAGE.read_text(), {f"{number:>3}  {title}" for number, title in errors})]
    for fault in faults:
        print(f"error-codes: {fault}")
    print(f"error-codes: {max(0, len(errors) - len(faults))} passed, {len(faults)} failed")
    return 1 if faults or not errors else 0


if __name__ == "__main__":
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__.strip())
        sys.exit(0)
    sys.exit(main(*sys.argv[1:]))
