# SPDX-License-Identifier: GPL-2.0-or-later
"""Xen's toolstack without a Xen: its builder, libxenguest, called by xenguest.c for each file."""

import os

from tests.lab import compiler, paths, proc

KINDS = {"xl-pv": "pv", "xl-pvh": "pvh"}
# What the builder says where only the guest's memory is too small, of which the doctor says nothing.
MEMORY = ("too large", "Cannot allocate", "Out of memory")


def build(directory):
    program = os.path.join(paths.make_directory(directory), "xenguest")
    compiler.build(os.path.join(os.path.dirname(__file__), "xenguest.c"), program, "-lxenguest", "-lxenctrl", "-lxentoollog")
    return program


def answer(line):
    """One line of the program's as (verdict, words or entry)."""
    if line.startswith("takes"):
        _, _, entry, loader = line.split(" ", 3)
        # The loader of hvmloader, which finds no notes.
        return ("firmware", None) if loader.startswith("HVM") else ("takes", int(entry, 16))
    words = line.partition(" ")[2]
    return ("memory" if any(word in words for word in MEMORY) else "refuses"), words


def ask(questions, directory):
    """Answer each (loader, path); one process a file, as a broken one may take it down."""
    program = build(directory)
    found = {}
    for loader, path in questions:
        done = proc.run([program, KINDS[loader], path])
        lines = [line for line in done.stdout.splitlines() if line.startswith(("takes", "refuses", "fault"))]
        found[loader, path] = answer(lines[-1]) if lines else ("crash", f"status {done.returncode}")
    return found
