# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab's Xen as QEMU's -kernel starts it: with xen_loader.c before it, so that it need not move itself."""

import gzip
import os
import struct

from tests.files import formats
from tests.lab import compiler, initrd, kernels, paths, xens

SOURCE = os.path.join(os.path.dirname(os.path.realpath(__file__)), "xen_loader.c")
# Where the loader goes, and how long it is with its .bss.
LOADER, LOADER_SIZE = formats.MIB, formats.MIB
# Where Xen goes: a multiple of 2 MiB, and not the 2 MiB that it is linked at, for a Xen that finds itself there moves.
XEN = 4 * formats.MIB
# The header comes first.
ENTRY = LOADER + 12
FLAGS = ["-m32", "-march=i686", "-std=gnu11", "-ffreestanding", "-fno-pic", "-fno-stack-protector", "-fcf-protection=none",
         "-fno-asynchronous-unwind-tables", "-fno-toplevel-reorder", "-Wextra", "-nostdlib", "-static", "-no-pie", "-Wl,--build-id=none",
         "-Wl,--oformat=binary", f"-Wl,-Ttext={LOADER:#x}"]


def file_name():
    """Return the name of the chosen Xen's file, made when what it is made of is newer."""
    packed = xens.hypervisor()
    target = os.path.join(paths.make_directory(paths.LAB), os.path.basename(packed)[:-len(".gz")])
    if not initrd.fresh(target, [packed, SOURCE, __file__]):
        with gzip.open(packed) as source:
            kernels.publish(with_loader(source.read()), target)
    return target


def with_loader(xen):
    """Return the loader and Xen, an ELF32 file, as one."""
    entry, segments = loaded(xen)
    moved = XEN - min(address for address, _, _ in segments)
    parts = [formats.Segment(data, address + moved, size) for address, data, size in segments]
    return formats.Elf([formats.Segment(loader(entry + moved), LOADER, LOADER_SIZE), *parts], bits=32, entry=ENTRY).build()


def loaded(xen):
    """Return the entry of an ELF32 file, and of each segment that is loaded the address, the bytes, and the size in memory."""
    entry, table = struct.unpack_from("<II", xen, 24)
    size, count = struct.unpack_from("<HH", xen, 42)
    headers = [struct.unpack_from("<8I", xen, table + size * index) for index in range(count)]
    return entry, [(address, xen[offset:offset + length], memory)
                   for kind, offset, _, address, length, memory, _, _ in headers if kind == formats.PT_LOAD]


def loader(xen_entry):
    """Return xen_loader.c as bytes."""
    with initrd.scratch() as directory:
        target = os.path.join(directory, "xen-loader")
        compiler.build(SOURCE, target, *FLAGS, f"-DXEN_BASE={XEN:#x}", f"-DXEN_ENTRY={xen_entry:#x}")
        with open(target, "rb") as program:
            return program.read()
