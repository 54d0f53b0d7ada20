# SPDX-License-Identifier: GPL-2.0-or-later
"""The doctor against the loaders themselves: what `lull inspect --loaders` says of each file, and what QEMU, Xen's toolstack,
Xen, GRUB, UEFI firmware and Linux's kexec do with it.

    run.py [--only ORACLE...]               one file in eight, the same ones each time
    run.py [--only ORACLE...] --all         every file
    run.py [--only ORACLE...] NAME...       those whose names begin so

An oracle is a program that asks a loader. Each verdict that the doctor gives on a loader which an oracle asks must be the
loader's, and the entry too where the loader tells it. The runner first shows that it notices a verdict that is wrong.
"""

import argparse
import concurrent.futures
import json
import os
import sys
import time

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.lab import packages, paths, proc, xen_image
from tests.lab.result import LabFault
from tests.loaders import by_dom0, by_firmware, by_grub, by_lab, by_qemu, by_xenguest, files

TOOL = os.path.join(paths.BUILD, "lull")
OUTPUT = os.path.join(paths.BUILD, "loaders")
ATTEMPTS = 2


def doctor(path):
    """What lull says of each loader: {loader: row}."""
    done = proc.run([TOOL, "inspect", "--loaders", "--json", path])
    start = done.stdout.find("{")
    if done.returncode != 0 or start < 0:
        raise SystemExit(f"loaders: lull inspect --loaders {path}: {done.stdout.strip()[-200:]}")
    return {row["loader"]: row for row in json.JSONDecoder().raw_decode(done.stdout[start:])[0]["loaders"]}


def objection(said, found):
    """Why a verdict of the doctor's and a loader's answer do not go together; None when they do."""
    verdict, detail = found
    if verdict in ("crash", "hangs", "firmware", "elsewhere"):
        return None if said["verdict"] == "misreads" and verdict != "elsewhere" else f"the loader: {verdict} {detail or ''}"
    if said["verdict"] == "misreads":
        return None
    if verdict == "memory":
        return None if said["verdict"] == "takes" else "the loader only lacks memory"
    if said["verdict"] != ("takes" if verdict in ("takes", "enters") else "refuses"):
        return f"the loader {verdict} it{': ' + str(detail) if detail else ''}"
    if verdict == "takes" and isinstance(detail, int) and detail != int(said["entry"], 16):
        return f"the loader enters it at {detail:#x}"
    return None


class Oracle:
    """Which loaders, of which files, and the function that answers all questions: {(loader, path): (verdict, detail)}."""

    def __init__(self, name, loaders, wants, ask, skips=()):
        self.name, self.loaders, self.wants, self.ask, self.skips = name, loaders, wants, ask, skips


def ask_qemu(questions, said):
    def one(question):
        row = said[question]
        entry = int(row["entry"], 16) if row["verdict"] == "takes" else None
        return by_qemu.start(question[1], entry)
    with concurrent.futures.ThreadPoolExecutor(proc.jobs()) as pool:
        return dict(zip(questions, pool.map(one, questions)))


def ask_dom0(questions, _):
    def one(question):
        for _ in range(ATTEMPTS):
            found = by_dom0.start(*question)
            if found[0] != "fault":
                break
        return found
    with concurrent.futures.ThreadPoolExecutor(proc.jobs()) as pool:
        return dict(zip(questions, pool.map(one, questions)))


def in_lab(ask):
    """A lab that stalls is started once more."""
    def attempt(questions, _):
        for left in reversed(range(ATTEMPTS)):
            try:
                return ask(questions, OUTPUT + "/lab")[0]
            except LabFault:
                if not left:
                    raise
    return attempt


def ask_firmware(questions, _):
    found, _ = by_firmware.ask([path for _, path in questions], os.path.join(OUTPUT, "firmware"))
    return {("uefi", path): answer for path, answer in found.items()}


