# SPDX-License-Identifier: GPL-2.0-or-later
"""UEFI firmware (OVMF): its shell's `load`, which calls LoadImage() for each file in one boot."""

import os
import re
import shutil

from tests.lab import one_cpu, paths, result

CODE = "/usr/share/OVMF/OVMF_CODE_4M.fd"
VARIABLES = "/usr/share/OVMF/OVMF_VARS_4M.fd"
# How long the firmware may say nothing.
SILENCE = 60
# What `load` says to a program that LoadImage() took: load is for drivers, which it starts, and unloads an application.
TAKEN = re.compile(r"Image '\S*?(\d+)\.efi' (?:is not a driver|loaded at)")
REFUSED = re.compile(r"Image '\S*?(\d+)\.efi' (?:is not an image|error in StartImage)")


def available():
    """Whether there is such a firmware on this machine."""
    return os.path.exists(CODE) and os.path.exists(VARIABLES)


def ask(files, directory):
    """LoadImage() each file; return {path: (verdict, None)} and the console."""
    root = os.path.join(directory, "root")
    shutil.rmtree(directory, ignore_errors=True)
    paths.make_directory(root)
    variables = os.path.join(directory, "variables.fd")
    shutil.copy(VARIABLES, variables)
    lines = ["@echo -off", "fs0:"]
    for number, path in enumerate(files):
        shutil.copy(path, os.path.join(root, f"{number}.efi"))
        lines.append(f"load -nc {number}.efi")
    with open(os.path.join(root, "startup.nsh"), "w", encoding="ascii") as script:
        script.write("\r\n".join([*lines, "echo all done", "reset -s"]) + "\r\n")
    flags = ["-machine", "q35", "-accel", "tcg", "-m", "512",
             "-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={CODE}",
             "-drive", f"if=pflash,unit=1,format=raw,file={variables}",
             "-drive", f"format=raw,file=fat:rw:{root}"]
    with one_cpu.machine(flags) as machine:
        seen, deadline = 0, SILENCE
        while not machine.ended and machine.wait(deadline):
            if len(machine.com1.data) != seen:
                seen, deadline = len(machine.com1.data), machine.clock() + SILENCE
        machine.drain()
        console = result.plain_text(bytes(machine.com1.data))
    found = {}
    flat = re.sub(r"\x1b\[[0-9;?=]*[A-Za-z]", "", console).replace("\r", "").replace("\n", "")
    for verdict, pattern in (("takes", TAKEN), ("refuses", REFUSED)):
        for number in pattern.findall(flat):
            found[files[int(number)]] = (verdict, None)
    return found, console
