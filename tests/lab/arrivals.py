# SPDX-License-Identifier: GPL-2.0-or-later
"""When the lines of a console came: the seconds at which the first byte of each was read, from the start of the guest.

A file NAME.times beside NAME.log has them for `lull timeline`, one line for each line of the log.
"""

import time


class Arrivals:
    """Counts from now."""

    def __init__(self):
        self.began = time.monotonic()
        self.seconds = []
        self.inside_line = False

    def note(self, data):
        """These bytes came just now."""
        if not data:
            return
        begun = data.count(b"\n", 0, -1) + (not self.inside_line)
        self.seconds += [round(time.monotonic() - self.began, 4)] * begun
        self.inside_line = not data.endswith(b"\n")


def text(seconds):
    """What stands in NAME.times."""
    return "".join(f"{moment:.4f}\n" for moment in seconds)
