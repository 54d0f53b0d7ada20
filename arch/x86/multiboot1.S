/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The multiboot1 header (Multiboot Specification 0.6.96, section 3.1), in lull-mb1.elf only: QEMU looks for it before it
 * looks for a PVH note, and then takes no ELF64.  No addresses: the loader reads our ELF headers.
 */
#define MAGIC 0x1badb002
/* Modules page aligned, and a memory map. */
#define FLAGS 0x3

	.section .text.head, "ax"
	.balign 4
	.globl multiboot1_header
multiboot1_header:
	.long	MAGIC, FLAGS, -(MAGIC + FLAGS)

	.section .note.GNU-stack, "", @progbits
