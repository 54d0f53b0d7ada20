# SPDX-License-Identifier: GPL-2.0-or-later
"""Where things are: the source tree, its build directory, and the files that Debian packages bring."""

import functools
import glob
import os

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.path.join(ROOT, "build")
LAB = os.path.join(BUILD, "lab")
KERNELS = os.path.join(BUILD, "kernels")

# The version is part of Debian's file names; this is the one place that knows it. XEN= chooses another (xens.py).
XEN_VERSIONS = ("4.17", "4.20")
XEN_VERSION = os.environ.get("XEN") or XEN_VERSIONS[0]
XEN_TOOLS = f"/usr/lib/xen-{XEN_VERSION}"

# On some machines /usr/sbin is not on an ordinary user's path, and apt puts tools of the lab there.
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin", "/usr/bin", "/bin"])


def tool(name):
    """Return the full name of an installed program, or None."""
    import shutil  # Here, because it takes the lab's emulated host a fifth of a second, and that one asks nothing.
    return shutil.which(name, path=SEARCH_PATH)


def in_repository(path):
    """Read a path as a cells file means it: absolute, or relative to the top of the tree."""
    return path if os.path.isabs(path) else os.path.join(ROOT, path)


def newest(pattern):
    """Return the match whose version sorts last, or None."""
    return max(glob.glob(pattern), key=version_key, default=None)


def version_key(name):
    """Order file names the way people read versions: 6.9 before 6.12."""
    key, digits = [], ""
    for character in os.path.basename(name) + "\0":
        if character.isdigit():
            digits += character
            continue
        if digits:
            key.append((1, int(digits), ""))
            digits = ""
        key.append((0, 0, character))
    return key


@functools.cache
def opened(path, *identity):
    """A descriptor of a file, which stays open."""
    return os.open(path, os.O_RDONLY)


def one_word(path):
    """Another name of a file or directory, without spaces and commas: that of an open descriptor of this process."""
    found = os.stat(path)
    return f"/proc/{os.getpid()}/fd/{opened(path, found.st_ino, found.st_mtime_ns)}"


def make_directory(path):
    """Create a directory if need be, and return its name."""
    os.makedirs(path, exist_ok=True)
    return path
