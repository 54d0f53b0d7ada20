# SPDX-License-Identifier: GPL-2.0-or-later
"""Waits end although nobody states how fast the time stamp counter runs, as on an emulated machine without a hypervisor: behind its
count-down the menu starts the first of two entries by itself."""

import os
import tempfile

from tests.guests import start
from tests.lab import layouts, plain

LULL = os.path.join(start.BUILD, "lull.elf")
KERNEL = os.path.join(start.BUILD, "guests", "pvh_look64.elf")
CONFIG = b"DEFAULT first\nLABEL first\n  LINUX kernel\n  APPEND modules=0\nLABEL second\n  LINUX kernel\n  APPEND no-such-word\n"
# Counted as if the counter ran at 4 GHz.
SECONDS = 2
NEEDED = ("starts in", 'vfat entry="first"', "ns=unknown", "GUEST OK")


def check():
    """Yield None, or what is wrong."""
    with tempfile.TemporaryDirectory(prefix="waits-") as place:
        image = os.path.join(place, "image")
        with open(image, "wb") as output:
            output.write(layouts.fat(place, {"extlinux/extlinux.conf": CONFIG, "extlinux/kernel": layouts.read(KERNEL)}, 512))
        ended = plain.run(LULL, None, f"lull.timeout={SECONDS}", timeout=60, disks=[f"{image},raw,vda,r"])
    missing = [text for text in NEEDED if text not in ended.console]
    wrong = f"outcome {ended.outcome}" if ended.outcome != "poweroff" else f"nothing says \"{missing[0]}\"" if missing else None
    yield f"FAIL waits: {wrong}{start.indented(ended.console)}" if wrong else None
