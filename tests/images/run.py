# SPDX-License-Identifier: GPL-2.0-or-later
"""Make every bad image, start lull with it, and hold what it says against the manifest.

Each must end in one framed error block with an expected title and the number that include/core/error_list.h gives it,
and then in a crash that lull asked for: no triple fault, no silence, and no kernel that ran a little. What it says of its
module, `lull pack` must have said on the host of the same door, with the same number. Before that the runner proves that it
can fail: it is given a good image and a wrong expectation, and must object to both.
"""

import argparse
import collections
import os
import re
import sys

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.guests import start
from tests.images import generate, host
from tests.lab import proc

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.realpath(os.path.join(HERE, "..", ".."))
BUILD = os.path.join(ROOT, "build")
ERROR_LIST = os.path.join(ROOT, "include", "core", "error_list.h")
GOOD_KERNEL = os.path.join(BUILD, "guests", "pvh_look64.elf")

FRAME = re.compile(r"^=+ lull error (\d+): (\S+) =+\n"
                   r"expected: (\S.*)\n"
                   r"found:    (\S.*)\n"
                   r"do:       (\S.*)\n"
                   r"=+\n", re.MULTILINE)
# Xen's own lines, and what a guest writes to port 0xe9, which Xen repeats in its log.
NOT_DIRECT = re.compile(r"^\((?:XEN|d\d+)\) .*\n|^\((?:XEN|d\d+)\)\n", re.MULTILINE)
# The sentences' placeholders, and pointers that went wrong.
UNFILLED = re.compile(r"%[EFS]|\(null\)")
# What only a payload prints, or lull just before it enters one.
KERNEL_RAN = re.compile(r"^guest: |^GUEST |lull: handover", re.MULTILINE)


def error_numbers():
    """Return the number of every title."""
    with open(ERROR_LIST, encoding="utf-8") as source:
        found = re.findall(r'ERROR_CODE\(\w+,\s*(\d+),\s*"([^"]+)"', source.read())
    return {title: int(number) for number, title in found}


def problem_of(entry, tier, ended, numbers):
    """Return what is wrong with how a run ended, or None."""
    console = NOT_DIRECT.sub("", ended.console)
    frames = FRAME.findall(console)
    if KERNEL_RAN.search(console):
        return f"a kernel was started; outcome {ended.outcome}"
    if ended.outcome != "crash":
        said = f", after error {frames[0][1]}" if frames else ""
        return f"outcome {ended.outcome}, not crash{said} {ended.detail}"
    if len(frames) != 1:
        return f"{len(frames)} whole error blocks, not one"
    number, title, *sentences = frames[0]
    if numbers.get(title) != int(number):
        return f"error {number} is not the number of {title}"
    if "*" not in entry["expect"] and title not in entry["expect"]:
        return f"{title}, not {' or '.join(entry['expect'])} (expected: {sentences[0]}; found: {sentences[1]})"
    if any(UNFILLED.search(sentence) for sentence in sentences):
        return f"a sentence of {title} was not filled in: {sentences}"
    return host.problem(entry, tier, int(number), title)


def run(entry, tier):
    return start.start(tier, entry["image"], entry["module"], entry["cmdline"], entry["memory"])


class Judge:
    """Runs one case, keeps its log and counts the titles seen."""

    def __init__(self, logs):
        self.numbers, self.logs, self.seen = error_numbers(), logs, collections.Counter()
        os.makedirs(logs, exist_ok=True)

    def __call__(self, case):
        entry, tier = case
        ended = run(entry, tier)
        with open(os.path.join(self.logs, f"{entry['name']}.{tier}.log"), "w", encoding="utf-8") as log:
            log.write(ended.console)
        for _, title, *_ in FRAME.findall(NOT_DIRECT.sub("", ended.console)):
            self.seen[title] += 1
        problem = problem_of(entry, tier, ended, self.numbers)
        return problem and f"FAIL {entry['name']} {tier}: {problem}"


def self_test(judge, lull):
    """Return what this runner failed to notice."""
    def entry(name, module, expect):
        return {"name": name, "image": lull, "module": module, "cmdline": "", "memory": 256, "expect": [expect]}
    for case, tier, sign in ((entry("self-test-good", GOOD_KERNEL, "*"), "dom0", "a kernel was started"),
                             (entry("self-test-wrong", None, "memory-map-overlap"), "dom0", "not memory-map-overlap"),
                             (entry("self-test-good", generate.GOOD_PV, "*"), "dom0-pv", "a kernel was started; outcome poweroff")):
        problem = judge((case, tier))
        if not problem or sign not in problem:
            yield f"FAIL {case['name']} {tier}: the runner says \"{problem}\" where it should say \"{sign}\""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parallel", type=int, default=proc.jobs())
    parser.add_argument("--lull", default=generate.LULL)
    parser.add_argument("--tier", choices=("dom0", "dom0-pv", "native"))
    parser.add_argument("--titles", action="store_true", help="also list how often each error was seen")
    parser.add_argument("names", nargs="*", help="beginnings of the names to run; default all")
    options = parser.parse_args()
    start.prepare()
    cases = [(entry, tier) for entry in generate.generate(options.lull) for tier in entry["tiers"]
             if options.tier in (None, tier) and entry["name"].startswith(tuple(options.names or [""]))]
    judge = Judge(os.path.join(BUILD, "images", "logs"))
    unnoticed = list(self_test(judge, options.lull))
    for line in unnoticed:
        print(line)
    failed = start.run_all(cases, judge, options.parallel) + len(unnoticed)
    if options.titles:
        for title, number in sorted(judge.numbers.items(), key=lambda item: item[1]):
            print(f"{number:4} {title}: {judge.seen[title]}")
    print(f"images: {len(cases) + 3 - failed} passed, {failed} failed")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
