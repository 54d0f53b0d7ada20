# SPDX-License-Identifier: GPL-2.0-or-later
"""lull.bzimage is entered by its 64-bit entry wherever a loader has put it: above 4 GiB, and in the last gigabyte that a table of its
page tables has. There is no kernel, so lull must come as far as to say that."""

import os

from tests.guests import start
from tests.lab import accel, compiler, plain

HERE = os.path.dirname(os.path.realpath(__file__))
GIB, MIB = 1 << 30, 1 << 20


def judge(gigabyte):
    program = os.path.join(start.BUILD, "guests", f"high-{gigabyte}.elf")
    compiler.build(os.path.join(HERE, "high.S"), program, "-m32", "-nostdlib", "-static", "-Wl,-Ttext=0x2000000,--build-id=none",
                   f"-DAT={gigabyte * GIB + MIB}", f'-DIMAGE="{os.path.join(start.BUILD, "lull.bzimage")}"')
    far = ["-object", "memory-backend-ram,id=far,size=64M", "-device", f"pc-dimm,memdev=far,addr={gigabyte * GIB}"]
    ended = plain.run(program, flags=[*accel.native(1), *far], memory="256M,slots=1,maxmem=600G", timeout=30)
    if ended.outcome == "crash" and ": module-none =" in ended.console:
        return None
    return f"FAIL high {gigabyte}: outcome {ended.outcome} {ended.detail}{start.indented(ended.console)}"


def check():
    """Yield None for each place from which lull starts, else the line that says what is wrong."""
    for gigabyte in (100, 511):
        yield judge(gigabyte)
