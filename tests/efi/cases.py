# SPDX-License-Identifier: GPL-2.0-or-later
"""The images that run.py starts, each with what must come of it."""

import collections
import os
import re
import struct
import subprocess

from tests.files import picture
from tests.files.cpio import cpio
from tests.lab import paths, uefi

LULL = os.path.join(paths.BUILD, "lull")
STUB = os.path.join(paths.BUILD, "lull.efi")
KERNEL = os.path.join(paths.BUILD, "efi", "kernel.efi")
ELF_KERNEL = os.path.join(paths.BUILD, "guests", "pvh_look64.elf")

# An archive, without which lull pack takes it for none; what follows it is padded.
MICROCODE = cpio() + bytes(1)
# LOAD: what LoadImage() returns, as a regular expression of its hexadecimal digits; "" for either.
Case = collections.namedtuple("Case", "name files expect reject errors load", defaults=((), (), (), "0"))

STARTED = r"^lull: handover entry=0x\w+ proto=efi kaslr=own$"
SELF = r"^lull: receipt self=(\d+)/\1 payload=0/0 windows=1 masked_ns=(?:\d+|unknown) held=1 delivered=1 " \
       r"text=verified shim_ns=(?:unknown steps_ticks|\d+ steps_ns)=wake:\d+,self:\d+\S* masked_ticks=\d+ shim_ticks=\d+ left=efi-stub$"
DOOR = r"^lull \S+ door=uefi backend=native cpus=1$"
RETURNED = "efi-returned"
ABORTED = r"^launcher: start=0x8000000000000015$"
LOAD_ERROR = r"^launcher: start=0x8000000000000001$"


def fnv(data):
    """The sum of kernel.c."""
    value = 0xcbf29ce484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001b3 & 0xffffffffffffffff
    return value


def padded(*parts):
    """Parts of an initrd, each at a multiple of 4."""
    data = b""
    for part in parts:
        data += bytes(-len(data) % 4) + part
    return data


def initrd_line(*parts):
    data = padded(*parts)
    return rf"^kernel: initrd policy=8000000000000003 small=8000000000000005 size={len(data):x} status=0 sum={fnv(data):x}$"


