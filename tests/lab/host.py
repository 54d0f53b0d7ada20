# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab's own host through lull: Xen starts lull as its PV dom0, and lull the kernel in which xl runs.

It ends well when `xl list` does. The console is the whole of it, from lull's first line to xl's last.
"""

import time

from tests.lab import result, session
from tests.lab.result import Result


def run(shim, timeout, on_console=None):
    begun = time.monotonic()
    with session.Session("xl", 0, shim=shim) as lab:
        lab.start()
        console = result.plain_text(bytes(lab.machine.com1.data))
        if on_console:
            on_console(console.encode())
        listed = lab.execute(["xl", "list"], timeout, on_console=on_console)
    outcome = "poweroff" if listed.outcome == "exit 0" else "crash"
    return Result(outcome, console + listed.console, time.monotonic() - begun, f"xl list: {listed.outcome}", listed.log)
