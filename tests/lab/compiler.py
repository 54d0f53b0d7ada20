# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab's own small programs, compiled where they are first needed."""

import os

from tests.lab import proc
from tests.lab.result import LabFault


def build(source, target, *words):
    """Compile one C file, with these words of the compiler's; LabFault with what it says where it cannot."""
    built = proc.run(["gcc", "-O1", "-Wall", "-Werror", source, "-o", target, *words])
    if built.returncode != 0:
        raise LabFault(f"{os.path.basename(source)} does not compile: {built.stdout.strip()[-300:]}")
