/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lull.elf by gzip, for shim.c to unpack and start: half of the file, and most of what lull.efi is. */
	.section .shim, "a"
	.incbin	"build/efi/lull.elf.gz"

	.section .note.GNU-stack, "", @progbits
