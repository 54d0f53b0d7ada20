#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Which Debian packages the project needs, and the step that installs the missing ones.

    packages.py --install GROUP...      install what is missing (root), or name it in one line (anybody else)
    packages.py --install-first GROUP...    the same, but root installs the first group alone and leaves the others for later
    packages.py --name GROUP...         name what is missing, and leave it to whoever needs it to fail
    packages.py --list GROUP...         print what the groups hold

The groups are build, clang, lab, disk, model, deb, package and page.

Silent when nothing is missing. Exit status: 0 all there, or only named; 3 something is missing.
"""

import fcntl
import os
import shutil
import subprocess
import sys

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.lab import paths

MISSING = 3

# dpkg-buildpackage asks for build-essential itself, of which a compiler alone is not enough.
DEB = ["build-essential", "dpkg-dev", "debhelper", "fakeroot"]

GROUPS = {
    # What `make` compiles with, the libraries that the shim and the host tool link, and what their tests run.
    "build": [
        "gcc", "make", "binutils", "python3",
        "libc6-dev", "libxen-dev", "libelf-dev", "zlib1g-dev",
        "libzstd-dev", "liblzma-dev", "liblz4-dev", "libdeflate-dev", "libbz2-dev", "liblzo2-dev",
        "libcmocka-dev", "man-db",
        # Headers of the UEFI specification.
        "gnu-efi",
    ],
    # The second compiler of the tests, with libFuzzer.
    "clang": ["clang", "libclang-rt-dev"],
    # What the lab runs. Xen's own file and the kernels are not here: installing those packages would change what
    # the host boots next, so kernels.py unpacks them under build/ instead.
    "lab": [
        "qemu-system-x86", "qemu-system-xen", f"xen-utils-{paths.XEN_VERSIONS[0]}", "busybox-static",
        "bochs", "bochs-term", "bochsbios", "vgabios",
        "grub-common", "grub-pc-bin", "grub-xen-bin", "xorriso", "mtools", "cpio", "python3",
        "ovmf", "sbsigntool", "openssl", "e2fsprogs", "xfsprogs", "btrfs-progs",
        # What unpacks kernels for the tests.
        "zstd", "lz4",
    ],
    # What `make deb` builds with.
    "deb": DEB,
    # What tests/package installs the packages in, and looks at them with.
    "package": [*DEB, "lintian", "mmdebstrap", "shellcheck", "zsh", "pkg-config"],
    # What makes the images of tests/disk.
    "disk": ["e2fsprogs", "mtools", "xfsprogs", "btrfs-progs", "xorriso", "util-linux"],
    # What tests/model searches with; gcc is there already.
    "model": ["spin"],
    # The browser that tests/page looks at pages with, and letters for it.
    "page": ["chromium", "fonts-dejavu-core"],
}


def members(groups):
    """The packages of several groups, each once."""
    return list(dict.fromkeys(package for group in groups for package in GROUPS[group]))


def missing(groups):
    """List the packages that are not fully installed."""
    wanted = members(groups)
    query = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *wanted],
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    # A package that exists for several architectures has a line for each; one that dpkg never saw has none.
    there = {line.split()[0] for line in query.stdout.splitlines() if line.endswith(" installed")}
    return [package for package in wanted if package not in there]


def apt(*arguments, chatter=None):
    """Run apt-get without questions, after whoever else installs something. What it says goes to the file CHATTER or to standard error, so that results can be
    piped; its errors always go there."""
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    return subprocess.run(["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=600", *arguments], stdout=chatter or sys.stderr, env=environment).returncode


def ensure(*groups, chatter=None):
    """Install what the groups lack, when nobody else of this tree does; for CHATTER see apt(). Return True when all is there."""
    if paths.XEN_VERSION not in paths.XEN_VERSIONS:
        print(f"lull: XEN={paths.XEN_VERSION}: the choices are {' '.join(paths.XEN_VERSIONS)}", file=sys.stderr)
        return False
    lacking = missing(groups)
    if not lacking:
        return True
    if os.geteuid() != 0:
        name(lacking)
        return False
    with open(os.path.join(paths.make_directory(paths.BUILD), ".lock-packages"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        install(missing(groups), chatter)
    lacking = missing(groups)
    if lacking:
        print(f"lull: apt could not install: {' '.join(lacking)}", file=sys.stderr)
    return not lacking


def install(lacking, chatter):
    """Have apt install packages, if there are any."""
    if lacking:
        print(f"lull: installing {' '.join(lacking)}", file=sys.stderr)
        apt("update", chatter=chatter)
        # Recommended packages would bring a hypervisor into the host's boot menu.
        apt("install", "--no-install-recommends", *lacking, chatter=chatter)


def name(lacking):
    """Say in one line what to install."""
    print(f"lull: missing packages: apt-get install --no-install-recommends {' '.join(lacking)}", file=sys.stderr)


def require(*groups):
    """For programs: install what the groups lack, or leave with the documented exit status."""
    if not ensure(*groups):
        sys.exit(MISSING)


def main(arguments):
    action, groups = (arguments + [None])[0], arguments[1:]
    if action not in ("--install", "--install-first", "--name", "--list") or not groups or any(group not in GROUPS for group in groups):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    if action == "--list":
        print(" ".join(members(groups)))
        return 0
    if action == "--name":
        # Elsewhere than on Debian nobody can be asked, and the build goes on.
        lacking = missing(groups) if shutil.which("dpkg-query") else []
        if lacking:
            name(lacking)
        return 0
    if action == "--install-first" and os.geteuid() == 0:
        groups = groups[:1]
    return 0 if ensure(*groups) else MISSING


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
