# SPDX-License-Identifier: GPL-2.0-or-later
"""One directory for all that is temporary: ours and, by TMPDIR, that of every program that we start.

It is under build/ and goes when we go: at the end, at Ctrl-C and at a polite kill (proc.leave_on_signals). What a run that was
killed has left is removed by the next one, which knows it by the number of a process that is gone.
"""

import atexit
import os
import shutil
import tempfile

from tests.lab import paths

ABOVE = os.path.join(paths.BUILD, "tmp")
_ours = {}


def use():
    """Make the directory, unless we have one, and return its name. A program that another of ours has started makes it
    inside that one's."""
    if os.getpid() not in _ours:
        outer = os.environ.get("TMPDIR", "")
        if not outer.startswith(ABOVE + os.sep) or not os.path.isdir(outer):
            outer = ABOVE
            sweep()
        _ours[os.getpid()] = paths.make_directory(os.path.join(outer, str(os.getpid())))
        os.environ["TMPDIR"] = tempfile.tempdir = _ours[os.getpid()]
        atexit.register(remove)
    return _ours[os.getpid()]


def sweep():
    """Remove what killed runs have left."""
    for left in os.listdir(paths.make_directory(ABOVE)):
        if not os.path.exists(f"/proc/{left}"):
            shutil.rmtree(os.path.join(ABOVE, left), ignore_errors=True)


def remove():
    """Remove the directory. A process that was forked from us leaves it alone."""
    if os.getpid() in _ours:
        shutil.rmtree(_ours[os.getpid()], ignore_errors=True)
