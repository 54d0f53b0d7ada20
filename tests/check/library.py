#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""liblull.a as a kernel author meets it: its headers declare only what it has, it asks for nothing but what lull-sites(7) lists,
and it links at either end of the address space.

    library.py [ARCHIVE]     the seeded offences first, then the archive
"""

import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEADERS = sorted(path.relative_to(ROOT).as_posix() for folder in ("pv/engine", "pv/engine/x86")
                 for path in (ROOT / folder).glob("*.h"))
# What a kernel supplies: the verb for our own mistakes, and what gcc calls by itself.
KERNEL_HAS = {"check_failed", "memcpy", "memset", "memcmp", "__stack_chk_fail", "__stack_chk_guard"}
DECLARED = re.compile(r"^/\* ([^:]+):\d+:\w* \*/ extern .*?(\w+) \(", re.M)
# Absolute addresses of 32 bits that are extended by zeros: right below 4 GiB only.
LOW_ONLY = {"R_X86_64_32", "R_X86_64_16", "R_X86_64_8"}


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout


def symbols(archive):
    """The functions and data that an archive's objects define for others, and those that none of them does."""
    words = [line.split() for line in run("nm", "-g", archive).splitlines()]
    defined = {line[2] for line in words if len(line) == 3}
    return defined, {line[1] for line in words if len(line) == 2 and line[0] == "U"} - defined


def declared(headers, scratch):
    """{function: header} of the functions that headers of this tree declare, those that they include among them."""
    source, found = pathlib.Path(scratch, "all.c"), pathlib.Path(scratch, "all.x")
    source.write_text("".join(f'#include "{header}"\n' for header in headers))
    run("gcc", "-std=gnu11", "-ffreestanding", "-fsyntax-only", "-aux-info", str(found), f"-I{ROOT}", f"-I{ROOT}/include",
        str(source))
    return {name: path for path, name in DECLARED.findall(found.read_text()) if not path.startswith("/usr/")}


def offences(archive, headers=tuple(f"{ROOT}/{name}" for name in HEADERS)):
    defined, undefined = symbols(archive)
    with tempfile.TemporaryDirectory() as scratch:
        for name, path in sorted(declared(headers, scratch).items()):
            if name not in defined | KERNEL_HAS:
                yield f"{path} declares {name}(), which the archive does not have"
    for name in sorted(undefined - KERNEL_HAS):
        yield f"the archive needs {name}, which no kernel was told to supply"
    section = ""
    for line in run("readelf", "-rW", archive).splitlines():
        words = line.split()
        section = line.split("'")[1] if line.startswith("Relocation section") else section
        if len(words) > 2 and words[2] in LOW_ONLY and ".debug" not in section:
            yield f"{section}: {words[2]} at {words[0]}, which links below 4 GiB only"


# Each makes one offence of an archive: code, a header, the flags.
SEEDED = {
    "needs": ("void f(void); void g(void); void f(void) { g(); }", "", "kernel", "needs g"),
    "declares": ("void f(void); void f(void) {}", "void h(void);", "kernel", "declares h"),
    "low": ("extern char a[]; unsigned f(void); unsigned f(void) { return (unsigned)(unsigned long)a + 1; } char a[1];", "",
            "small", "R_X86_64_32"),
}


def self_test():
    failed = 0
    for name, (code, header, model, wanted) in SEEDED.items():
        with tempfile.TemporaryDirectory() as scratch:
            base = pathlib.Path(scratch, name)
            base.with_suffix(".c").write_text(code)
            base.with_suffix(".h").write_text(header)
            run("gcc", "-O1", "-fno-pic", "-ffreestanding", f"-mcmodel={model}", "-c", f"{base}.c", "-o", f"{base}.o")
            run("ar", "rcs", f"{base}.a", f"{base}.o")
            found = list(offences(f"{base}.a", (f"{base}.h",)))
        if len(found) != 1 or wanted not in found[0]:
            failed += 1
            print(f"library: of the seeded offence \"{name}\" was found: {found}")
    return len(SEEDED) - failed, failed


def main(arguments):
    passed, failed = self_test()
    found = list(offences(arguments[0] if arguments else f"{ROOT}/build/liblull.a"))
    print("".join(f"library: {line}\n" for line in found), end="")
    print(f"library: {passed + (not found)} passed, {failed + bool(found)} failed")
    return 1 if failed or found else 0


if __name__ == "__main__":
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__.strip())
        sys.exit(0)
    sys.exit(main(sys.argv[1:]))
