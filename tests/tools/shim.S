/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The least that lull pack takes for lull.elf.  BAD_MAGIC: not quite. */
	.section .text.head, "ax", @progbits
	.globl	entry
entry:
	hlt
	.fill	6000, 1, 0x90

	.section .payload, "a", @progbits
#ifdef BAD_MAGIC
	.ascii	"LULLEMB0"
#else
	.ascii	"LULLEMB1"
#endif
	.quad	0
	.section .note.GNU-stack, "", @progbits
