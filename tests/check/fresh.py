#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`make fresh`: a first `make check` on a machine that has nothing yet, to find what no script of ours installs.

    fresh.py [--full] [SUITE...]    by .ci/run; --full, with FULL=1: all suites

The machine is a Debian of this release with apt and nothing more, in a directory, which mmdebstrap makes each time (half a
minute). It gets the sources as `make dist` packs them. Only root can. It stays in build/fresh when something has failed. Exit
status: that of .ci/run.
"""

import os
import shutil
import subprocess
import sys
import time

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.lab import packages, paths, proc, result
from tests.package import bare

FRESH = os.path.join(paths.BUILD, "fresh")
# How this machine's apt finds the archive.
NETWORK = ("etc/resolv.conf", "etc/hosts", "etc/apt/apt.conf.d")


def copy(name, root):
    """Copy a file or a directory of this machine to the same place there."""
    if os.path.isdir(f"/{name}"):
        shutil.copytree(f"/{name}", os.path.join(root, name), dirs_exist_ok=True)
    elif os.path.exists(f"/{name}"):
        shutil.copy(f"/{name}", os.path.join(root, name))


def make(root):
    """Make the machine, without the sources."""
    print(f"fresh: making a Debian in {os.path.relpath(root)}", flush=True)
    bare.bootstrap(root, "--variant=apt")
    for name in NETWORK:
        copy(name, root)


def sources(root):
    """Unpack the sources there; return what they are called in it."""
    packed = proc.run(["make", "-s", "--no-print-directory", "dist"], cwd=paths.ROOT).stdout.splitlines()[-1]
    subprocess.run(["tar", "-C", os.path.join(root, "root"), "-xf", packed], cwd=paths.ROOT, check=True)
    return "/root/" + os.path.basename(packed).removesuffix(".tar.gz")


def main(suites, full):
    if os.geteuid() != 0:
        print("fresh: only root can make the machine")
        return 1
    packages.require("package")
    proc.leave_on_signals()
    proc.forget_make()
    root = os.path.join(FRESH, "root")
    shutil.rmtree(root, ignore_errors=True)
    paths.make_directory(FRESH)
    try:
        make(root)
    except result.LabFault as fault:
        print(f"fresh: {fault}")
        return 1
    tree = sources(root)
    began = time.monotonic()
    choice = [f"FULL={'1' * full}", f"SUITES={' '.join(suites)}"]
    status = proc.spawn([*bare.enter(root), *choice, "sh", "-c", f"cd {tree} && exec .ci/run"]).wait()
    print(f"fresh: .ci/run ended with status {status} after {time.monotonic() - began:.0f} s"
          + (f"; its logs are {root}{tree}/build/check" if status else ""))
    if not status:
        shutil.rmtree(root)
    return status


if __name__ == "__main__":
    if sys.argv[1:2] in (["-h"], ["--help"]):
        print(__doc__.strip())
        sys.exit(0)
    in_full = sys.argv[1:2] == ["--full"]
    sys.exit(main(sys.argv[1 + in_full:], in_full))
