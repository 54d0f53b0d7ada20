#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The guide in docs/: runs every command of it, and holds what they print against what the pages show.

    run.py [PAGE...]        all pages, or some (guest, kernel, trouble)

A block ```sh is run by one shell a page, from a folder that looks like the top of the tree; a block ```sh xen on the lab's Xen
host, on a terminal. A block ```output behind one is what it prints: "..." stands for anything, and alone on a line for any lines; how many spaces there are is left open.
Where a page says /boot, there is Debian's 6.1 cloud kernel, with an initrd that says USERSPACE UP and powers off.

The last line is "guide: N passed, N failed".
"""

import os
import re
import shutil
import sys
import textwrap

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.lab import initrd, kernels, packages, paths, proc, scratch, session

DOCS = os.path.join(paths.ROOT, "docs")
PAGES = ("guest", "kernel", "trouble")
FENCE = re.compile(r"^( *)```([^\n`]*)\n(.*?)^\1```$", re.M | re.S)
LANGUAGES = ("sh", "sh xen", "output")
PATIENCE = 400
# An intercepted RDTSC doubles the time of an emulated boot.
FASTER = ("memory = 512\n", 'memory = 512\ntsc_mode = "native"\n')


class Block:
    """Commands, and what they are to print; a number tells it from others of its page."""

    def __init__(self, page, number, place, commands):
        self.page, self.number, self.place, self.commands = page, number, place, commands
        self.wanted = None


def blocks(page, text):
    """The blocks of a page, in order."""
    found = []
    for fence in FENCE.finditer(text):
        language, content = fence[2].strip(), textwrap.dedent(fence[3])
        if language not in LANGUAGES:
            raise ValueError(f"{page}.md: a block of the language {language!r}; there are {', '.join(LANGUAGES)}")
        if language != "output":
            found.append(Block(page, len(found) + 1, language, content))
        elif not found or found[-1].wanted is not None:
            raise ValueError(f"{page}.md: an output that belongs to no commands")
        else:
            found[-1].wanted = content
    return found


def pattern(wanted):
    """A regular expression for what a block is to print."""
    def line_of(line):
        return re.sub(r"(?:\\ )+", " +", ".*".join(re.escape(part) for part in line.split("..."))) + "\n"
    return re.compile("^" + "".join("(?:.*\n)*?" if line == "..." else line_of(line) for line in wanted.splitlines()), re.M)


def complaint(block, printed, status):
    """What is wrong with a block that was run, or nothing."""
    printed = printed.replace("\r", "")
    lines = printed.splitlines()
    shown = "\n".join(lines if len(lines) < 30 else lines[:12] + ["..."] + lines[-12:])
    if status != 0:
        return f"ended with {status}, and printed:\n{shown}"
    if block.wanted is not None and not pattern(block.wanted).search(printed + "\n"):
        return f"printed:\n{shown}\nand was to print:\n{block.wanted}"
    return ""


def tree(page):
    """A folder that looks like the top of the tree, and a kernel for /boot."""
    folder = os.path.join(scratch.use(), page)
    os.makedirs(os.path.join(folder, "boot"))
    for name in os.listdir(paths.ROOT):
        if not name.startswith("."):
            os.symlink(os.path.join(paths.ROOT, name), os.path.join(folder, name))
    kernel = kernels.fetch("6.1-cloud")
    release = os.path.basename(kernel).split("-", 1)[1]
    shutil.copy(kernel, os.path.join(folder, "boot"))
    shutil.copy(initrd.guest(), os.path.join(folder, "boot", f"initrd.img-{release}"))
    return folder


def run_here(folder, some):
    """Run the blocks of a page in one shell; yields each with what it printed and how it ended."""
    path = os.path.join(folder, "commands")
    with open(path, "w", encoding="utf-8") as script:
        script.write("set -e\n")
        for block in some:
            # Behind each block a line that says so: what is missing there did not come so far.
            commands = block.commands.replace("/boot/", f"{folder}/boot/")
            script.write(f"{commands}\necho; echo '@@ {block.number}'\n")
    done = proc.run(["timeout", str(PATIENCE), "bash", path], cwd=folder, errors="replace")
    rest = done.stdout
    for block in some:
        printed, end, behind = rest.partition(f"\n@@ {block.number}\n")
        yield block, printed, 0 if end else done.returncode or 1
        if not end:
            return
        rest = behind


def run_on_xen(folder, some):
    """Run blocks on the lab's Xen host, each on a terminal; yields the same."""
    with session.Session("xl", 512) as lab:
        lab.start()
        for block in some:
            printed = bytearray()
            command = ["script", "-qec", "bash -ec " + quoted(block.commands.replace(*FASTER)), "/dev/null"]
            ended = lab.execute(command, PATIENCE, cwd=folder, on_console=printed.extend)
            yield block, printed.decode(errors="replace"), 0 if ended.outcome == "exit 0" else ended.outcome


def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def facts(page, text):
    """What is wrong with the errors and the links that a page names."""
    with open(os.path.join(paths.ROOT, "include", "core", "error_list.h"), encoding="utf-8") as file:
        errors = dict(re.findall(r'ERROR_CODE\(\w+, (\d+), "([\w-]+)"', file.read()))
    named = re.findall(r"\b(\d+) `([a-z0-9-]+)`", text)
    wrong = [f"{page}.md: error {number} is not {title}" for number, title in named if errors.get(number) != title]
    anchors = {re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-") for title in re.findall(r"^#+ (.*)$", text, re.M)}
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if target.startswith("#") and target[1:] not in anchors or \
                not target.startswith("#") and not os.path.exists(os.path.join(DOCS, target.split("#")[0])):
            wrong.append(f"{page}.md: nothing is at {target}")
    return wrong


def main(names):
    packages.require("build", "lab")
    proc.leave_on_signals()
    passed, failed = 0, 0
    for page in names or PAGES:
        # Each page stands for itself.
        folder = tree(page)
        with open(os.path.join(DOCS, page + ".md"), encoding="utf-8") as file:
            text = file.read()
        wrong = facts(page, text)
        found = blocks(page, text)
        ran = list(run_here(folder, [block for block in found if block.place == "sh"]))
        on_xen = [block for block in found if block.place == "sh xen"]
        if on_xen:
            ran += run_on_xen(folder, on_xen)
        for block, printed, status in ran:
            said = complaint(block, printed, status)
            wrong += [f"{page}.md, block {block.number}: {said}"] if said else []
        if len(ran) < len(found):
            wrong.append(f"{page}.md: {len(found) - len(ran)} blocks were not run")
        for line in wrong:
            print(f"FAIL {line}", flush=True)
        print(f"{page}: {len(ran)} blocks were run", flush=True)
        failed += len(wrong)
        passed += len(found) + 1 - min(len(wrong), len(found) + 1)
    print(f"guide: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__.strip())
        sys.exit(0)
    sys.exit(main(sys.argv[1:]))