# GRUB and Linux write over their own memory with what they misread, and are gone.
DEADLY = ("misreads",)
ORACLES = [
    Oracle("xenguest", ("xl-pv", "xl-pvh"), files.any_file,
           lambda questions, _: by_xenguest.ask(questions, OUTPUT), skips=files.SEEN_WITH_A_DOMAIN),
    Oracle("qemu", ("qemu",), files.for_qemu, ask_qemu),
    Oracle("grub", tuple(by_grub.COMMANDS), files.for_grub,
           lambda questions, _: by_grub.ask(questions, OUTPUT + "/grub")[0], skips=DEADLY),
    Oracle("firmware", ("uefi",), files.for_firmware, ask_firmware),
    Oracle("dom0", tuple(by_dom0.LOADERS), files.for_dom0, ask_dom0),
    Oracle("xl", ("xl-pv", "xl-pvh", "grub-xen"), files.for_xl, in_lab(by_lab.ask_xl), skips=DEADLY),
    Oracle("linux", ("kexec-file",), files.for_kexec, in_lab(by_lab.ask_linux), skips=DEADLY),
]


def judge(oracle, collected, verdicts):
    """Ask one oracle; return the number of verdicts that are right, and a line for each that is not."""
    names = {path: name for name, path in collected.items()}
    said = {(loader, path): verdicts[name][loader] for name, path in collected.items() for loader in oracle.loaders
            if oracle.wants(name, path, loader) and verdicts[name][loader]["verdict"] not in oracle.skips
            and name not in oracle.skips}
    started = time.monotonic()
    found = oracle.ask(list(said), said)
    lines = []
    for question, row in said.items():
        problem = objection(row, found[question]) if question in found else "the loader says nothing"
        if problem:
            why = f" ({row['why']})" if "why" in row else ""
            lines.append(f"FAIL {oracle.name} {names[question[1]]}: the doctor: {question[0]} {row['verdict']} "
                         f"{row.get('entry', '')}{why}; {problem}")
    print(f"{oracle.name}: {len(said) - len(lines)} of {len(said)} verdicts are the loader's, "
          f"{time.monotonic() - started:.0f} s", flush=True)
    return len(said) - len(lines), lines


def self_test():
    """Wrong verdicts that objection() must notice."""
    takes, refuses = {"verdict": "takes", "entry": "0x100000"}, {"verdict": "refuses"}
    for said, found in ((takes, ("refuses", "no")), (refuses, ("takes", None)), (takes, ("takes", 0x100001)),
                        (takes, ("elsewhere", None)), (refuses, ("firmware", None)), (takes, ("crash", None)),
                        (refuses, ("memory", None)), (refuses, ("enters", None))):
        if not objection(said, found):
            yield f"FAIL self-test: {said} and {found} go together"
    if objection(takes, ("takes", 0x100000)) or objection(refuses, ("refuses", None)):
        yield "FAIL self-test: what is right is not"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=[oracle.name for oracle in ORACLES])
    parser.add_argument("--all", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    packages.require("build", "lab")
    proc.leave_on_signals()
    xen_image.file_name()
    collected = {name: path for name, path in files.collect(OUTPUT).items()
                 if (name.startswith(tuple(options.names)) if options.names else options.all or files.is_some(name))}
    verdicts = {name: doctor(path) for name, path in collected.items()}
    oracles = [oracle for oracle in ORACLES if not options.only or oracle.name in options.only]
    skipped = [oracle for oracle in oracles if oracle.name == "firmware" and not by_firmware.available()]
    lines, passed = list(self_test()), 0
    # Those that keep one core busy go beside those that keep the other.
    with concurrent.futures.ThreadPoolExecutor(proc.jobs()) as pool:
        for right, wrong in pool.map(lambda oracle: judge(oracle, collected, verdicts),
                                     [oracle for oracle in oracles if oracle not in skipped]):
            passed, lines = passed + right, lines + wrong
    print("\n".join(lines))
    print(f"{len(collected)} files" + "".join(f"; {oracle.name} is not on this machine" for oracle in skipped))
    print(f"loaders: {passed} passed, {len(lines)} failed, {len(skipped)} skipped")
    return 1 if lines or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
