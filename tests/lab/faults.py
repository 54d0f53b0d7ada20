# SPDX-License-Identifier: GPL-2.0-or-later
"""Faults of the lab are told, each, although most are tried again: a lab that fails now and then hides what it tests."""

import os
import re
import sys
import time

from tests.lab import paths

DIRECTORY = os.path.join(paths.LAB, "faults")


def note(what, fault, again=True):
    """Say what the lab failed under, on standard error, and keep what its machine had said."""
    print(f"lull: {text(what, fault, again)}", file=sys.stderr, flush=True)


def text(what, fault, again=True):
    """The line to say, after what the machine had said is in a file under build/lab/faults."""
    kept = keep(what, fault)
    return f"lab fault under {what}{', trying again' if again else ''}: {fault}" + (f" (log: {kept})" if kept else "")


def keep(what, fault):
    """Write the log of a fault that has one. Return the file's name in the tree, or None."""
    log = getattr(fault, "log", "")
    if not log:
        return None
    name = re.sub(r"[^\w.-]+", "-", what)[-60:]
    path = os.path.join(paths.make_directory(DIRECTORY), f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}-{name}.log")
    with open(path, "a") as output:
        output.write(f"{fault}\n{log}\n")
    return os.path.relpath(path, paths.ROOT)
