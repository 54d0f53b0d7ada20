#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Trees of files in file systems that others make, read by the product: every name, link and byte must be there.

    trees.py [--trees N] [--seed S] [--kind NAME]...

Makes N trees at random, each in a file system of another kind (mke2fs and debugfs, mtools), and compares what walk finds
in it with the tree itself, and with what debugfs or mtools reads where they wrote more.  LULL_TREES and LULL_SEED are the
defaults of N and S.  The seed is printed, and gives the same trees again.  The last line is "disk: N passed, N failed".
"""

import argparse
import concurrent.futures
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
import zlib

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.lab import packages

ROOT = pathlib.Path(__file__).resolve().parents[2]
WALK = ROOT / "build" / "unit" / "sanitized" / "walk"
KIB = 1024

# name: (what mke2fs is told, KiB).  As Debian 12 and 13, Ubuntu 24.04 and Alpine make them, and what old or odd ones have.
EXT = {
    "ext4-4k": (["-t", "ext4", "-b", "4096"], 12 * KIB),
    "ext4-1k": (["-t", "ext4", "-b", "1024"], 8 * KIB),
    "ext4-new": (["-t", "ext4", "-b", "4096", "-O", "orphan_file,metadata_csum_seed"], 12 * KIB),
    "ext4-inline": (["-t", "ext4", "-b", "1024", "-O", "inline_data"], 8 * KIB),
    "ext4-inline-512": (["-t", "ext4", "-b", "4096", "-I", "512", "-O", "inline_data,metadata_csum_seed"], 12 * KIB),
    "ext4-plain": (["-t", "ext4", "-b", "2048", "-O", "^metadata_csum,^64bit"], 8 * KIB),
    "ext4-uninit": (["-t", "ext4", "-b", "1024", "-O", "^metadata_csum,uninit_bg"], 8 * KIB),
    "ext4-groups": (["-t", "ext4", "-b", "1024", "-g", "512", "-O", "^resize_inode"], 8 * KIB),
    "ext4-meta-bg": (["-t", "ext4", "-b", "1024", "-g", "256", "-O", "meta_bg,^resize_inode,^flex_bg"], 8 * KIB),
    "ext4-meta-bg-32": (["-t", "ext4", "-b", "1024", "-g", "256", "-O", "meta_bg,^resize_inode,^64bit,^sparse_super"], 8 * KIB),
    "ext4-sparse2": (["-t", "ext4", "-b", "1024", "-g", "256", "-O", "meta_bg,sparse_super2,^resize_inode"], 8 * KIB),
    "ext4-bigalloc": (["-t", "ext4", "-b", "1024", "-O", "bigalloc"], 16 * KIB),
    "ext4-64k": (["-t", "ext4", "-b", "65536", "-F"], 400 * KIB),
    "ext3": (["-t", "ext3", "-b", "1024"], 8 * KIB),
    "ext2": (["-t", "ext2", "-b", "1024", "-I", "128"], 8 * KIB),
    "ext2-4k": (["-t", "ext2", "-b", "4096"], 12 * KIB),
    "ext2-old": (["-t", "ext2", "-b", "1024", "-r", "0"], 8 * KIB),
}

# name: (what mformat is told, KiB)
FAT = {
    "fat12": (["-c", "4"], 4 * KIB),
    "fat12-one": (["-c", "1", "-r", "32"], 1536),
    "fat16": (["-c", "2"], 12 * KIB),
    "fat16-big": (["-c", "16"], 40 * KIB),
    "fat32": (["-F", "-c", "1"], 40 * KIB),
    "fat32-4k": (["-F", "-c", "8"], 300 * KIB),
}

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
    """A tree of files at random below a folder; its size is about BUDGET bytes."""

    def __init__(self, folder, chance, budget, is_fat=False, has_holes=True):
        self.folder, self.chance, self.left, self.is_fat, self.has_holes = folder, chance, budget, is_fat, has_holes
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
            name = "".join(self.chance.choice(LETTERS) for _ in range(length))
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


def debugfs(image, *requests):
    for request in requests:
        run("debugfs", "-w", "-R", request, image)


def make_ext(scratch, kind, chance):
    """An image of a kind of ext, and what is in it."""
    options, kib = EXT[kind]
    source, image = scratch / "tree", scratch / "image"
    # mke2fs gives a file with holes another size where it could be inline.
    Tree(source, chance, 300000, has_holes="inline" not in kind)
    wanted = expected(source)
    run("mke2fs", "-q", *options, "-N", 2048, "-L", "label", "-U", "12345678-9abc-def0-1234-56789abcdef0", "-d", source, image, f"{kib}k")
    if chance.random() < 0.4:
        subprocess.run(["/usr/sbin/e2fsck", "-fyD", image], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    dirty = chance.random() < 0.3 and "ext2" not in kind
    if dirty:
        debugfs(image, "feature needs_recovery")
    if kind.startswith("ext4") and "inline" not in kind and chance.random() < 0.5:
        # Blocks that have a place and no content yet.
        (scratch / "empty").write_bytes(b"x" * 5000)
        debugfs(image, f"write {scratch}/empty unwritten", "fallocate unwritten 8 40", "set_inode_field unwritten size 300000")
        run("debugfs", "-R", f"dump unwritten {scratch}/dumped", image)
        wanted.add(b"f /unwritten 300000 %08x" % crc(scratch / "dumped"))
    wanted |= {b"d /lost+found"}
    head = f'fs={kind[:4]} uuid=12345678-9abc-def0-1234-56789abcdef0 label="label" recovery={"yes" if dirty else "no"}'
    return image, wanted, head


def make_fat(scratch, kind, chance):
    """An image of a kind of FAT, written in a way that scatters files, and what mtools reads of it."""
    options, kib = FAT[kind]
    source, image, back = scratch / "tree", scratch / "image", scratch / "back"
    Tree(source, chance, 300000, is_fat=True, has_holes=False)
    run("mformat", "-C", "-i", image, "-T", kib * 2, "-h", 2, "-s", 63, "-v", "LABEL", "-N", "1234abcd", *options, "::")
    fillers = [f"::filler{number}" for number in range(chance.randrange(30))]
    (scratch / "filler").write_bytes(chance.randbytes(chance.randrange(1, 9000)))
    for filler in fillers:
        run("mcopy", "-i", image, scratch / "filler", filler)
    for filler in fillers[::2]:
        run("mdel", "-i", image, filler)
    for path in sorted(source.iterdir()):
        run("mcopy", "-i", image, "-s", "-Q", path, "::")
    back.mkdir()
    run("mcopy", "-i", image, "-s", "-n", "-m", "::", back)
    return image, expected(back), 'fs=vfat uuid=1234-ABCD label="LABEL" recovery=no'


def judge(number, kind, seed):
    """One tree; returns what is wrong with it, as lines."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="lull-tree-") as folder:
        scratch = pathlib.Path(folder)
        image, wanted, head = (make_ext if kind in EXT else make_fat)(scratch, kind, chance)
        done = subprocess.run([WALK, image], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        first, *lines = done.stdout.rstrip(b"\n").split(b"\n")
        found = set(lines)
        faults = [b"found " + line for line in sorted(found - wanted)] + [b"wanted " + line for line in sorted(wanted - found)]
        if head.encode() not in first:
            faults.append(b"wanted " + head.encode() + b", found " + first)
        if len(found) != len(lines):
            faults.append(b"a line is there twice")
        if done.returncode and not faults:
            faults.append(b"walk ended with status %d" % done.returncode)
        if faults and os.environ.get("LULL_KEEP"):
            shutil.copy(image, f"{os.environ['LULL_KEEP']}/{kind}-{number}.img")
        return [line[:160].decode(errors="replace") for line in faults]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--trees", type=int, default=int(os.environ.get("LULL_TREES", len(EXT) + len(FAT))))
    parser.add_argument("--seed", type=int, default=int(os.environ.get("LULL_SEED", time.time_ns() >> 16 & 0xffffffff)))
    parser.add_argument("--kind", action="append", choices=[*EXT, *FAT])
    options = parser.parse_args()
    packages.require("disk")
    kinds = options.kind or [*EXT, *FAT]
    print(f"disk: {options.trees} trees, seed {options.seed}", flush=True)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [(number, kinds[number % len(kinds)], options.seed + number) for number in range(options.trees)]
        for job, faults in zip(jobs, pool.map(lambda one: judge(*one), jobs)):
            if faults:
                failed += 1
                print("\n".join([f"disk: FAIL {job[1]}, --seed {job[2]} --trees 1 --kind {job[1]}", *faults[:6]]), flush=True)
    print(f"disk: {options.trees - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
