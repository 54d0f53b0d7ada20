#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`make mutate`: breaks the product in each way of the .edits files, and requires that a suite notices.

    mutate.py [--parallel N] [--suites "unit layers"] [PATTERN...]

Each edit is made in a copy of the tree below build/mutate/, and the suites that it names are run there, the first that
fails being enough. PATTERN chooses edits by name, with * and ?; --suites runs only edits that these suites must notice.
An edit that does not compile counts as noticed by the build, and is named, since it tests nothing. The last line is
"mutate: N passed, N failed"; survivors are listed before it. Exit status 0 when none survived.
"""

import argparse
import concurrent.futures
import fnmatch
import os
import pathlib
import shutil
import subprocess
import sys
import time

import edits

WORK = edits.TREE / "build" / "mutate"
# What takes long to make and no edit changes: kernels that were downloaded, images of them.
SHARED = ("build/kernels",)
SECONDS = 1800


def tracked():
    """The files of the tree, as git knows them; without git, all but build/."""
    listed = subprocess.run(["git", "-C", edits.TREE, "ls-files", "-co", "--exclude-standard", "-z"], capture_output=True)
    if listed.returncode == 0:
        return [name for name in listed.stdout.decode().split("\0") if name and (edits.TREE / name).is_file()]
    return [path.relative_to(edits.TREE).as_posix() for path in edits.TREE.rglob("*")
            if path.is_file() and path.relative_to(edits.TREE).parts[0] not in ("build", ".git")]


def make_tree(folder, files):
    """A copy of the tree that is built once for each worker, and then edited again and again."""
    for name in files:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(edits.TREE / name, target)
    for name in SHARED:
        if (edits.TREE / name).is_dir() and not (folder / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(edits.TREE / name, folder / name, copy_function=os.link)


def run(folder, command, log):
    """The status of a command in a worker's tree; a hang counts as noticed."""
    with open(log, "ab") as sink:
        try:
            return subprocess.run(command, cwd=folder, stdout=sink, stderr=subprocess.STDOUT,
                                  stdin=subprocess.DEVNULL, timeout=SECONDS).returncode
        except subprocess.TimeoutExpired:
            return -1


def try_edit(edit, folder, log):
    """Which suite noticed an edit: its name, "build" where it did not compile, or None."""
    log.unlink(missing_ok=True)
    originals = {place.file: (folder / place.file).read_bytes() for place in edit.places}
    try:
        edits.apply(edit, folder)
        if "layers" not in edit.suites and run(folder, ["make", "-s", "all"], log) != 0:
            return "build"
        for suite in edit.suites:
            if run(folder, ["make", "check", f"SUITES={suite}"], log) != 0:
                return suite
        return None
    finally:
        for name, text in originals.items():
            (folder / name).write_bytes(text)


class Workers:
    """One tree for each thread that runs edits."""

    def __init__(self, count):
        files = tracked()
        self.idle = [WORK / f"tree-{number}" for number in range(count)]
        for folder in self.idle:
            make_tree(folder, files)

    def run(self, edit):
        folder = self.idle.pop()
        began = time.monotonic()
        try:
            return edit, try_edit(edit, folder, WORK / f"{edit.name}.log"), time.monotonic() - began
        finally:
            self.idle.append(folder)


def chosen(options):
    for edit in edits.read_all().values():
        if options.suites and not set(edit.suites) & set(options.suites.split()):
            continue
        if options.patterns and not any(fnmatch.fnmatchcase(edit.name, pattern) for pattern in options.patterns):
            continue
        yield edit


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parallel", type=int, default=os.cpu_count())
    parser.add_argument("--suites", default="")
    parser.add_argument("patterns", nargs="*", metavar="PATTERN")
    options = parser.parse_args()
    todo = list(chosen(options))
    WORK.mkdir(parents=True, exist_ok=True)
    workers = Workers(min(options.parallel, len(todo) or 1))
    print(f"mutate: {len(todo)} edits; logs are build/mutate/NAME.log", flush=True)
    survivors = []
    with concurrent.futures.ThreadPoolExecutor(len(workers.idle) or 1) as pool:
        for edit, noticed, seconds in pool.map(workers.run, todo):
            print(f"{'ok  ' if noticed else 'FAIL'} {edit.name}: {noticed or 'survived ' + ' '.join(edit.suites)} "
                  f"({seconds:.0f} s)", flush=True)
            if not noticed:
                survivors.append(edit)
    for edit in survivors:
        print(f"survivor: {edit.name}: {edit.why or edit.places[0].file}")
    print(f"mutate: {len(todo) - len(survivors)} passed, {len(survivors)} failed")
    return 1 if survivors else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except edits.Broken as broken:
        sys.exit(f"mutate: {broken}")
    except KeyboardInterrupt:
        sys.exit(130)
