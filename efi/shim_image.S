/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lull.elf, for shim.c to start. */
	.section .shim, "a"
	.incbin	"build/lull.elf"

	.section .note.GNU-stack, "", @progbits
