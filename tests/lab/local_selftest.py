#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""LAB=local, tested where there is no Xen host: inside the lab's own dom0.

    local_selftest.py [CELLS]

Starts the lab, and in its dom0 runs `LAB=local matrix.py` on a cells file, as somebody with a Xen host would: xl shows
the consoles, not the lab. Without CELLS: a Debian kernel that must pass, a guest that hangs, a file that xl refuses, and
a door that is left out. Ends in `local: N passed, N failed`.
"""

import os
import re
import sys

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.lab import initrd, kernels, packages, paths, proc, selftest, session

TEXT = """
[DEFAULT]
door = pvh
[linux]
kernel = {linux}
ramdisk = {initrd}
cmdline = console=hvc0 quiet
expect = ^USERSPACE UP .* cpus=1$
[hang]
kernel = {hang}
timeout = 4
[refused]
kernel = /bin/true
[left-out]
door = tcg
kernel = {hang}
"""

# What the run must print, line by line.
WANTED = [
    r"^lull: 1 cells left out",
    r"^ok linux \d",
    r"^FAIL hang outcome timeout",
    r"^FAIL refused outcome refused",
    r"^1 passed, 2 failed$",
]


def inside(cells_file):
    """Run matrix.py on the lab's dom0 with its xl. Return what it printed and how it ended."""
    matrix = os.path.join(paths.ROOT, "tests", "matrix", "matrix.py")
    printed = bytearray()

    def show(data):
        printed.extend(data)
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    with session.Session("xl", 768) as lab:
        lab.start()
        ended = lab.execute(["env", "LAB=local", "/usr/bin/python3", "-B", matrix, cells_file], 900, paths.ROOT, show)
    return printed.decode("utf-8", "replace").replace("\r", ""), ended.outcome


def main(arguments):
    packages.require("lab")
    kernels.fetch(kernels.DOM0)
    proc.leave_on_signals()
    if arguments:
        printed, outcome = inside(os.path.abspath(arguments[0]))
        print(f"lull: matrix.py ended with {outcome}", file=sys.stderr)
        return 0 if outcome == "exit 0" else 1
    selftest.make_guests()
    text = TEXT.format(linux=kernels.fetch("6.1-cloud"), initrd=initrd.guest(), hang=selftest.tiny("HANG"))
    printed, outcome = inside(selftest.cells_file("local.cells", text))
    missed = [wanted for wanted in WANTED if not re.search(wanted, printed, re.M)]
    if outcome != "exit 1":
        missed.append(f"exit 1, not {outcome}")
    for wanted in missed:
        print(f"FAIL not seen: {wanted}")
    total = len(WANTED) + 1
    print(f"local: {total - len(missed)} passed, {len(missed)} failed")
    return 1 if missed else 0


if __name__ == "__main__":
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__.strip())
        sys.exit(0)
    sys.exit(main(sys.argv[1:]))
