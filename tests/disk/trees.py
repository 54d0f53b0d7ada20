#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Trees of files in file systems that others make, read by the product: every name, link and byte must be there.

    trees.py [--trees N] [--seed S] [--kind NAME]...

Makes N trees at random, each in a file system of another kind (mke2fs and debugfs, mtools, mkfs.xfs, mkfs.btrfs, xorriso, and a
Linux that mounts and writes it), and compares what walk finds in it with the tree itself, and with what debugfs or mtools reads
where they wrote more.  LULL_TREES and LULL_SEED are the
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

if __name__ == "__main__":
    sys.path[0] = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
from tests.disk import btrfs, iso, linux, xfs
from tests.disk.tree import Tree, crc, expected, run
from tests.lab import linux_fs, packages, proc

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


MAKERS = {**dict.fromkeys(EXT, make_ext), **dict.fromkeys(FAT, make_fat), **dict.fromkeys(xfs.KINDS, xfs.make),
          **dict.fromkeys(iso.KINDS, iso.make), **dict.fromkeys(btrfs.KINDS, btrfs.make)}
KINDS = [*MAKERS, *linux.KINDS]


def judge(number, kind, seed):
    """One tree; returns what is wrong with it, as lines."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="lull-tree-") as folder:
        return compare(number, kind, *MAKERS[kind](pathlib.Path(folder), kind, chance))


def judge_filled(jobs):
    """Some trees that one Linux writes; returns what is wrong with each."""
    with tempfile.TemporaryDirectory(prefix="lull-trees-") as folder:
        made = []
        for number, kind, seed in jobs:
            scratch = pathlib.Path(folder) / str(number)
            scratch.mkdir()
            made.append(linux.prepare(scratch, kind, random.Random(seed)))
        linux_fs.fill([filled for filled, _, _ in made])
        return [compare(number, kind, filled.image, wanted, head) for (number, kind, _), (filled, wanted, head) in zip(jobs, made)]


def compare(number, kind, image, wanted, head):
    """What is wrong with what walk finds in an image, as lines."""
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
    parser.add_argument("--trees", type=int, default=int(os.environ.get("LULL_TREES", len(KINDS))))
    parser.add_argument("--seed", type=int, default=int(os.environ.get("LULL_SEED", time.time_ns() >> 16 & 0xffffffff)))
    parser.add_argument("--kind", action="append", choices=KINDS)
    options = parser.parse_args()
    packages.require("disk", "lab")
    proc.leave_on_signals()
    kinds = options.kind or KINDS
    print(f"disk: {options.trees} trees, seed {options.seed}", flush=True)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(proc.jobs(len(os.sched_getaffinity(0)))) as pool:
        jobs = [(number, kinds[number % len(kinds)], options.seed + number) for number in range(options.trees)]
        for some, faults in zip(*batches(jobs, pool)):
            for job, wrong in zip(some, faults.result()):
                failed += bool(wrong)
                if wrong:
                    print("\n".join([f"disk: FAIL {job[1]}, --seed {job[2]} --trees 1 --kind {job[1]}", *wrong[:6]]), flush=True)
    print(f"disk: {options.trees - failed} passed, {failed} failed")
    return 1 if failed else 0


def batches(jobs, pool):
    """Hand the jobs out: one by one, and several at once where a Linux writes the trees, which begin first since they take longest.
    Return them as they are handed out, and what will come of each."""
    filled = [job for job in jobs if job[1] in linux.KINDS]
    lists = [filled[at:at + linux.MOST] for at in range(0, len(filled), linux.MOST)]
    futures = [pool.submit(judge_filled, some) for some in lists]
    singles = [[job] for job in jobs if job[1] not in linux.KINDS]
    return lists + singles, futures + [pool.submit(lambda one: [judge(*one)], some[0]) for some in singles]


if __name__ == "__main__":
    sys.exit(main())
