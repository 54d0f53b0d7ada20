#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Which Debian packages the project needs, and the step that installs the missing ones.

    packages.py --install build|lab     install what is missing (root), or name it in one line (anybody else)
    packages.py --list build|lab        print the group

Silent when nothing is missing. Exit status: 0 all there, 3 something is missing.
"""

import os
import subprocess
import sys

MISSING = 3

GROUPS = {
    # What `make` compiles with, and the libraries that the shim and the host tool link.
    "build": [
        "gcc", "make", "binutils", "python3",
        "libc6-dev", "libxen-dev", "libelf-dev",
        "libzstd-dev", "liblzma-dev", "liblz4-dev", "zlib1g-dev", "libbz2-dev", "liblzo2-dev",
        "libcmocka-dev", "libcapstone-dev",
    ],
    # What the lab runs. Xen's own file and the kernels are not here: installing those packages would change what
    # the host boots next, so kernels.py unpacks them under build/ instead.
    "lab": [
        "qemu-system-x86", "qemu-system-xen", "xen-utils-4.17", "busybox-static",
        "grub-common", "grub-pc-bin", "grub-xen-bin", "xorriso", "mtools", "cpio", "kmod", "python3",
    ],
}


def installed(package):
    """Say whether dpkg has this package fully installed."""
    query = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}\n", package],
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    # A package that exists for several architectures prints one line for each.
    return query.returncode == 0 and "installed" in query.stdout.split()


def missing(group):
    """List the packages of a group that are not installed."""
    return [package for package in GROUPS[group] if not installed(package)]


def apt(*arguments):
    """Run apt-get without questions; its chatter goes to standard error, so that results can be piped."""
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    return subprocess.run(["apt-get", "-q", "-y", *arguments], stdout=sys.stderr, env=environment).returncode


def ensure(group):
    """Install what a group lacks. Return True when all of it is there."""
    lacking = missing(group)
    if not lacking:
        return True
    if os.geteuid() != 0:
        print(f"lull: missing packages: apt-get install --no-install-recommends {' '.join(lacking)}", file=sys.stderr)
        return False
    print(f"lull: installing {' '.join(lacking)}", file=sys.stderr)
    apt("update")
    # Recommended packages would bring a hypervisor into the host's boot menu.
    apt("install", "--no-install-recommends", *lacking)
    lacking = missing(group)
    if lacking:
        print(f"lull: apt could not install: {' '.join(lacking)}", file=sys.stderr)
    return not lacking


def require(group):
    """For programs: install what a group lacks, or leave with the documented exit status."""
    if not ensure(group):
        sys.exit(MISSING)


def main(arguments):
    if len(arguments) != 2 or arguments[0] not in ("--install", "--list") or arguments[1] not in GROUPS:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    if arguments[0] == "--list":
        print(" ".join(GROUPS[arguments[1]]))
        return 0
    return 0 if ensure(arguments[1]) else MISSING


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
