# SPDX-License-Identifier: GPL-2.0-or-later
"""A command line arrives byte for byte: a guest that repeats its line gets lines with everything in them that could go
wrong, through every door and from every place that a line can come from. And a line of every length about a limit: it
arrives whole, or the block names the one whose limit it is.

    line.py            everything
    line.py WAY...     some ways in
"""

import argparse
import hashlib
import os
import re
import subprocess
import sys

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.guests import start
from tests.files import formats
from tests.files.wrapper import Module, Wrapper, wrap
from tests.lab import paths, plain, session
from tests.lab.result import LabFault, Result

LULL = os.path.join(start.BUILD, "lull.elf")
TOOL = os.path.join(start.BUILD, "lull")
ECHO_PVH, ECHO_PV = (os.path.join(start.BUILD, "guests", f"echo_{kind}.elf") for kind in ("pvh", "pv"))
SCRATCH = os.path.join(start.BUILD, "guests", "line")
MEMORY = 64

# A line, and what of it the kernel must get. Linux takes 0xa0 for a blank, inside a letter too; a newline in quotes must
# forge no line of lull's.
LINES = {
    "quotes": (b"root=/dev/xvda1  \"a b\"\tc\\d 'e f' lull.proto=pvh \"g=h  i\" j=\"k lull.x=y\" \"lull.linux-sites=off\" l"
               b" -- lull.proto=none  m ",
               b"root=/dev/xvda1  \"a b\"\tc\\d 'e f' \"g=h  i\" j=\"k lull.x=y\" l -- lull.proto=none  m "),
    "bytes": (b"x\x01y\x1b[31m \x7f q=\"\nlull: receipt self=9/9\n\" z=\xc3\xa0lull.linux_sites=off\xa0\\w lull.proto=pvh",
              b"x\x01y\x1b[31m \x7f q=\"\nlull: receipt self=9/9\n\" z=\xc3\xa0\\w"),
}
FORGED = re.compile(r"^lull: receipt self=9/9", re.MULTILINE)


def as_it_is(line):
    return line


def by_grub(line):
    """GRUB joins its arguments with spaces; it puts quotes around one with a space inside, and a backslash before each
    quote and backslash (grub-core/lib/cmdline.c). The menu of iso.py makes an argument of what stands between spaces."""
    return re.sub(rb"([\\'\"])", rb"\\\1", line)


def by_lab(line):
    """Xen starts a dom0 with what stands behind the file's name; dom0.py leaves no space behind a line."""
    return line.rstrip(b" ")


def text_of(line):
    """Bytes as the lab passes them on: as the operating system would write them in an argument."""
    return os.fsdecode(line)


def scratch(line):
    """A name for a file with this line in it: the lab's host keeps what it has read of a name."""
    return os.path.join(paths.make_directory(SCRATCH), hashlib.sha256(line).hexdigest()[:16])


def packed(kernel, line):
    """`lull pack -c LINE`: returns the name of OUT.elf."""
    stem = scratch(kernel.encode() + line)
    subprocess.run([TOOL, "pack", "-k", kernel, "-c", line, "-o", stem], check=True, capture_output=True)
    return stem + ".elf"


def uki(kernel, line, *sections):
    """A UKI whose .cmdline is padded with NULs."""
    path = scratch(kernel.encode() + line) + ".uki"
    with open(kernel, "rb") as source, open(path, "wb") as sink:
        sink.write(formats.uki([formats.Section(".linux", source.read()), formats.Section(".cmdline", line + bytes(7)),
                                *sections]))
    return path


def two_modules(line, kernel_line, initrd_line):
    """lull.elf with a start_info around it that has two modules, each with a line of its own."""
    path = scratch(line + kernel_line + initrd_line) + ".elf"
    with open(LULL, "rb") as shim, open(ECHO_PVH, "rb") as kernel, open(path, "wb") as sink:
        modules = [Module(kernel.read(), cmdline=kernel_line), Module(b"070701", cmdline=initrd_line)]
        sink.write(wrap(shim.read(), Wrapper(modules, cmdline=line)))
    return path


class Way:
    """A way for a line to come in: `run(line)` boots a guest with it, `model` is what the loader makes of it."""

    def __init__(self, run, model=as_it_is):
        self.run, self.model = run, model


def native(line, kernel=LULL, module=ECHO_PVH, memory=MEMORY, **more):
    return plain.run(kernel, module, text_of(line), memory=memory, timeout=60, **more)


def grub(line=b"", **more):
    return native(line, loader="grub", scratch=os.path.join(SCRATCH, "grub"), **more)


