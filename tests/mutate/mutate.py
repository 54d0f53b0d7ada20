#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`make mutate`: breaks the product in each way of the .edits files, and requires that a suite notices.

    mutate.py [--parallel N] [--suites "unit/* layers"] [PATTERN...]

Each edit is made in a copy of the tree below build/mutate/, and the suites that it names are run there, the first that
fails being enough. A suite is one of `make check`, or a part of one, of which only that part is built and run (edits.py
says which there are). In each copy a suite must first pass without an edit, since else its failure says nothing.

PATTERN chooses edits by name, with * and ?; --suites runs only edits of which a suite is like one of these. An edit that
does not compile tests nothing, and has failed, unless it names the suite "build". The last line is "mutate: N passed, N
failed"; survivors, and what did not compile, are listed before it. Exit status 0 when there is neither.
"""

import argparse
import concurrent.futures
import fcntl
import fnmatch
import os
import shutil
import signal
import subprocess
import sys
import time

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.mutate import edits

WORK = edits.TREE / "build" / "mutate"
# What takes long to make and no edit changes: kernels that were downloaded, images of them.
SHARED = ("build/kernels",)
# A suite builds and boots. A part of one that hangs is noticed soon, but not before it took several times as long as without an
# edit: on a busy machine that may be minutes, and what was only slow must not count as noticed.
SECONDS, PART_SECONDS, SLOWER = 1800, 90, 4
BUILD = "build"


def tracked():
    """The files of the tree, as git knows them; without git, or outside of a repository, all but build/."""
    if shutil.which("git"):
        listed = subprocess.run(["git", "-C", edits.TREE, "ls-files", "-co", "--exclude-standard", "-z"], capture_output=True)
        if listed.returncode == 0:
            return [name for name in listed.stdout.decode().split("\0") if name and (edits.TREE / name).is_file()]
    return [path.relative_to(edits.TREE).as_posix() for path in edits.TREE.rglob("*")
            if path.is_file() and path.relative_to(edits.TREE).parts[0] not in ("build", ".git")]


def make_tree(folder, files):
    """
    A copy of the tree that is built once for each worker, and then edited again and again. What is there from an
    earlier run stays, with its objects; a file gets a new time only when its bytes are others, of an edit for instance.
    """
    for name in files:
        target = folder / name
        if target.is_file() and target.read_bytes() == (edits.TREE / name).read_bytes():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(edits.TREE / name, target)
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if path.is_file() and name.parts[0] != "build" and name.as_posix() not in files:
            path.unlink()
    for name in SHARED:
        if (edits.TREE / name).is_dir() and not (folder / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(edits.TREE / name, folder / name, copy_function=os.link)


def run(folder, command, log, seconds=SECONDS):
    """The status of a command in a worker's tree; a hang counts as noticed."""
    with open(log, "ab") as sink:
        sink.write(f"$ {' '.join(command)}\n".encode())
        sink.flush()
        child = subprocess.Popen(command, cwd=folder, stdout=sink, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                 start_new_session=True)
        try:
            return child.wait(seconds)
        except subprocess.TimeoutExpired:
            return -1
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()


class Tree:
    """A copy of the tree, and the suites that passed in it as it is, each with the seconds that an edit gives it."""

    def __init__(self, folder, files):
        self.folder, self.sound = folder, {}
        make_tree(folder, files)

    def build(self, suites, log):
        targets = sorted({target for suite in suites for target in edits.targets(suite)})
        return not targets or run(self.folder, ["make", "-s", *targets], log) == 0

    def first_failure(self, suites, log):
        for suite in suites:
            if run(self.folder, edits.command(suite), log, self.sound.get(suite, SECONDS)) != 0:
                return suite
        return None

    def must_pass(self, suites):
        """Runs suites without an edit, each once."""
        for suite in suites:
            if suite in self.sound:
                continue
            log = WORK / f"unedited-{suite.replace('/', '-')}.log"
            built, began = self.build([suite], log), time.monotonic()
            if not built or self.first_failure([suite], log):
                raise edits.Broken(f"{suite} fails without an edit: {log.relative_to(edits.TREE)}")
            self.sound[suite] = max(PART_SECONDS, SLOWER * (time.monotonic() - began)) if "/" in suite else SECONDS

    def try_edit(self, edit, log):
        """Which suite noticed an edit; BUILD where it did not compile, or None."""
        log.unlink(missing_ok=True)
        suites = [suite for suite in edit.suites if suite != BUILD]
        self.must_pass(suites)
        originals = {place.file: (self.folder / place.file).read_bytes() for place in edit.places}
        try:
            edits.apply(edit, self.folder)
            return self.first_failure(suites, log) if self.build(suites or ["symbols"], log) else BUILD
        finally:
            for name, text in originals.items():
                (self.folder / name).write_bytes(text)


class Workers:
    """One tree for each thread that runs edits."""

    def __init__(self, count):
        files = set(tracked())
        self.idle = [Tree(WORK / f"tree-{number}", files) for number in range(count)]

    def run(self, edit):
        tree = self.idle.pop()
        began = time.monotonic()
        try:
            return edit, tree.try_edit(edit, WORK / f"{edit.name}.log"), time.monotonic() - began
        finally:
            self.idle.append(tree)


def like(patterns, names):
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns for name in names)


def verdict(edit, noticed):
    """What is wrong with what became of an edit, or nothing."""
    if noticed == BUILD and BUILD not in edit.suites:
        return "does not compile"
    return "" if noticed else "survived " + " ".join(edit.suites)


def chosen(options):
    for edit in edits.read_all().values():
        if (not options.suites or like(options.suites.split(), edit.suites)) and \
                (not options.patterns or like(options.patterns, [edit.name])):
            yield edit


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parallel", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--suites", default="")
    parser.add_argument("patterns", nargs="*", metavar="PATTERN")
    options = parser.parse_args()
    todo = list(chosen(options))
    WORK.mkdir(parents=True, exist_ok=True)
    lock = open(WORK / "lock", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise edits.Broken("another run uses build/mutate") from None
    workers = Workers(min(options.parallel, len(todo) or 1))
    print(f"mutate: {len(todo)} edits; logs are build/mutate/NAME.log", flush=True)
    failures = []
    with concurrent.futures.ThreadPoolExecutor(len(workers.idle) or 1) as pool:
        for edit, noticed, seconds in pool.map(workers.run, todo):
            wrong = verdict(edit, noticed)
            print(f"{'FAIL' if wrong else 'ok  '} {edit.name}: {wrong or noticed} ({seconds:.0f} s)", flush=True)
            if wrong:
                failures.append((edit, wrong))
    for edit, wrong in failures:
        print(f"{'survivor' if wrong.startswith('survived') else 'no test'}: {edit.name}: {edit.why or edit.places[0].file}")
    print(f"mutate: {len(todo) - len(failures)} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except edits.Broken as broken:
        sys.exit(f"mutate: {broken}")
    except KeyboardInterrupt:
        sys.exit(130)
