# SPDX-License-Identifier: GPL-2.0-or-later
"""When a guest did what: seconds on the clock of the Xen host, from the start of `xl create`."""

import time


class Moments:
    """SOUGHT maps the name of a moment to the text that a guest prints at it."""

    def __init__(self, sought):
        self.began = time.monotonic()
        self.sought = {name: text.encode() for name, text in sought.items()}
        self.seen = {}

    def note(self, name):
        """It is now. The first time counts."""
        self.seen.setdefault(name, time.monotonic() - self.began)

    def look(self, console, looked_at):
        """Look for the texts in what the console has got since it was LOOKED_AT bytes long."""
        for name, text in self.sought.items():
            if name not in self.seen and console.find(text, max(0, looked_at - len(text))) >= 0:
                self.note(name)
