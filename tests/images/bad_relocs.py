# SPDX-License-Identifier: GPL-2.0-or-later
"""Relocations behind a vmlinux that are cut short, lie elsewhere, are in no order, in the wrong list, or a million. What is sound is
started by tests/guests/kaslr_cases.py."""

from tests.files.linux_elf import INVERSE, NARROW, PAGE, WIDE, lists, vmlinux
from tests.files.stored import stored

MILLION = 1_000_000


def add(images):
    images.category = "relocations"
    kernel, sound = vmlinux(), lists()
    for name, relocations, expect in (
            ("cut-narrow", sound[:-1], "linux-reloc-lists"),
            # The lists are found from the end: what then is the last one is taken for that of narrow words.
            ("cut-inverse", lists(narrow=None), "linux-reloc-value"),
            ("cut-wide", lists(inverse=None, narrow=None), "linux-reloc-lists"),
            ("no-first-word", sound[4:], "linux-reloc-lists"),
            ("four-lists", sound[:8] + sound, "linux-reloc-lists"),
            ("before", lists(narrow=(-4,)), "linux-reloc-place"),
            ("behind", lists(narrow=(NARROW, PAGE - 3)), "linux-reloc-place"),
            ("wide-behind", lists(wide=(WIDE, PAGE - 7)), "linux-reloc-place"),
            ("far", lists(inverse=(INVERSE, 0x70000000)), "linux-reloc-place"),
            ("unsorted", lists(narrow=(NARROW, WIDE)), "linux-reloc-order"),
            ("twice", lists(wide=(WIDE, WIDE)), "linux-reloc-order"),
            ("two-lists-one-word", lists(narrow=(WIDE, NARROW)), "linux-reloc-order"),
            ("narrow-for-inverse", lists(inverse=(NARROW,)), "linux-reloc-value"),
            ("inverse-for-narrow", lists(narrow=(INVERSE,)), "linux-reloc-value"),
            ("narrow-for-wide", lists(wide=(NARROW,)), "linux-reloc-value")):
        images.module(f"relocs-{name}", kernel + relocations, expect, ("native",))
    images.module("relocs-stored", stored(kernel + lists(narrow=(-4,))), "linux-reloc-place", ("native",))
    # By the PVH note, and as a PVH dom0, one offset has to be asked for.
    for name, tier, line in (("pvh", "native", "lull.proto=pvh lull.kaslr=on"), ("dom0", "dom0", "lull.kaslr=on")):
        images.module(f"relocs-before-{name}", kernel + lists(narrow=(-4,)), "linux-reloc-place", (tier,), cmdline=line)
    many = [PAGE + 4 * index for index in range(MILLION)]
    images.module("relocs-million", vmlinux(narrow=MILLION) + lists(narrow=[*many, PAGE + 4 * MILLION]), "linux-reloc-place", ("native",))
