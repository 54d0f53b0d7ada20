#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Linux as it was and as it is: what each version has in its patch tables, and that `lull check` finds all of it sound.

    versions.py [KERNEL...]     rows of the table below by the names of kernels.py; else all of them

The kernels are Debian's, downloaded once (some 200 MB, of which the kernels alone are kept: 190 MB). A kernel that cannot be had is
skipped, and said so. Ends in `versions: N passed, N failed`.
"""

import argparse
import concurrent.futures
import dataclasses
import json
import os
import subprocess
import sys

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.lab import kernels, paths, proc

LULL = os.path.join(paths.BUILD, "lull")
# A table that is there has more records than this, in every build.
MANY = 600


@dataclasses.dataclass
class Version:
    """One build of Linux, and what it has."""
    # As kernels.py calls it.
    name: str
    # The bytes of a record of .altinstructions.
    record: int
    # Paravirtual calls: a table of their own (.parainstructions), or direct calls among the alternatives (since 6.8).
    paravirt: bool
    # Lock prefixes to be taken out: .smp_locks.
    locks: bool
    # Records whose site is in none of the texts: one in .data (kexec), and for a time two in .head.text.
    elsewhere: int
    # The lists of vmlinux.relocs: the inverse one of the percpu section went with 6.15.
    lists: int


VERSIONS = [
    Version("5.10-cloud", record=12, paravirt=True, locks=True, elsewhere=0, lists=3),
    Version("5.10", record=12, paravirt=True, locks=True, elsewhere=0, lists=3),
    Version("6.1-cloud", record=12, paravirt=True, locks=True, elsewhere=0, lists=3),
    Version("6.1", record=12, paravirt=True, locks=True, elsewhere=0, lists=3),
    Version("6.12", record=14, paravirt=False, locks=True, elsewhere=0, lists=3),
    Version("6.16-cloud", record=14, paravirt=False, locks=True, elsewhere=3, lists=2),
    Version("6.18-cloud", record=14, paravirt=False, locks=True, elsewhere=1, lists=2),
    Version("6.19-cloud", record=14, paravirt=False, locks=True, elsewhere=1, lists=2),
    Version("7.0-cloud", record=14, paravirt=False, locks=True, elsewhere=1, lists=2),
    Version("7.1-cloud", record=14, paravirt=False, locks=True, elsewhere=1, lists=2),
    Version("7.2-cloud", record=14, paravirt=False, locks=True, elsewhere=1, lists=2),
    Version("7.3-cloud", record=14, paravirt=False, locks=False, elsewhere=1, lists=2),
    Version("7.3", record=14, paravirt=False, locks=False, elsewhere=1, lists=2),
    Version("7.3-rt", record=14, paravirt=False, locks=False, elsewhere=1, lists=2),
]


def check(name):
    """What `lull check` says of a kernel that may have one CPU, and its exit status."""
    said = subprocess.run([LULL, "check", "--json", "--cpus", "1", kernels.fetch(name)], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL)
    return json.loads(said.stdout), said.returncode


def rows(found):
    return {table["name"]: table for table in found["tables"]}


def facts(found):
    """The same as a row of the table, with the numbers that there must be many of as a yes or no."""
    tables = rows(found)
    return {
        "record": tables[".altinstructions"]["record_size"],
        "alternatives": tables[".altinstructions"]["sites"] > MANY,
        "paravirt": tables[".parainstructions"]["records"] > MANY,
        "direct calls": found["direct_calls"] > MANY,
        "locks": found["locks_there"] > MANY,
        # Those that a 16-bit prefix precedes.
        "few others": found["locks_other"] < 10,
        "patched": MANY < found["prediction"]["locks_patched"] < found["prediction"]["locks"],
        "elsewhere": found["elsewhere"],
        "lists": found["relocations"]["lists"],
        "relocations": found["relocations"]["of_32_bits"] > MANY and found["relocations"]["of_64_bits"] > MANY,
        "inverse": found["relocations"]["inverse"] > MANY,
    }


def wanted(version):
    return {
        "record": version.record, "alternatives": True, "paravirt": version.paravirt, "direct calls": not version.paravirt,
        "locks": version.locks, "few others": True, "patched": version.locks, "elsewhere": version.elsewhere,
        "lists": version.lists, "relocations": True, "inverse": version.lists == 3,
    }


def judge(version):
    """What `lull check` found in a kernel, in one line; and what is wrong, or nothing."""
    found, status = check(version.name)
    if found.get("verdict") != "sound" or status != 0:
        return "", f"{found.get('verdict', 'no verdict')}, exit status {status}: {found.get('error')}"
    unsound = [name for name, table in rows(found).items() if table["verdict"] != "sound"]
    if unsound:
        return "", f"sound, but not {', '.join(unsound)}"
    tables = rows(found)
    line = (f"{os.path.basename(found['file'])}: alternatives {tables['.altinstructions']['records']} of "
            f"{tables['.altinstructions']['record_size']} bytes, direct calls {found['direct_calls']}, paravirtual "
            f"{tables['.parainstructions']['records']}, lock prefixes {found['locks_there']}, elsewhere {found['elsewhere']}, "
            f"relocations in {found['relocations']['lists']} lists")
    differences = [f"{key} is {value} and not {wanted(version)[key]}" for key, value in facts(found).items()
                   if value != wanted(version)[key]]
    return line, "; ".join(differences)


def try_judge(version):
    try:
        return judge(version)
    except kernels.Unavailable as reason:
        return None, str(reason)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [version.name for version in VERSIONS]
    parser.add_argument("kernels", nargs="*", metavar="KERNEL", default=names)
    asked = parser.parse_args().kernels
    for name in asked:
        if name not in names:
            parser.error(f"no row is called {name!r}; there are {', '.join(names)}")
    versions = [version for version in VERSIONS if version.name in asked]
    passed = failed = skipped = 0
    with concurrent.futures.ThreadPoolExecutor(proc.jobs()) as pool:
        for version, (line, complaint) in zip(versions, pool.map(try_judge, versions)):
            if line is None:
                skipped += 1
                print(f"skipped {version.name}: {complaint}", flush=True)
            elif complaint:
                failed += 1
                print(f"FAIL {version.name}: {complaint}", flush=True)
            else:
                passed += 1
                print(f"ok {version.name}: {line}", flush=True)
    print(f"versions: {passed} passed, {failed} failed{f', {skipped} skipped' if skipped else ''}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
