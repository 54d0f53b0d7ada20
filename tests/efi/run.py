#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""lull.efi under OVMF: what it gives the kernel, and what it says of bad input, many images in one boot (launcher.c).

    run.py            all cases
    run.py NAME...    those whose names begin so

Each image ends: in the kernel of these tests (kernel.c), which says what it was given and comes back, in one framed error block,
or in firmware's refusal to load it; a few, each in a boot of its own, leave boot services. Interrupts must be on afterwards, and an initrd of before must be back.
Those called secure-... are signed, and in a boot with Secure Boot on; in the others launcher.c at most says that it is.
"""

import os
import re
import sys

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.efi import cases, leaving_cases, screen, secure
from tests.lab import paths, proc, scratch, uefi

LAUNCHER = os.path.join(paths.BUILD, "efi", "launcher.efi")
LOG = os.path.join(paths.BUILD, "efi", "cases.log")
# The file system of the disk has names for so many; a boot is some seconds.
CASES_A_BOOT = 90
FRAME = re.compile(r"^=+ lull error (\d+): (\S+) =+\nexpected: \S.*\nfound:    \S.*\ndo:       \S.*\n=+$", re.M)
UNFILLED = re.compile(r"%[EFS]|\(null\)")


def problem_of(case, said):
    """What is wrong with the text of one case, or None."""
    titles = [title for _, title in FRAME.findall(said)]
    if len(titles) != said.count("lull error"):
        return "an error block is broken"
    if UNFILLED.search(said):
        return "a sentence is not filled in"
    if not re.search(r"^launcher: interrupts=1 restored=1$", said, re.M):
        return "firmware did not get its machine back as it was"
    if case.load:
        found = re.search(r"^launcher: case=\w+ load=0x(\w+)", said, re.M)
        if not found or not re.fullmatch(case.load, found[1]):
            return f"firmware's LoadImage() says {found and found[1]}, not {case.load}"
    if case.errors is not None and sorted(titles) != sorted(case.errors):
        return f"errors {titles}, not {list(case.errors)}"
    if re.search(r"load=0x0$", said, re.M) and not titles:
        return "firmware started it, and it said nothing"
    return line_problem(case, said)


def line_problem(case, said):
    """A line that is missing, or that should be."""
    return next((f"no line matches {pattern!r}" for pattern in case.expect if not re.search(pattern, said, re.M)),
                next((f"a line matches {pattern!r}" for pattern in case.reject if re.search(pattern, said, re.M)), None))


def machine(some, directory, shared=None):
    """Start the images one after another in one machine, with Secure Boot where there are SHARED files. Return how that ended."""
    files = {f"{number:02}.{ending}": name for number, case in enumerate(some) for ending, name in case.files.items()}
    ended = uefi.run(LAUNCHER, files={**files, **(shared or {})}, timeout=120, scratch=directory, memory=512, secure=bool(shared))
    with open(LOG, "a", encoding="utf-8", errors="surrogateescape") as log:
        log.write(ended.console)
    return ended


def leave(case, outcome, directory):
    """What is wrong with an image that does not come back, or None."""
    ended = machine([case], directory)
    said = ended.console.replace("\r", "")
    if ended.outcome != outcome:
        return f"the machine ends in {ended.outcome} {ended.detail}, not {outcome}"
    return line_problem(case, said)


def boot(some, directory, shared=None):
    """The same. Return what each image said."""
    ended = machine(some, directory, shared)
    texts = re.split(r"^(?=launcher: case=)", ended.console.replace("\r", ""), flags=re.M)[1:]
    return texts + [f"{ended.outcome} {ended.detail}"] * (len(some) - len(texts))


def self_test(good):
    """Whether this runner notices: a good image that was expected to fail, a wrong line, a block that is cut."""
    wrong = [good._replace(errors=["efi-place"]), good._replace(expect=["nobody says this"]), good._replace(load="8.*")]
    return wrong


def judge(some, texts):
    """How many of the cases of a boot fail; says why."""
    failed = 0
    for case, said in zip(some, texts):
        problem = problem_of(case, said)
        if problem:
            failed += 1
            print(f"FAIL {case.name}: {problem}\n" + "".join(f"    {line}\n" for line in said.splitlines()[-30:]))
    return failed


def main(names):
    def chosen(some):
        return [case for case in some if not names or case[0].startswith(tuple(names))]
    if names in (["-h"], ["--help"]):
        print(__doc__.strip())
        return 0
    proc.leave_on_signals()
    if os.path.exists(LOG):
        os.remove(LOG)
    directory = scratch.use()
    wanted = chosen(cases.make(os.path.join(directory, "images")))
    failed = 0
    for first in range(0, len(wanted), CASES_A_BOOT):
        some = wanted[first:first + CASES_A_BOOT]
        texts = boot(some, os.path.join(directory, "machine"))
        failed += judge(some, texts)
        if first == 0 and not names:
            for wrong in self_test(some[0]):
                if not problem_of(wrong, texts[0]):
                    failed += 1
                    print(f"FAIL self-test: {wrong} was not noticed")
    signed, shared = secure.make(os.path.join(directory, "secure"))
    signed = chosen(signed)
    if signed:
        failed += judge(signed, boot(signed, os.path.join(directory, "machine"), shared))
    last = [(case, outcome) for case, outcome in leaving_cases.make(os.path.join(directory, "leaving"))
            if not names or case.name.startswith(tuple(names))]
    for case, outcome in last:
        problem = leave(case, outcome, os.path.join(directory, "machine"))
        if problem:
            failed += 1
            print(f"FAIL {case.name}: {problem}")
    shown = chosen(screen.make(cases.Maker(os.path.join(directory, "screen"))))
    for name, image, is_shown in shown:
        problem = screen.problem(LAUNCHER, image, is_shown, os.path.join(directory, "machine"))
        if problem:
            failed += 1
            print(f"FAIL {name}: {problem}")
    wanted += signed + shown + [case for case, _ in last]
    print(f"efi: {len(wanted) - failed} passed, {failed} failed")
    return 1 if failed or not wanted else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
