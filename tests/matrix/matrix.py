#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`make matrix`: boot every cell of cells files and say which passed.

    matrix.py [--only REGEX] [--jobs N] [--into DIRECTORY] [--read] [FILE...]

FILE, or CELLS= in the environment, is a cells file; without one the default matrix is made and run. LAB=local runs
the xl cells with this machine's own xl, which must be a Xen dom0. XEN=4.20 runs the lab with Debian 13's Xen, toolstack
and QEMU. LULL_ACCEL=kvm has it on the hardware, in place of tcg.

Exit status: 0 every cell passed, 1 some did not, 2 the cells file is malformed, 3 packages are missing.
"""

import argparse
import collections
import os
import re
import sys

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.lab import accel, kernels, packages, paths, proc, result, scratch, xl
from tests.matrix import cells, default_cells, page, report, schedule

MALFORMED = 2
DIRECTORY = os.path.join(paths.BUILD, "matrix")


def arguments():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].strip(), description=__doc__.split("\n\n")[2])
    parser.add_argument("--only", metavar="REGEX", help="only the cells whose names match")
    parser.add_argument("--jobs", type=int, default=proc.jobs(), help="labs side by side (2)")
    parser.add_argument("--into", metavar="DIRECTORY", default=DIRECTORY, help="where logs go, with the verdicts beside it (build/matrix)")
    parser.add_argument("--read", action="store_true", help="only look whether FILE and LAB make sense")
    parser.add_argument("files", metavar="FILE", nargs="*")
    options = parser.parse_args()
    if not options.files and os.environ.get("CELLS"):
        options.files = [os.environ["CELLS"]]
    options.local = os.environ.get("LAB") or "emulated"
    if options.local not in ("emulated", "local"):
        parser.error(f"LAB={options.local}: the choices are emulated and local")
    return options


def wanted_cells(options):
    """Read the cells and set aside those that are not asked for."""
    wanted = [cell for path in options.files or [default_cells.write()] for cell in cells.read(path)]
    twice = [name for name, count in collections.Counter(cell["name"] for cell in wanted).items() if count > 1]
    if twice:
        raise cells.Malformed(f"two cells are named {twice[0]}")
    for cell in wanted:
        cell["lab"] = cells.DOORS[cell["door"]]
    return [cell for cell in wanted if not options.only or re.search(options.only, cell["name"])]


def local_host():
    """This machine's xl, or None when this is no Xen dom0."""
    try:
        with open("/proc/xen/capabilities") as capabilities:
            control = "control_d" in capabilities.read()
    except OSError:
        control = False
    program = paths.tool("xl")
    if not control or not program:
        return None
    return xl.Host(scratch.use(), program)


def main():
    options = arguments()
    local = None
    try:
        if options.read:
            # The default matrix is made of what is not built yet.
            for path in options.files:
                cells.read(path)
            return 0
        if options.local == "local":
            local = local_host()
            if not local:
                print("lull: LAB=local needs a Xen dom0 with xl; this machine is none", file=sys.stderr)
                return MALFORMED
        else:
            packages.require("lab")
        wanted = wanted_cells(options)
    except (cells.Malformed, kernels.Unavailable, result.LabFault) as problem:
        print(f"lull: {problem}", file=sys.stderr)
        return MALFORMED if isinstance(problem, cells.Malformed) else packages.MISSING
    proc.leave_on_signals()
    return run(options, wanted, local)


def run(options, wanted, local):
    """Run the cells and report them."""
    skipped = [cell for cell in wanted if local and cell["lab"] != "xl"]
    wanted = [cell for cell in wanted if cell not in skipped]
    directory = paths.make_directory(os.path.abspath(options.into))
    outcome = report.Report(directory, len(wanted))
    if skipped:
        outcome.note(f"{len(skipped)} cells left out: their doors need the emulated lab")
    if not local:
        outcome.note(f"{len(wanted)} cells, Xen {paths.XEN_VERSION}, lab on {'KVM' if accel.use_kvm() else 'TCG'}")
    times = report.Times(os.path.join(directory, "times.json"))
    try:
        schedule.Scheduler(wanted, outcome, times, directory, options.jobs, local).run()
    finally:
        proc.stop_all()
    times.remember(outcome.verdicts)
    draw(outcome, directory)
    return 0 if outcome.finish(directory + ".xml") else 1


def draw(outcome, directory):
    """Write the page beside the directory; that it cannot be written fails no cell."""
    file = directory + ".html"
    wrong = page.write(outcome.verdicts, directory, file, f"Doors by kernels, Xen {paths.XEN_VERSION}")
    outcome.note(f"no page: {wrong}" if wrong else f"{os.path.relpath(file, paths.ROOT)} shows them")


if __name__ == "__main__":
    sys.exit(main())
