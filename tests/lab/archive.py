# SPDX-License-Identifier: GPL-2.0-or-later
"""Other releases of Debian than this machine's: apt with lists of its own, under build/kernels/apt.

The machine's own sources, and so what it installs, stay as they are. Where the archive is, they say.
"""

import fcntl
import os
import subprocess

from tests.lab import packages, paths

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def options(suite):
    """Return apt's options for a release, whose list is read once; without one, those for this machine's release."""
    # apt cannot drop its privileges into a directory that only root may enter, and warns about it.
    sandbox = ["-o", "APT::Sandbox::User=root"] if os.geteuid() == 0 else []
    directory = paths.make_directory(os.path.join(paths.KERNELS, "apt", suite or "own"))
    # Containers are set up without it, and then each call reads all lists anew, for more than a second.
    cache = ["-o", f"Dir::Cache::pkgcache={directory}/pkgcache.bin"]
    if not suite:
        return sandbox + cache
    for name in ("lists/partial", "cache/archives/partial"):
        paths.make_directory(os.path.join(directory, name))
    sources = os.path.join(directory, "sources.list")
    found = sandbox + cache + ["-o", f"Dir::Etc::sourcelist={sources}", "-o", "Dir::Etc::sourceparts=/dev/null",
                               "-o", f"Dir::State::lists={directory}/lists", "-o", f"Dir::Cache={directory}/cache"]
    with open(os.path.join(directory, "lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(sources):
            with open(sources, "w", encoding="utf-8") as file:
                file.write(f"deb [signed-by={KEYRING}] {archive()} {suite} main\n")
            packages.apt(*found, "update")
    return found


def archive():
    """Where this machine gets Debian from."""
    form = ["--format", "$(REPO_URI) $(LABEL)", "Created-By: Packages"]
    said = subprocess.run(["apt-get", "indextargets", *form], stdout=subprocess.PIPE, text=True)
    return next((line.split()[0] for line in said.stdout.splitlines() if line.endswith(" Debian")), "none")