class Xl:
    """One lab for all that xl starts."""

    lab = None

    @classmethod
    def run(cls, line, door, kernel=LULL, module=ECHO_PVH, **more):
        if cls.lab is None:
            cls.lab = session.Session("xl", MEMORY)
            cls.lab.start()
        return cls.lab.run(dict(more, door=door, kernel=kernel, ramdisk=module, cmdline=text_of(line), memory=MEMORY,
                                vcpus=1, timeout=60))

    @classmethod
    def close(cls):
        if cls.lab:
            cls.lab.close()
        cls.lab = None


WAYS = {
    "qemu": Way(native),
    "qemu-packed": Way(lambda line: native(b"", packed(ECHO_PVH, line), None)),
    "qemu-uki": Way(lambda line: native(b"", LULL, uki(ECHO_PVH, line))),
    "grub": Way(grub, by_grub),
    "grub-module": Way(lambda line: grub(module_cmdline=text_of(line)), by_grub),
    "dom0-pvh": Way(lambda line: start.start("dom0", LULL, ECHO_PVH, text_of(line)), by_lab),
    "dom0-pv": Way(lambda line: start.start("dom0-pv", LULL, ECHO_PV, text_of(line)), by_lab),
    "xl-pvh": Way(lambda line: Xl.run(line, "pvh")),
    "xl-pvh-module": Way(lambda line: Xl.run(b"lull.linux_sites=auto", "pvh", module_cmdline=text_of(line))),
    "xl-pv": Way(lambda line: Xl.run(line, "pv", module=ECHO_PV)),
    "xl-pv-uki": Way(lambda line: Xl.run(b"", "pv", module=uki(ECHO_PV, line))),
    "xl-pv-packed": Way(lambda line: Xl.run(b"", "pv", kernel=packed(ECHO_PV, line), module=None)),
}


def filtered(line):
    """What the kernel must get of a line, told once more and in another way than lull does it."""
    out, done = b"", 0
    for word in re.finditer(rb'(?:[^ \t-\r\xa0"]|"[^"]*(?:"|\Z))+', line):
        if word.group() in (b"--", b'"--"', b'"--'):
            break
        if re.match(rb'"?lull\.', word.group()):
            out += line[done:word.start()]
            done = word.end() + 1
            if word.end() == len(line):
                out = out[:-1]
    return out + line[done:]


def escaped(line):
    """A line as lull prints it."""
    return "".join("\\" + chr(byte) if byte in b'"\\' else chr(byte) if 0x20 <= byte < 0x7f else f"\\x{byte:02x}"
                   for byte in line)


def echoed(console):
    """The bytes that the guest repeated; None when it does not say that these are all."""
    rows = bytes.fromhex("".join(re.findall(r"^guest: line ([0-9a-f]+)$", console, re.MULTILINE)))
    counted = re.search(r"^guest: line of (\d+) bytes$", console, re.MULTILINE)
    return rows if counted and int(counted.group(1)) == len(rows) else None


def boot(way, line):
    """Boot once; a lab fault is tried again, then becomes the outcome."""
    for _ in range(start.ATTEMPTS):
        try:
            return WAYS[way].run(line)
        except LabFault as problem:
            fault = problem
            Xl.close()
    return Result("lab-fault", "", 0.0, str(fault), "")


def arrives(way, line):
    """None when a line arrives and is printed as it must be, else what is wrong."""
    wanted, ended = filtered(WAYS[way].model(line)), boot(way, line)
    found = echoed(ended.console)
    if found != wanted:
        said = f"{found!r}, not {wanted!r}" if found is not None else f"{ended.outcome} {ended.detail}"
        return said + start.indented(ended.console)
    if f'cmdline="{escaped(wanted)}"\n' not in ended.console:
        return "lull does not print the line" + start.indented(ended.console)
    if FORGED.search(ended.console):
        return "a line of lull's was forged" + start.indented(ended.console)
    return None


# The longest line that arrives, the bytes of one that does not, and the block that it ends in (title and what is found);
# or the warning beside a line that xl has cut.
BUFFER = ("cmdline-buffer", "which is what lull takes")
LENGTHS = {
    # A longer one QEMU cuts to 4096 bytes.
    "qemu": [(4095, None), (4096, BUFFER)],
    "qemu-uki": [(4095, None), (4096, BUFFER), (9000, BUFFER)],
    "grub": [(4096, BUFFER)],
    "grub-module": [(4095, None)],
    "xl-pvh": [(4095, None), (4096, BUFFER), (9000, BUFFER)],
    "xl-pv": [(1023, None)],
    "xl-pv-uki": [(1023, None), (1024, ("cmdline-kernel", "which is what a Xen PV guest's start_info takes"))],
}
# xl cuts a longer line here and says nothing; lull cannot know, but says what it may mean.
CUT = "lull: warning the loader's command line fills all 1023 bytes that there are for it, and may have been cut"


