# SPDX-License-Identifier: GPL-2.0-or-later
"""Archives as an initrd has them ("new ASCII")."""


def cpio():
    """An empty "new ASCII" archive."""
    name = b"TRAILER!!!\0"
    return b"070701" + b"%08x" % 0 * 11 + b"%08x" % len(name) + b"%08x" % 0 + name + b"\0" * 3


def cpio_of(files, trailer=True):
    """An archive of files: (name, content)."""
    out = b""
    for name, content in [*files, *([("TRAILER!!!", b"")] if trailer else [])]:
        name = name.encode() + b"\0"
        fields = [0, 0o100644, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0]
        out += b"070701" + b"".join(b"%08X" % field for field in fields) + name
        out += bytes(-len(out) % 4) + content
        out += bytes(-len(out) % 4)
    return out
