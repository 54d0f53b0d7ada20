/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 256 KiB of constants that entry.c computes again: a loader that leaves out, moves or overwrites any word is seen.
 */
	.section .rodata.table, "a"
	.balign 4096
	.globl	table
table:
	.set	word, 0x4c554c4c
	.rept	65536
	.long	word
	.set	word, (word * 1664525 + 1013904223) & 0xffffffff
	.endr

	.section .note.GNU-stack, "", @progbits
