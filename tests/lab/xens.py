#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Which Xen the lab runs: XEN=4.17, Debian 12's and the default, or XEN=4.20, which is Debian 13's.

    xens.py     make the chosen one ready, and print its hypervisor's file

The default's toolstack and emulator are the installed ones. Another version brings its own hypervisor, toolstack and
emulator, and all that they need down to the C library: the packages of its suite, unpacked into a small root of their own
under build/xen and never installed. The emulator runs from there by the loader that lies beside it. In the lab's host that root lies
over this machine's, so that what runs there is the suite's.
"""

import fcntl
import glob
import os
import shutil
import subprocess
import sys

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.lab import archive, kernels, packages, paths

# The suites that a version of Xen is taken from; the default's packages are this machine's own.
SUITES = {"4.20": "trixie"}
# How much slower the emulator of a version is than the default's: some cells took 1.5 times as long.
PACE = {"4.20": 1.5}
# What to ask for; apt adds what those depend on.
WANTED = ["xen-hypervisor-{version}-amd64", "xen-utils-{version}", "qemu-system-x86", "qemu-system-xen", "python3"]
# What nobody reads here.
LEFT_OUT = ["./usr/share/doc", "./usr/share/man", "./usr/share/locale", "./usr/share/iso-codes"]
# Where QEMU looks for firmware; it must be told when it is not run from /usr/bin.
FIRMWARE = ["usr/share/qemu", "usr/share/seabios", "usr/lib/ipxe/qemu"]
LIBRARIES = "usr/lib/x86_64-linux-gnu"
LOADER = "usr/lib64/ld-linux-x86-64.so.2"


def root():
    """Return the small root of the chosen version, unpacked when it is not there yet, or None for the default."""
    suite = SUITES.get(paths.XEN_VERSION)
    if not suite:
        return None
    above = paths.make_directory(os.path.join(paths.BUILD, "xen"))
    directory = os.path.join(above, paths.XEN_VERSION)
    if not os.path.isdir(directory):
        with open(os.path.join(above, f".lock-{paths.XEN_VERSION}"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not os.path.isdir(directory):
                unpack(suite, directory)
    return directory


def unpack(suite, directory):
    """Download the packages of the chosen version and move the root that they make into place in one step."""
    partial = directory + ".partial"
    shutil.rmtree(partial, ignore_errors=True)
    archives, made = (paths.make_directory(os.path.join(partial, name)) for name in ("archives", "root"))
    print(f"lull: downloading Xen {paths.XEN_VERSION} with its toolstack and QEMU, 80 MB of Debian's {suite}", file=sys.stderr)
    for package in download(suite, archives):
        kernels.extract(package, made, *(f"--exclude={name}" for name in LEFT_OUT))
    compile_python(made)
    os.rename(made, directory)
    shutil.rmtree(partial)


def download(suite, directory):
    """Download the packages, and all that they depend on, into a directory. Return the archives."""
    paths.make_directory(os.path.join(directory, "partial"))
    # No package counts as installed, so that apt takes each one that is needed.
    status = os.path.join(directory, "status")
    with open(status, "w"):
        pass
    options = [*archive.options(suite), "-o", f"Dir::State::status={status}", "-o", f"Dir::Cache::archives={directory}"]
    wanted = [name.format(version=paths.XEN_VERSION) for name in WANTED]
    apt = subprocess.run(["apt-get", "-q", "-y", *options, "install", "--download-only", "--no-install-recommends", *wanted],
                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    archives = glob.glob(os.path.join(directory, "*.deb"))
    if apt.returncode != 0 or not archives:
        raise kernels.Unavailable(f"Xen {paths.XEN_VERSION} cannot be downloaded: {kernels.last_line(apt.stderr)}")
    return sorted(archives)


def compile_python(directory):
    """Compile Python's library, as its package does when it is installed: emulated, it would take a second at each start."""
    library = paths.newest(os.path.join(directory, "usr/lib/python3.*"))
    program = os.path.join(directory, "usr/bin", os.path.basename(library))
    home = dict(os.environ, PYTHONHOME=os.path.join(directory, "usr"))
    subprocess.run([*beside(directory), program, "-m", "compileall", "-q", "-s", directory, "-p", "/", library], env=home,
                   check=True)


def beside(directory):
    """The beginning of a command that runs a program of a small root here: its own loader, and its own libraries."""
    return [os.path.join(directory, LOADER), "--library-path", os.path.join(directory, LIBRARIES)]


def hypervisor():
    """Return Xen's file: that of the chosen version's root, or the installed one, or one unpacked under build/."""
    own = root()
    if own:
        return paths.newest(os.path.join(own, "boot/xen-*amd64.gz"))
    return paths.newest(f"/boot/xen-{paths.XEN_VERSION}*amd64.gz") or kernels.fetch("xen")


def default_emulator():
    """Return the beginning of a command that runs this machine's emulator, or None where there is none.

    KVM's host is always emulated by that one: since QEMU 10 no read of a control register is an exit, though KVM asks for it, and its
    guest sees CR4.MCE, which is the host's.
    """
    program = paths.tool("qemu-system-x86_64")
    return program and [program]


def emulator():
    """Return the beginning of a command that runs the chosen version's emulator, or None where there is none."""
    own = root()
    if not own:
        return default_emulator()
    firmware = [word for name in FIRMWARE for word in ("-L", os.path.join(own, name))]
    return [*beside(own), os.path.join(own, "usr/bin/qemu-system-x86_64"), *firmware]


def pace():
    """Return how many seconds of the chosen version's emulator are one of the default's."""
    return PACE.get(paths.XEN_VERSION, 1.0)


def shares():
    """The file systems that the lab's host is built of, the upper one last: name, and the directory here."""
    own = root()
    return {"host": "/", **({"suite": own} if own else {})}


def main(arguments):
    if arguments:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    try:
        print(hypervisor())
    except kernels.Unavailable as problem:
        print(f"lull: {problem}", file=sys.stderr)
        return packages.MISSING
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