def options_line(text):
    escaped = "".join(c if " " <= c < "\x7f" else "".join(f"\\x{unit:x}" for unit in struct.unpack("<%dH" % (
        len(c.encode("utf-16-le")) // 2), c.encode("utf-16-le"))) for c in text)
    return "^kernel: options " + re.escape(f'"{escaped}\\x0"') + " interrupts=1$"


class Maker:
    """Makes files in a folder."""

    def __init__(self, directory):
        self.directory = paths.make_directory(directory)
        self.count = 0

    def file(self, data):
        self.count += 1
        name = os.path.join(self.directory, f"{self.count}")
        with open(name, "wb") as output:
            output.write(data)
        return name

    def pack(self, *options, kernel=KERNEL):
        """A UKI by lull pack."""
        self.count += 1
        out = os.path.join(self.directory, f"packed{self.count}")
        done = subprocess.run([LULL, "pack", "-k", kernel, *options, "-o", out], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise AssertionError(f"lull pack failed: {done.stdout}")
        return out + ".efi"

    def sections(self, name, *groups):
        """A PE file with more sections at its end."""
        pe = Pe(name)
        data, count = bytearray(pe.data), pe.number(pe.coff + 6, 2)
        address = max(pe.number(at + 12, 4) + pe.number(at + 8, 4) for at in pe.sections.values())
        for section, content in (item for group in groups for item in group.items()):
            address = -(-address // 4096) * 4096
            data += bytes(-len(data) % 512)
            header = pe.table + 40 * count
            data[header:header + 40] = struct.pack("<8sIIII12sI", section.encode(), len(content), address,
                                                   -(-len(content) // 512) * 512, len(data), bytes(12), 0x40000040)
            data += content + bytes(-len(content) % 512)
            address, count = address + len(content), count + 1
        struct.pack_into("<H", data, pe.coff + 6, count)
        struct.pack_into("<I", data, pe.optional + 56, -(-address // 4096) * 4096)
        return self.file(bytes(data))

    def signed(self, name, key):
        self.count += 1
        out = os.path.join(self.directory, f"signed{self.count}")
        uefi.sign_by(key, name, out)
        return out

    def changed(self, name, *changes):
        """A copy of a file with other bytes at some offsets."""
        with open(name, "rb") as source:
            data = bytearray(source.read())
        for offset, value, size in changes:
            data[offset:offset + size] = (value % (1 << 8 * size)).to_bytes(size, "little")
        return self.file(bytes(data))


class Pe:
    """Where the fields of a PE file are."""

    def __init__(self, name):
        with open(name, "rb") as source:
            self.data = source.read()
        self.coff = self.number(0x3c, 4)
        self.optional = self.coff + 24
        self.table = self.optional + self.number(self.coff + 20, 2)
        self.sections = {self.data[at:at + 8].rstrip(b"\0").decode(): at
                         for at in range(self.table, self.table + 40 * self.number(self.coff + 6, 2), 40)}

    def number(self, offset, size):
        return int.from_bytes(self.data[offset:offset + size], "little")


def utf16(text):
    return text.encode("utf-16-le")


def good(make):
    """What the kernel is given."""
    small, ucode = make.file(b"initrd bytes"), make.file(MICROCODE)
    plain = make.pack("-c", "root=/dev/x quiet lull.linux_sites=off", "-i", small)
    common = (DOOR, SELF, STARTED, ABORTED, r'^lull: payload linux-bzimage 6\.0-lull initrd=\d+ cmdline=')
    yield Case("plain", {"efi": plain}, (*common, options_line("root=/dev/x quiet"), initrd_line(b"initrd bytes")),
               ("^tpm:",), (RETURNED,))
    bare = make.pack()
    yield Case("bare", {"efi": bare}, (*common, options_line(""), "^kernel: no initrd$"), (), (RETURNED,))
    yield Case("bare-earlier-initrd", {"efi": bare, "ini": make.file(b"of before")},
               (*common, r"size=9 status=0 sum=%x" % fnv(b"of before")), (), (RETURNED,))
    yield Case("earlier-initrd", {"efi": plain, "ini": make.file(b"of before")},
               (*common, initrd_line(b"initrd bytes", b"of before")), (), (RETURNED,))
    both = make.pack("-i", small, "--ucode", ucode)
    yield Case("ucode", {"efi": both}, (*common, initrd_line(MICROCODE, b"initrd bytes")), ("warning",), (RETURNED,))
    only = make.pack("--ucode", ucode)
    yield Case("ucode-earlier-initrd", {"efi": only, "ini": make.file(b"of before")},
               (*common, initrd_line(MICROCODE, b"of before")), (), (RETURNED,))
    accents = make.pack("-c", "name=größe 𝛑")
    yield Case("utf8-cmdline", {"efi": accents}, (*common, options_line("name=größe 𝛑")), (), (RETURNED,))
    yield from load_options(make, plain, bare, common)
    yield from profiles(make, common)
    yield from measured(make, plain, common)
    yield from absent_tpm(make, plain, common)
    yield from addons(make, common)
    yield from splash(make, common)


def splash(make, common):
    """A picture, on a machine without a screen (screen.py has one)."""
    packed = make.pack("--splash", make.file(picture.bmp(3, 2, lambda x, y: (x, y, 0))))
    yield Case("splash", {"efi": packed, "tpm": make.file(b"")},
               (*common, options_line(""), r'^tpm: pcr=0xb .* event "\.splash\\x0"$', r'^tpm: pcr=0xb .* size=0x4e event "\.splash\\x0"$'),
               ("warning",), (RETURNED,))
    yield Case("splash-unsound", {"efi": make.sections(make.pack(), {".splash": b"BM, and no more"})},
               (*common, options_line(""), r"^lull: warning not used: section \.splash of the UKI: efi-picture: expected a whole BMP of .*; "
                "found a header that ends at byte 14$"), (r"(?s)warning.*warning",), (RETURNED,))


def profiles(make, common):
    """A UKI with profiles, as ukify and objcopy make them: the load options choose one, by the word of boot menus or by lull's."""
    packed = make.sections(make.pack(), {".cmdline": b"base"}, {".profile": b"ID=a"}, {".cmdline": b"first"},
                           {".profile": b"ID=b"}, {".cmdline": b"second", ".osrel": b"ID=osb"})
    for name, options, line in (("none", None, "first"), ("0", "@0", "first"), ("1", "@1", "second"), ("1-nul", "@1\0x", "second"),
                                ("1-line", "@1 a=1", "a=1"), ("word", "lull.profile=1", "second"), ("no-number", "@x", "@x"),
                                ("append", "@1 lull.append b=1", "second b=1")):
        yield Case(f"profile-{name}", {"efi": packed, **({"opt": make.file(utf16(options))} if options else {})},
                   (*common, options_line(line)), (), (RETURNED,))
    yield Case("profile-measured", {"efi": packed, "opt": make.file(utf16("@1")), "tpm": make.file(b"")},
               (*common, options_line("second"), *(rf'^tpm: pcr=0xb .* event "\{name}\\x0"$' for name in (".profile", ".cmdline")),
                                    r'^tpm: .* size=0x6 event "\.cmdline\\x0"$'), (r'^tpm: .* size=0x5 event "\.cmdline',), (RETURNED,))
    # What is signed counts alone, and which of its profiles is not a matter of the line.
    dropped = "^lull: warning not used: the load options, because Secure Boot is on and the packed command line is signed$"
    for name, options, line, warned in (("none", None, "first", False), ("1", "@1", "second", False), ("1-line", "@1 a=1", "second", True),
                                        ("word", "a=1 lull.profile=1", "second", True), ("line", "a=1", "first", True)):
        yield Case(f"profile-secure-{name}", {"efi": packed, "sec": make.file(b""), **({"opt": make.file(utf16(options))} if options else {})},
                   (*common, options_line(line), *((dropped,) if warned else ())), () if warned else ("not used",), (RETURNED,))
    for name, options, error in (("absent", "@2", "uki-profile"), ("wrong", "lull.profile=b", "cmdline-profile")):
        yield Case(f"profile-{name}", {"efi": packed, "opt": make.file(utf16(options))}, (DOOR, LOAD_ERROR), (STARTED,), (error,))


def addons(make, common):
    """Add-ons beside the image, in the order of their names."""
    small, ucode = make.file(b"initrd bytes"), make.file(MICROCODE)
    packed, everything = make.pack("-c", "base"), make.pack("-c", "base", "-i", small, "--ucode", ucode)
    one, two = make.sections(STUB, {".cmdline": b"one=1"}), make.sections(STUB, {".cmdline": b"two=2 lull.nothing\0x"})
    # lull pack says of which release its kernel is.
    fits, other = (make.sections(STUB, {".cmdline": b"a=1", ".uname": uname}) for uname in (b"6.0-lull", b"6.0-lullaby"))
    device = {"dev": make.file(b"")}

    def case(name, line, expect=(), reject=("warning",), image=packed, options=None, **files):
        given = {f"efi.extra.d/{key.replace('_', '.')}": value for key, value in files.items() if value}
        return Case(f"addon-{name}", {"efi": image, **device, **given, **({"opt": make.file(utf16(options))} if options else {})},
                    (*common, options_line(line), *expect), reject, (RETURNED,))
    unknown = '^lull: warning not used: the word "lull.nothing", which names no option'
    yield case("one", "base one=1", b_addon_efi=one)
    yield case("two", "base two=2 one=1", (unknown,), (), b_addon_efi=one, a_ADDON_efi=two)
    yield case("options", "x=1 one=1", (r'^lull: warning not used: the packed command line "base"$',), (), options="x=1", a_addon_efi=one)
    yield case("names", "base", a_efi=one, a_addon_efix=one, addon_efi=one)
    yield case("release", "base a=1", (r"^lull: warning not used: the add-on o\.addon\.efi, because it is for a kernel of another release$",), (),
               f_addon_efi=fits, o_addon_efi=other)
    # The directory is named without the starts that are left; what counts none, it is named with.
    for name, tries, line in (("tries", b"+3-1", "base one=1"), ("tries-none", b"+x", "base")):
        yield Case(f"addon-{name}", {"efi": packed, "dev": make.file(tries), "efi.extra.d/a.addon.efi": one},
                   (*common, options_line(line)), ("warning",), (RETURNED,))
    nothing = make.sections(STUB, {".uname": b"6.0-lull"})
    yield case("nothing", "base", (r"^lull: warning not used: the add-on a\.addon\.efi, because it has nothing that is used$",), (),
               a_addon_efi=nothing)
    yield case("uki", "base", (r"^lull: warning not used: the add-on a\.addon\.efi, because it is a UKI$",), (), a_addon_efi=packed)
    yield case("no-pe", "base one=1",
               (r"^lull: warning not used: the add-on a\.addon\.efi, because firmware does not load it, with status 0x8\w+$",
                r"^lull: warning not used: the add-on b\.addon\.efi, because it cannot be read$"), (),
               a_addon_efi=make.file(b"text" * 100), b_addon_efi=make.file(b""), c_addon_efi=one)
    many = {f"{number:02}_addon_efi": make.sections(STUB, {".cmdline": b"n=%d" % number}) for number in range(17)}
    yield case("many", "base " + " ".join(f"n={number}" for number in range(16)),
               ("^lull: warning not used: 1 add-ons, because there is room for 16$",), (), **many)
    parts = {f"{letter}_addon_efi": make.sections(STUB, {".ucode": f"u-{letter}".encode(), ".initrd": f"i-{letter}".encode()})
             for letter in "ab"}
    yield case("parts", "base", (initrd_line(b"u-b", b"u-a", MICROCODE, b"initrd bytes", b"i-a", b"i-b"),), image=everything, **parts)
    yield Case("addon-measured", {"efi": packed, **device, "efi.extra.d/a.addon.efi": one, "tpm": make.file(b"")},
               (*common, options_line("base one=1"), r'^tpm: pcr=0xc .* size=0x9 event "\.cmdline\\x0"$',
                r'^tpm: pcr=0xc .* size=0x5 event "\.cmdline\\x0"$'), (), (RETURNED,))
    yield Case("addon-of-no-file", {"efi": packed, "efi.extra.d/a.addon.efi": one}, (*common, options_line("base")), ("warning",), (RETURNED,))


def load_options(make, plain, bare, common):
    """LoadOptions, good and bad, beside a packed line and without one."""
    entry = struct.pack("<IH", 1, 4) + utf16("name\0") + bytes((0x7f, 0xff, 4, 0))
    for name, data, line in (
            ("terminated", utf16("a=1 b\0garbage"), "a=1 b"), ("unterminated", utf16("a=1 b"), "a=1 b"),
            ("tab", utf16("a\tb\0"), "a\tb"), ("wide", utf16("a=ö𝛑€\0"), "a=ö𝛑€"),
            ("whole-entry", entry + utf16("a=1\0"), "a=1"), ("own-words", utf16("lull.linux_sites=off a=1\0"), "a=1")):
        for image, packed in (("plain", plain), ("bare", bare)):
            yield Case(f"options-{name}-{image}", {"efi": packed, "opt": make.file(data)},
                       (*common, options_line(line)), ("warning not used: the load options",), (RETURNED,))
    for name, data in (("none", b""), ("nul", utf16("\0")), ("blanks", utf16("  \0")), ("whole-entry-alone", entry)):
        yield Case(f"options-{name}", {"efi": plain, "opt": make.file(data)},
                   (*common, options_line("root=/dev/x quiet")), ("not used: the load options",), (RETURNED,))
    for name, data in (("binary", bytes(range(1, 60))), ("odd", utf16("a=1") + b"x"), ("half-pair", utf16("a") + b"\0\xd8"),
                       ("low-surrogate", b"\0\xdcx\0"), ("newline", utf16("a\nb\0")),
                       ("entry-cut", struct.pack("<IH", 1, 400) + utf16("name\0"))):
        yield Case(f"options-{name}-plain", {"efi": plain, "opt": make.file(data)},
                   (*common, options_line("root=/dev/x quiet"), "^lull: warning not used: the load options, because they are no text"),
                   (), (RETURNED,))
        yield Case(f"options-{name}-bare", {"efi": bare, "opt": make.file(data)}, (DOOR, LOAD_ERROR), (STARTED,),
                   ("efi-load-options",))
    yield Case("options-long", {"efi": bare, "opt": make.file(utf16("x" * 5000))}, (DOOR, LOAD_ERROR), (STARTED,),
               ("cmdline-buffer",))
    yield Case("options-too-long-for-kernel", {"efi": bare, "opt": make.file(utf16("x" * 3000))}, (DOOR, LOAD_ERROR), (STARTED,),
               ("cmdline-kernel",))
    for name, data, line in (("word", "lull.efi a=1", "a=1"), ("quoted", '"fs0:\\a b\\lull.efi" a="1 2"', 'a="1 2"'),
                             ("alone", "lull.efi", "root=/dev/x quiet")):
        yield Case(f"shell-{name}", {"efi": plain, "opt": make.file(utf16(data + "\0")), "shl": make.file(b"")},
                   (*common, options_line(line)), (), (RETURNED,))


def measured(make, plain, common):
    """A TPM is told of each section, its name and its bytes."""
    expect = [rf'^tpm: pcr=0xb type=0xd header=0xe size=0x\w+ event "\{name}\\x0"$'
              for name in (".linux", ".osrel", ".cmdline", ".initrd", ".uname", ".sbat")]
    yield Case("tpm", {"efi": plain, "tpm": make.file(b"")}, (*common, *expect, "size=0xc event .\\.initrd"),
               ("warning not measured",), (RETURNED,))
    yield Case("tpm-fails", {"efi": plain, "tpm": make.file(b"f")},
               (*common, "^lull: warning not measured: the TPM refused, with status 0x8000000000000007$"), ("^tpm: pcr=0xb",), (RETURNED,))


def absent_tpm(make, plain, common):
    """Firmware has the protocol, and no TPM."""
    yield Case("tpm-absent", {"efi": plain, "tpm": make.file(b"a")}, common, ("^tpm:", "warning"), (RETURNED,))


def bad(make):
    """Errors of lull's own."""
    packed = make.pack("-c", "quiet", "-i", make.file(b"initrd"))
    pe = Pe(packed)
    at = pe.sections
    yield Case("no-linux", {"efi": STUB}, (DOOR, LOAD_ERROR), (STARTED,), ("uki-no-linux",))
    yield Case("linux-named-otherwise", {"efi": make.changed(packed, (at[".linux"] + 1, ord("x"), 1))}, (LOAD_ERROR,), (STARTED,),
               ("uki-no-linux",))
    yield Case("linux-empty", {"efi": make.changed(packed, (at[".linux"] + 8, 0, 4), (at[".linux"] + 16, 0, 4))}, (LOAD_ERROR,),
               (STARTED,), ("uki-no-linux",))
    yield Case("twice", {"efi": make.changed(packed, (at[".initrd"], int.from_bytes(b".cmdline", "little"), 8))}, (LOAD_ERROR,),
               (STARTED,), ("pe-section-twice",))
    start = pe.number(at[".cmdline"] + 12, 4)
    yield Case("overlap", {"efi": make.changed(packed, (at[".initrd"] + 12, start, 4))}, (), (STARTED,), ("pe-section-overlap",), "0")
    kernel = pe.number(at[".linux"] + 20, 4)
    # Without a stub it is the shim's to start, which needs its place.
    for name, image in (("no-stub", make.changed(packed, (kernel, 0xea, 1))), ("elf", make.pack(kernel=ELF_KERNEL)),
                        ("other-entry", make.pack("-c", "lull.proto=linux64"))):
        yield Case(f"{name}-no-place", {"efi": image, "mem": make.file(b""), "tpm": make.file(b"")},
                   (r"^launcher: start=0x800000000000000e$", r'^tpm: pcr=0xb .* event "\.linux\\x0"$'), ("^lull 0",), ("efi-place",))
    yield Case("no-pe-header", {"efi": make.changed(packed, (kernel + 0x40, 0, 4))}, (LOAD_ERROR,),
               (STARTED,), ("pe-field",))
    yield Case("other-machine", {"efi": make.changed(packed, (kernel + 0x44, 0x14c, 2))}, (LOAD_ERROR,),
               (STARTED,), ("pe-field",))
    # SizeOfImage: what firmware does not take, it says itself.
    yield Case("inner-image-size", {"efi": make.changed(packed, (kernel + 0x58 + 56, 0x1000, 4))},
               (r"^launcher: start=0x8000000000000003$",), (STARTED,), ("efi-service",))
    yield Case("no-hdrs", {"efi": make.changed(packed, (kernel + 0x202, 0, 4))}, (LOAD_ERROR,), (STARTED,), ("payload-unknown",))
    line = pe.number(at[".cmdline"] + 20, 4)
    yield Case("not-utf8", {"efi": make.changed(packed, (line, 0xff, 1))}, (LOAD_ERROR,), (STARTED,), ("efi-cmdline-utf8",))


def broken_shim(make):
    """A kernel that lull.elf is to start, beside a lull.elf that does not unpack."""
    packed = make.pack(kernel=ELF_KERNEL)
    pe = Pe(packed)
    shim = pe.sections[".shim"]
    size, start = pe.number(shim + 8, 4), pe.number(shim + 20, 4)
    # A bit of the data may make it longer or shorter, as this build has it; one of the checksum is always just wrong.
    checksum = start + size - 8
    for name, change, errors in (("bit", (checksum, pe.number(checksum, 1) ^ 1, 1), ("unpack-broken",)),
                                 ("longer", (start + size - 4, pe.number(start + size - 4, 4) - 1, 4), ("unpack-long",)),
                                 ("renamed", (shim + 1, ord("x"), 1), ("efi-service",))):
        yield Case(f"shim-{name}", {"efi": make.changed(packed, change)}, (), ("^lull 0",), errors)


def headers(make):
    """Each field of the headers that firmware reads, off by one: it refuses the image, or lull starts its kernel."""
    packed = make.pack("-c", "quiet")
    pe = Pe(packed)
    fields = {"sections": (pe.coff + 6, 2), "optional-size": (pe.coff + 20, 2), "characteristics": (pe.coff + 22, 2),
              "magic": (pe.optional, 2), "code-size": (pe.optional + 4, 4), "data-size": (pe.optional + 8, 4),
              "image-base": (pe.optional + 24, 8), "section-alignment": (pe.optional + 32, 4),
              "file-alignment": (pe.optional + 36, 4), "image-size": (pe.optional + 56, 4), "headers-size": (pe.optional + 60, 4),
              "checksum": (pe.optional + 64, 4), "subsystem": (pe.optional + 68, 2), "dll": (pe.optional + 70, 2),
              "directories": (pe.optional + 108, 4)}
    for name in (".rodata", ".data", ".linux"):
        for field, offset in (("size", 8), ("address", 12), ("raw-size", 16), ("raw-offset", 20)):
            fields[f"{name[1:]}-{field}"] = (pe.sections[name] + offset, 4)
    # An image whose own data lies elsewhere than it was linked at cannot say anything any more.
    left_out = {"rodata-address", "data-address", "rodata-raw-offset", "data-raw-offset", "rodata-size"}
    for name, (offset, size) in fields.items():
        for difference in (-1, 1):
            if name in left_out:
                continue
            changed = make.changed(packed, (offset, pe.number(offset, size) + difference, size))
            yield Case(f"header-{name}{difference:+}", {"efi": changed}, (), (), None, "")


def make(directory):
    maker = Maker(directory)
    return [*good(maker), *bad(maker), *broken_shim(maker), *headers(maker)]