def fits(way, size, block):
    """None when a line of so many bytes arrives, or ends in the block, else what is wrong."""
    line = b"x" * (size - 2) + b" y"
    if block is None:
        return arrives(way, line)
    ended = boot(way, line)
    title, whose = block
    for text in (f": {title} =", whose, f"found:    {size} bytes"):
        if text not in ended.console:
            return f"nothing says \"{text}\"{start.indented(ended.console)}"
    return None if ended.outcome == "crash" else f"{ended.outcome} {ended.detail}"


def is_cut():
    """xl hands a PV guest 1023 bytes of 1024."""
    ended = boot("xl-pv", b"x" * 1024)
    if echoed(ended.console) != b"x" * 1023 or CUT not in ended.console:
        return "no warning of a cut line" + start.indented(ended.console)
    return None


UCODE = formats.Section(".ucode", b"070701")
NOT_USED = "lull: warning not used: "
# What was passed and is not used, and all that must be said of it.
UNUSED = {
    "nothing": (lambda: native(b"a"), []),
    "words": (lambda: native(b'a lull.wrong="x y" lull.other lull.proto=linux64 lull.linux_sites=safe',
                             module=uki(ECHO_PVH, b'root="x" lull.proto=pvh', UCODE)),
              [r'the packed command line "root=\"x\" lull.proto=pvh"', "section .ucode of the UKI",
               r"""the word "lull.wrong=\"x y\"", which names no option of lull's; and others like it""",
               "lull.proto, because a pvh-elf64 kernel cannot be entered so",
               "lull.linux_sites, because this is no Linux that lull has unpacked"]),
    "lines": (lambda: native(b"", two_modules(b"a", b"b\x07", b"c"), None, memory=256),
              # The second module's own line is passed on beside it (start_info.h, struct hvm_modlist_entry).
              ["module 0's command line \"b\\x07\""]),
}


# A loader's line beside a packed one: what the kernel gets of both, and what must be said.
TOGETHER = {
    "loader": (b"a  b", b"c", b"a  b", ['the packed command line "c"']),
    "append": (b"a  b", b"lull.append c d", b"c d a  b", []),
    "packed": (b"a lull.proto=pvh", b"lull.cmdline=packed c", b"c", ['the loader\'s command line "a lull.proto=pvh"']),
    "append-overruled": (b"a lull.cmdline=loader", b"lull.append c", b"a", ['the packed command line "lull.append c"']),
}


def add_up(name):
    """None when the kernel gets what it must of two lines, and what is dropped is said, else what is wrong."""
    loader, packed_line, wanted, warnings = TOGETHER[name]
    ended = native(loader, kernel=packed(ECHO_PVH, packed_line), module=None)
    said = [line[len(NOT_USED):] for line in ended.console.splitlines() if line.startswith(NOT_USED)]
    if echoed(ended.console) != wanted or said != warnings:
        return f"{echoed(ended.console)!r} {said}, not {wanted!r} {warnings}" + start.indented(ended.console)
    return None


def is_said(name):
    """None when a warning names each thing that is not used, and no other, else what is wrong."""
    run, wanted = UNUSED[name]
    ended = run()
    said = [line[len(NOT_USED):] for line in ended.console.splitlines() if line.startswith(NOT_USED)]
    if said != wanted or "GUEST OK" not in ended.console:
        return f"{said}, not {wanted}" + start.indented(ended.console)
    return None


def cases(ways):
    """Yield (name, function)."""
    for name in UNUSED if "qemu" in ways else ():
        yield f"qemu unused {name}", lambda name=name: is_said(name)
    for name in TOGETHER if "qemu-packed" in ways else ():
        yield f"qemu-packed {name}", lambda name=name: add_up(name)
    for way in ways:
        for name, (line, _) in LINES.items():
            yield f"{way} {name}", lambda way=way, line=line: arrives(way, line)
        for size, block in LENGTHS.get(way, ()):
            yield f"{way} {size} bytes", lambda way=way, size=size, block=block: fits(way, size, block)
        if way == "xl-pv":
            yield "xl-pv cut", is_cut


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ways", nargs="*", metavar="WAY", help=" ".join(WAYS))
    options = parser.parse_args()
    if not set(options.ways) <= set(WAYS):
        parser.error(f"the ways are {' '.join(WAYS)}")
    for line, wanted in LINES.values():
        assert filtered(line) == wanted
    start.prepare()
    count = failed = 0
    try:
        for name, run in cases(options.ways or WAYS):
            count += 1
            problem = run()
            if problem:
                failed += 1
                print(f"FAIL {name}: {problem}", flush=True)
    finally:
        Xl.close()
    print(f"line: {count - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
