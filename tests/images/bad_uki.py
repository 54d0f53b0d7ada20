# SPDX-License-Identifier: GPL-2.0-or-later
"""Broken UKIs."""

from tests.files.formats import COFF_SIZE, DOS_SIZE, OPTIONAL_SIZE, SECTION_SIZE, Section, bzimage, pvh_kernel, uki
from tests.files.wrapper import Module, Wrapper

TABLE = DOS_SIZE + COFF_SIZE + OPTIONAL_SIZE


def sections(**lies):
    """The three sections of an ordinary UKI; `lies` are those of .linux."""
    return [Section(".linux", pvh_kernel(), **lies), Section(".initrd", b"initrd" * 300),
            Section(".cmdline", b"console=hvc0\0")]


def truncated(images):
    """Cut at every header's start, middle and end."""
    whole = uki(sections())
    for name, size in (
            ("dos-signature", 2), ("dos-middle", 0x20), ("dos-pe-offset", DOS_SIZE - 4), ("dos-end", DOS_SIZE),
            ("pe-signature", DOS_SIZE + 4), ("coff-middle", DOS_SIZE + 14), ("coff-end", DOS_SIZE + COFF_SIZE),
            ("optional-magic", DOS_SIZE + COFF_SIZE + 1), ("optional-middle", DOS_SIZE + COFF_SIZE + OPTIONAL_SIZE // 2),
            ("table", TABLE), ("table-middle", TABLE + SECTION_SIZE // 2), ("table-first", TABLE + SECTION_SIZE),
            ("table-last", TABLE + 3 * SECTION_SIZE - 1)):
        images.module(f"uki-cut-{name}", whole[:size], "pe-truncated")
    images.module("uki-cut-first-section", whole[:0x200], "pe-section-end", ("dom0", "native"))
    images.module("uki-cut-last-byte", whole[:-1], "pe-section-end")


def headers(images):
    for name, lies, expect in (
            ("signature", {"signature": b"PE\0\1"}, "pe-field"),
            ("offset-far", {"pe_offset": 0xfffffff0}, "pe-truncated"),
            ("offset-zero", {"pe_offset": 0}, "pe-field"),
            ("machine", {"machine": 0x14c}, "pe-field"),
            ("pe32", {"optional_magic": 0x10b}, "pe-field"),
            ("count-97", {"count": 97}, "pe-section-count"),
            ("count-65535", {"count": 65535}, "pe-section-count"),
            ("count-0", {"count": 0}, "uki-no-linux"),
            ("optional-size", {"optional_size": 0xffff}, "pe-truncated")):
        images.module(f"uki-{name}", uki(sections(), **lies), expect)


def contents(images, noise):
    both = ("dom0", "native")
    initrd = sections()[1]
    images.module("uki-no-linux", uki(sections()[1:]), "uki-no-linux", both)
    images.module("uki-only-foreign", uki([Section(".text", b"\xc3" * 64)]), "uki-no-linux")
    images.module("uki-linux-empty", uki([Section(".linux"), initrd]), "uki-no-linux")
    images.module("uki-linux-twice", uki([*sections(), Section(".linux", pvh_kernel())]), "pe-section-twice")
    images.module("uki-section-past-end", uki(sections(raw_size=0x10000000)), "pe-section-end", both)
    images.module("uki-section-far", uki(sections(offset=0xfffff000)), "pe-section-end")
    images.module("uki-section-wraps-32", uki(sections(offset=0xfffff000, raw_size=0xffffffff)), "pe-section-end")
    images.module("uki-overlap", uki([sections()[0], Section(".initrd", b"x" * 2048, offset=0x400)]),
                  "pe-section-overlap", both)
    images.module("uki-overlap-foreign", uki([*sections(), Section(".sbat", b"y" * 64, offset=0x300)]),
                  "pe-section-overlap")
    images.module("uki-nested", uki([Section(".linux", uki(sections()))]), "payload-nested")
    images.module("uki-linux-noise", uki([Section(".linux", noise(5000))]), "payload-unknown")
    images.module("uki-linux-cut", uki([Section(".linux", bzimage()[:0x210])]), "linux-truncated")
    images.wrapped("uki-initrd-twice", Wrapper([Module(uki([Section(".linux", bzimage()), sections()[1]])), Module(b"another initrd")]),
                   "initrd-twice")
    # PVH names no limit of its own; this is more than lull takes.
    long_line = Section(".cmdline", b"word=value " * 500)
    # Not as Xen's module: QEMU gives that a command line of its own, the file's name, and it goes first.
    images.wrapped("uki-cmdline-long", Wrapper([Module(uki([*sections()[:2], long_line]))]), "cmdline-buffer", both)
    images.module("linux-cmdline-long", uki([Section(".linux", bzimage(cmdline_size=255)), Section(".cmdline", b"a" * 256)]),
                  "cmdline-kernel", ("native",))


def add(images, noise):
    images.category = "uki"
    truncated(images)
    headers(images)
    contents(images, noise)
