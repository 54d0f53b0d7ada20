# SPDX-License-Identifier: GPL-2.0-or-later
"""What a guest's run came to, and the faults of the lab, which are no verdict on a guest."""

import re

# Still running at the end of its time: wanted only of a guest that is known to stop where its `expect` says.
TIMEOUT = "timeout"

# The outcomes that a cell may ask for.
EXPECTABLE = ("poweroff", "reboot", "crash", TIMEOUT)

# The outcomes that are always a failure. "refused" means that the guest was never started.
TRIPLE_FAULT = "triple-fault"
REFUSED = "refused"


class LabFault(Exception):
    """The lab itself failed or stalled; nothing is known about the guest. `log` is what its machine had said."""

    log = ""


class Result:
    """How one guest ended.

    outcome     one of the words above, or another shutdown reason of the hypervisor's
    console     what the guest printed, escape sequences removed
    seconds     from the start of the guest to its end
    detail      one line of reason, where there is more to say than the outcome
    log         what the hypervisor or the emulator printed meanwhile
    moments     seconds after the start at which something happened that was watched for, by its name
    arrivals    seconds after the start at which each line of the console came, where that was noted
    """

    def __init__(self, outcome, console="", seconds=0.0, detail="", log="", moments=None, arrivals=None):
        self.outcome, self.console, self.seconds, self.detail, self.log = outcome, console, seconds, detail, log
        self.moments = moments or {}
        self.arrivals = arrivals or []

    def lines(self):
        return self.console.splitlines()


# Terminal control: colours and cursor movement, as GRUB and firmware send them.
ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|[()][A-Za-z0-9]|[=>78c])")


def plain_text(data):
    """Turn the bytes of a console into text that a regular expression can be held against."""
    text = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "")
    return ESCAPES.sub("", text).replace("\0", "")
