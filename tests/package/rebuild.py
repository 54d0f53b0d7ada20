#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The same sources make the same packages: built again elsewhere, later, of files with the time of a new checkout, in another
time zone, language and umask, they are those that `make deb` has left in build/, byte for byte; and so is what `make dist` packs.

Its last line is "rebuild: N passed, N failed".
"""

import glob
import os
import shutil
import subprocess
import sys

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.lab import packages, paths, proc, scratch
from tests.package.case import debs


def said(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=paths.ROOT).stdout.strip()


def read(path):
    with open(path, "rb") as file:
        return file.read()


def unpack(tarball):
    """The sources, somewhere else, and as new as those that git has just written."""
    directory = os.path.join(scratch.use(), "some", "where")
    os.makedirs(directory)
    subprocess.run(["tar", "-C", directory, "-xf", tarball], check=True)
    sources, = glob.glob(os.path.join(directory, "*"))
    for folder, _, names in os.walk(sources):
        for name in names:
            os.utime(os.path.join(folder, name))
    return sources


def build(sources):
    """The packages of these sources, as a maintainer makes them."""
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/nonexistent", "TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8",
                   "DEB_BUILD_OPTIONS": f"noautodbgsym nocheck parallel={len(os.sched_getaffinity(0))}"}
    done = subprocess.run(["sh", "-c", "umask 027; exec dpkg-buildpackage -b -us -uc"], cwd=sources, env=environment,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        print(done.stdout)
    return {os.path.basename(path).split("_")[0]: path for path in glob.glob(os.path.join(os.path.dirname(sources), "*.deb"))}


def content(package):
    """Each file of a package: its mode, owner, size, time and name; and the sum of what is in it."""
    directory = os.path.join(scratch.use(), "content")
    subprocess.run(["dpkg-deb", "-R", package, directory], check=True)
    sums = said("sh", "-c", f"cd {directory} && find . -type f -exec md5sum {{}} +").splitlines()
    shutil.rmtree(directory)
    return set(sums) | set(said("dpkg-deb", "-c", package).splitlines())


def main():
    packages.require("deb")
    proc.leave_on_signals()
    scratch.use()
    results = {}
    tarball = os.path.join(paths.ROOT, said("make", "-s", "--no-print-directory", "dist").splitlines()[-1])
    first, time = read(tarball), said("tar", "-tvf", tarball, "--full-time", "--utc").split()[3:5]
    sources = unpack(tarball)
    # What is not in a repository makes the same tarball again, by its own list of files.
    time = said("date", "--utc", "+%s", "-d", " ".join(time) + " UTC")
    subprocess.run(["deploy/dist.sh", os.path.basename(sources), "../again.tar.gz"], check=True, cwd=sources,
                   env=dict(os.environ, SOURCE_DATE_EPOCH=time))
    results["dist"] = read(os.path.join(os.path.dirname(sources), "again.tar.gz")) == first
    there, again = debs(), build(sources)
    for name in sorted(there):
        results[name] = name in again and read(again[name]) == read(there[name])
        if name in again and not results[name]:
            print("\n".join(sorted(content(there[name]) ^ content(again[name]))))
    for name, same in results.items():
        print(f"{'ok' if same else 'FAIL'} {name}: {'the same bytes' if same else 'other bytes'}")
    failed = sum(not same for same in results.values())
    print(f"rebuild: {len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__.strip())
        sys.exit(0)
    sys.exit(main())
