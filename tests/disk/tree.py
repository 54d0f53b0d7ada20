# SPDX-License-Identifier: GPL-2.0-or-later
"""A tree of files at random, and what tests/disk/walk.c should print of it."""

import os
import subprocess
import zlib

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .-_+~"
WIDE = "äöüßéλжД中€😀"


def run(*command, **how):
    """Run a command that must work; return what it printed."""
    environment = dict(os.environ, MTOOLS_SKIP_CHECK="1", MTOOLSRC="/dev/null", LC_ALL="C.UTF-8", TZ="UTC",
                       PATH=os.environ["PATH"] + ":/usr/sbin:/sbin")
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
                          stdin=subprocess.DEVNULL, **how)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr.decode(errors='replace')}")
    return done.stdout


class Tree:
    """A tree of files at random below a folder; its size is about BUDGET bytes. PLAIN is the share of files that nothing can compress."""

    def __init__(self, folder, chance, budget, is_fat=False, has_holes=True, letters=LETTERS, plain=1):
        self.folder, self.chance, self.left, self.is_fat, self.has_holes = folder, chance, budget, is_fat, has_holes
        self.letters, self.plain = letters, plain
        folder.mkdir()
        self.fill(folder, 0)
        self.wide()
        if not is_fat and has_holes:
            self.scattered()

    def name(self, folder):
        """A name that is not there yet, in no case."""
        there = {name.lower() for name in os.listdir(folder)}
        while True:
            length = self.chance.choice([1, 3, 8, 12, 13, 14, 26, 60, 120 if self.is_fat else 250])
            name = "".join(self.chance.choice(self.letters) for _ in range(length))
            if self.chance.random() < 0.15:
                name = name[:40] + "".join(self.chance.choice(WIDE) for _ in range(self.chance.randrange(1, 9)))
            # FAT's names end neither in blanks nor in dots, and mtools has names for devices.
            # Behind a tilde it writes short names that its own long names do not belong to.
            name = "n" + name.replace("~", "-").rstrip(" .") if self.is_fat else name
            if name.strip(".") and name.lower() not in there and len(name.encode()) <= 255:
                return name

    def content(self):
        size = self.chance.choice([0, 1, 40, 60, 61, 100, 150, 511, 512, 513, 1024, 4095, 4096, 5000, 20000, 70000, 300000])
        if self.chance.random() < 0.5:
            size = self.chance.randrange(size + 1)
        size = min(size, max(self.left, 0))
        self.left -= size + 1024
        if self.plain < 1 and self.chance.random() >= self.plain:
            return bytes(self.chance.choices(b"abcd \n", k=size))
        return self.chance.randbytes(size)

    def file(self, folder):
        path = folder / self.name(folder)
        content = self.content()
        if self.has_holes and self.chance.random() < 0.2:
            with path.open("wb") as file:
                for at in range(0, len(content), 3000):
                    file.seek(self.chance.randrange(8) * 1024, os.SEEK_CUR)
                    file.write(content[at:at + 3000])
                file.truncate(file.tell() + self.chance.randrange(20000))
        else:
            path.write_bytes(content)

    def link(self, folder):
        if self.is_fat:
            return
        length = self.chance.choice([1, 5, 58, 59, 60, 61, 200, 1000])
        (folder / self.name(folder)).symlink_to(("a/" * length)[:length])

    def fill(self, folder, depth):
        for _ in range(self.chance.randrange(2, 7)):
            if self.left <= 0:
                return
            self.chance.choice([self.file, self.file, self.file, self.link])(folder)
        for _ in range(self.chance.randrange(0, 4) if depth else 3):
            if depth < 12 and self.left > 0:
                self.left -= 4096
                deeper = folder / self.name(folder)
                deeper.mkdir()
                self.fill(deeper, depth + 1)

    def wide(self):
        """A directory of many names; every third tree has a large one."""
        folder = self.folder / "wide"
        folder.mkdir()
        for number in range(self.chance.choice([0, 30, 400])):
            name = f"{number:04}-" + "w" * self.chance.randrange(60)
            if not self.is_fat and self.chance.random() < 0.3:
                (folder / name).symlink_to("../x")
            else:
                (folder / name).write_bytes(b"")

    def scattered(self):
        """A file of so many pieces that its extents, or pointers, take levels."""
        with (self.folder / "scattered").open("wb") as file:
            for number in range(self.chance.choice([3, 30, 700])):
                file.seek(number * 8192)
                file.write(self.chance.randbytes(1024))
        with (self.folder / "far").open("wb") as file:
            file.seek(self.chance.choice([12, 268, 1036, 65804]) * 1024 + 5)
            file.write(b"far")


def crc(path):
    """The CRC-32 of a file, of which most may be a hole."""
    total = 0
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            total = zlib.crc32(piece, total)
    return total


def expected(folder):
    """What walk should print of a tree."""
    lines = {b"d "}
    for parent, folders, files in os.walk(os.fsencode(folder)):
        base = parent[len(os.fsencode(folder)):]
        for name in folders + files:
            path, shown = os.path.join(parent, name), base + b"/" + name
            if os.path.islink(path):
                target = os.readlink(path)
                lines.add(b"l %s %d %s" % (shown, len(target), target))
            elif os.path.isdir(path):
                lines.add(b"d " + shown)
            else:
                lines.add(b"f %s %d %08x" % (shown, os.path.getsize(path), crc(path)))
    return lines
