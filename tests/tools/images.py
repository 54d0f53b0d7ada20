# SPDX-License-Identifier: GPL-2.0-or-later
"""Files for the tests of the host tool: kernels and shims that are linked, a UKI by other tools, and what tests.files makes."""

import os
import struct
import subprocess

from tests.files import formats
from tests.files.compress import COMPRESSORS, lz4_legacy, lzop, with_size  # noqa: F401  (images.NAME is what tests say)
from tests.files.cpio import cpio, cpio_of  # noqa: F401

HERE = os.path.dirname(os.path.abspath(__file__))


def run(*command):
    """Run a program that must succeed."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def link(directory, name, source, bits=64, defines=(), symbols=()):
    """Assemble and link tests/tools/SOURCE.S with SOURCE.lds; return the file's name."""
    path = os.path.join(directory, name)
    run("gcc", f"-m{bits}", *[f"-D{word}" for word in defines], "-c", os.path.join(HERE, source + ".S"),
        "-o", path + ".o")
    run("ld", "-m", "elf_x86_64" if bits == 64 else "elf_i386", "-z", "max-page-size=4096", "-nostdlib",
        "--build-id=none", "--no-warn-rwx-segments", *[f"--defsym={symbol}" for symbol in symbols],
        "-T", os.path.join(HERE, source + ".lds"), path + ".o", "-o", path)
    return path


def shim(directory, name="shim.elf", base="0x100000", late=0, defines=()):
    """The least that lull pack takes for lull.elf."""
    return link(directory, name, "shim", defines=defines, symbols=[f"BASE={base}", f"LATE={late}"])


def bzimage(packed, version=b"9.8-synthetic (who@where) #1 SMP\0", protocol=0x20f, xloadflags=3, cmdline_size=100):
    """A bzImage whose code holds `packed`, and whose setup names a version."""
    return formats.bzimage(packed=packed, banner=version, version=protocol, xloadflags=xloadflags,
                           cmdline_size=cmdline_size, init_size=0x100000)


def pe_places(data):
    """(name, size in memory, address, size in the file, offset) of each section of a PE file, and the image's size in memory."""
    coff = int.from_bytes(data[0x3c:0x40], "little")
    table = coff + 24 + int.from_bytes(data[coff + 20:coff + 22], "little")
    numbers = [(data[at:at + 8].rstrip(b"\0").decode(), *struct.unpack_from("<4I", data, at + 8))
               for at in range(table, table + 40 * int.from_bytes(data[coff + 6:coff + 8], "little"), 40)]
    return numbers, int.from_bytes(data[coff + 80:coff + 84], "little")


def pe_sections(data):
    """The sections of a PE file by their names, as many bytes as they have in memory."""
    return {name: data[offset:offset + size] for name, size, _, _, offset in pe_places(data)[0]}


def objcopy_uki(directory, sections):
    """A UKI made without lull: a PE stub of ld's, and objcopy --add-section, as the UKI specification has it."""
    source, stub, out = (os.path.join(directory, name) for name in ("stub.s", "stub.efi", "objcopy.efi"))
    with open(source, "w") as file:
        file.write(".text\n.globl start\nstart: ret\n")
    run("as", source, "-o", source + ".elf")
    run("objcopy", "-O", "pe-x86-64", source + ".elf", source + ".o")
    run("ld", "-m", "i386pep", "--subsystem", "10", "-e", "start", "--image-base", "0", source + ".o", "-o", stub)
    command = ["objcopy"]
    address = 0x1000000
    for name, content in sections.items():
        part = os.path.join(directory, "section" + name)
        with open(part, "wb") as file:
            file.write(content)
        command += ["--add-section", f"{name}={part}", "--set-section-flags", f"{name}=data,readonly,alloc,load,contents",
                    "--change-section-vma", f"{name}={address:#x}"]
        address += (len(content) + 0xfff) & ~0xfff
    run(*command, stub, out)
    return out
