# SPDX-License-Identifier: GPL-2.0-or-later
"""What needs a lab: xl itself, GRUB as a PV guest, and Linux's kexec_file_load()."""

import json
import os

from tests.lab import paths, proc, session
from tests.lab.result import LabFault
from tests.loaders import by_grub

GRUB_MODULES = "linux normal test echo halt gzio xzio lzopio"
SECONDS = 300


def grub_image(directory, files):
    """GRUB as a Xen PV guest, all files and the menu script in its memory disk."""
    menu = os.path.join(directory, "grub-xen.cfg")
    lines = ["set pager=0", "insmod gzio", "insmod xzio", "insmod lzopio"]
    for number in range(len(files)):
        lines.append(f"if linux (memdisk)/f/{number}; then echo answer {number} grub-xen yes; "
                     f"else echo answer {number} grub-xen no; fi")
    with open(menu, "w", encoding="utf-8") as output:
        output.write("\n".join([*lines, "echo all", "halt"]) + "\n")
    image = os.path.join(directory, "grub-xen.bin")
    made = proc.run(["grub-mkstandalone", "-O", "x86_64-xen", f"--install-modules={GRUB_MODULES}", f"--modules={GRUB_MODULES}",
                     "--fonts=", "--locales=", "--themes=", "-o", image, f"boot/grub/grub.cfg={menu}",
                     *(f"f/{number}={path}" for number, path in enumerate(files))])
    if made.returncode != 0:
        raise LabFault(f"grub-mkstandalone failed: {made.stdout.strip()[-200:]}")
    return image


def try_in(lab, questions, directory):
    """Have in_lab.py answer the questions; return the answers and what it printed."""
    listed = os.path.join(directory, "lab.json")
    with open(listed, "w", encoding="utf-8") as output:
        json.dump(questions, output)
    tried = lab.execute(["python3", "-B", os.path.join(os.path.dirname(__file__), "in_lab.py"), listed], SECONDS)
    if tried.outcome != "exit 0":
        raise LabFault(f"in_lab.py: {tried.outcome}: {tried.console.strip()[-200:]}")
    said = [json.loads(line) for line in tried.console.splitlines() if line.startswith("{")]
    return {(row["loader"], row["path"]): (row["verdict"], row["words"]) for row in said}, tried.console


def ask_xl(questions, directory):
    """Answer each (loader, path) of xl-pv, xl-pvh and grub-xen, in one lab."""
    paths.make_directory(directory)
    grub_files = [path for loader, path in questions if loader == "grub-xen"]
    with session.Session("xl", 512) as lab:
        lab.start()
        found, log = try_in(lab, [question for question in questions if question[0] != "grub-xen"], directory)
        if grub_files:
            guest = lab.run({"door": "pv", "kernel": grub_image(directory, grub_files), "memory": 512, "timeout": SECONDS})
            found.update(by_grub.answers(guest.console, grub_files))
            log += guest.console
    return found, log


def ask_linux(questions, directory):
    """Answer each (loader, path) of kexec-file, in a Linux with no hypervisor below it."""
    paths.make_directory(directory)
    with session.Session("kvm", 64) as lab:
        lab.start()
        return try_in(lab, questions, directory)
