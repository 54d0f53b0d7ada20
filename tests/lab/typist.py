# SPDX-License-Identifier: GPL-2.0-or-later
"""Types at a guest's console: each line of a cell's `type` is REGEX => KEYS, and the keys are sent when what the regular expression
matches has come, behind what the line before it was for. In the keys \\r, \\x15 and their like are bytes, as in Python.
"""

import codecs
import os
import re
import subprocess

ARROW = " => "


def parse(text):
    """Pairs of a regular expression and keys. Raise ValueError for a line that is none."""
    pairs = []
    for line in filter(str.strip, text.splitlines()):
        pattern, arrow, keys = line.partition(ARROW)
        if not arrow:
            raise ValueError(f"{line.strip()}: not REGEX{ARROW}KEYS")
        re.compile(pattern.strip().encode())
        codecs.decode(keys, "unicode_escape")
        pairs.append([pattern.strip(), keys])
    return pairs


class Typist:
    """Watches what a console has said so far, and gives SEND the keys that are due."""

    def __init__(self, pairs, send):
        self.pairs = [(re.compile(pattern.encode()), codecs.decode(keys, "unicode_escape").encode("latin-1")) for pattern, keys in pairs]
        self.send = send
        self.seen = 0

    def look(self, data):
        while self.pairs:
            found = self.pairs[0][0].search(data, self.seen)
            if not found:
                return
            self.seen = found.end()
            self.send(self.pairs.pop(0)[1])


def xen_console(domid, keys):
    """Send keys to a guest of Xen: xenconsoled keeps a terminal for each, and the store has its name (docs/misc/console.txt)."""
    name = subprocess.run(["xenstore-read", f"/local/domain/{domid}/console/tty"], stdout=subprocess.PIPE, text=True).stdout.strip()
    terminal = os.open(name, os.O_WRONLY | os.O_NOCTTY)
    try:
        os.write(terminal, keys)
    finally:
        os.close(terminal)
