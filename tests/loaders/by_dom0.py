# SPDX-License-Identifier: GPL-2.0-or-later
"""Xen itself: a file as its dom0, PV or PVH."""

import re

from tests.lab import dom0, result
from tests.lab.result import LabFault

LOADERS = {"dom0-pv": False, "dom0-pvh": True}
ENTRY = re.compile(r"ENTRY ADDRESS: ([0-9a-f]+)")
# What stands before Xen's last word on why there is no dom0.
WORDS = re.compile(r"^\(XEN\) (?!\*\*\*|\s*$|Panic|Reboot|Manual)(.*)$", re.M)


def start(loader, path, memory=128):
    """("refuses", Xen's words), ("takes", entry or None), or ("fault", why)."""
    try:
        ended = dom0.run_dom0(path, pvh=LOADERS[loader], memory=memory, timeout=6)
    except LabFault as fault:
        # The panic of a Xen that cannot build its dom0 has another text where the file is damaged.
        return ("refuses", str(fault)) if "Panic on CPU" in str(fault) else ("fault", str(fault))
    if ended.outcome == result.REFUSED:
        return "refuses", ended.detail
    entry = ENTRY.search(ended.console)
    return "takes", entry and int(entry.group(1), 16)
