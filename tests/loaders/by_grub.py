# SPDX-License-Identifier: GPL-2.0-or-later
"""GRUB on a PC: one CD with every file on it and a menu script that gives each to each command, in one boot."""

import os
import re

from tests.lab import iso, one_cpu, paths, proc, result
from tests.lab.result import LabFault

COMMANDS = {"grub-linux": "linux", "grub-multiboot": "multiboot", "grub-multiboot2": "multiboot2"}
MODULES = ["linux", "multiboot", "multiboot2", "normal", "serial", "terminal", "biosdisk", "iso9660", "test", "echo", "halt",
           "gzio", "xzio", "lzopio"]
# How long GRUB may say nothing.
SILENCE = 10
ANSWER = re.compile(r"^answer (\d+) (\S+) (yes|no)$")


def script(questions):
    """The menu: each command for its file, and what came of it; GRUB's own error stands in front of that."""
    lines = ["serial --unit=0 --speed=115200", "terminal_output serial", "terminal_input serial", "set pager=0",
             "insmod gzio", "insmod xzio", "insmod lzopio"]
    for number, loader in questions:
        lines.append(f"if {COMMANDS[loader]} /f/{number}; then echo answer {number} {loader} yes; "
                     f"else echo answer {number} {loader} no; fi")
    return "\n".join([*lines, "echo all", "halt"]) + "\n"


def answers(console, files):
    """What GRUB said: {(loader, path): (verdict, its words)}."""
    found, words = {}, ""
    for line in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", console).replace("\r", "").splitlines():
        said = ANSWER.match(line.strip())
        if not said:
            words = line.strip() or words
            continue
        number, loader, answer = said.groups()
        refusal = ("memory" if "out of memory" in words else "refuses"), words
        found[loader, files[int(number)]] = ("takes", None) if answer == "yes" else refusal
        words = ""
    return found


def build(directory, files, questions):
    """The CD, with the files grafted in under their numbers."""
    paths.make_directory(directory)
    menu = os.path.join(directory, "grub.cfg")
    with open(menu, "w", encoding="utf-8") as output:
        output.write(script(questions))
    disc = os.path.join(directory, "boot.iso")
    grafts = [f"/f/{number}={iso.graft(name)}" for number, name in enumerate(files)]
    made = proc.run([paths.tool("grub-mkrescue"), "-d", "/usr/lib/grub/i386-pc", "--compress=no",
                     f"--install-modules={' '.join(MODULES)}", "--fonts=", "--locales=", "--themes=", "-o", disc,
                     f"/boot/grub/grub.cfg={iso.graft(menu)}", *grafts])
    if made.returncode != 0:
        raise LabFault(f"grub-mkrescue failed: {made.stdout.strip().splitlines()[-1:]}")
    return disc


def boot(files, questions, directory):
    """One boot of GRUB with these (number, loader) questions; return the answers and the console."""
    flags = ["-accel", "tcg", "-m", "1024", "-cdrom", build(directory, files, questions), "-boot", "d"]
    with one_cpu.machine(flags) as machine:
        seen, deadline = 0, SILENCE
        while b"\nall" not in machine.com1.data.replace(b"\r", b"\n") and not machine.ended and machine.wait(deadline):
            if len(machine.com1.data) != seen:
                seen, deadline = len(machine.com1.data), machine.clock() + SILENCE
        console = result.plain_text(bytes(machine.com1.data))
    return answers(console, files), console


def ask(questions, directory):
    """Give each (loader, path) to GRUB; return the answers and the consoles. What GRUB took from some files stays in its memory, and
    some hundred files later it may stop for ever over one that a fresh GRUB answers. So where it stops it is booted again, with that
    question first; one on which a fresh GRUB stops has no answer."""
    files = list(dict.fromkeys(path for _, path in questions))
    numbers = {path: number for number, path in enumerate(files)}
    found, log, left = {}, "", list(questions)
    while left:
        more, console = boot(files, [(numbers[path], loader) for loader, path in left], directory)
        found.update(more)
        log += console
        left = [question for question in left if question not in found][0 if more else 1:]
    return found, log
