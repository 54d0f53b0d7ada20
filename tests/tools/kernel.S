/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel to look at, never to start: its notes and what lies where are all there is to it.  Options: PVH and PV give
 * the notes of those entries, BAD_NOTE a PHYS32_ENTRY of three bytes, MULTIBOOT a Multiboot header, LOCKS three lock
 * prefixes and the table that Linux keeps of them, INIT a fourth in .init.text.
 */
#include "../guests/head.h"

	.section .text.head, "ax", @progbits
#ifdef MULTIBOOT
	.balign	4
	.long	0x1badb002, 0, -0x1badb002
#endif
	.globl	entry
entry:
	hlt
	jmp	entry

#ifdef LOCKS
	.rept	3
	.pushsection .smp_locks, "a"
	.long	671f - ., 0
	.popsection
671:	lock incl (%rax)
	.endr
#endif

#ifdef INIT
	.section .smp_locks, "a"
	.long	671f - ., 0
	.section .init.text, "ax", @progbits
671:	lock incl (%rax)
#endif

	.section .note.Xen, "a", @note
#ifdef PVH
	xen_note 18, .long entry
	xen_note 7, .asciz "9.8-synthetic with a comment"
	xen_note 19, .long 0x200000, 0x1000000, 0x3fffffff
#endif
#ifdef BAD_NOTE
	xen_note 18, .byte 1, 2, 3
#endif
#ifdef PV
	xen_note 1, .long entry, 0
	xen_note 3, .quad 0
	xen_note 5, .asciz "xen-3.0"
	xen_note 6, .asciz "synthetic"
	xen_note 8, .asciz "generic"
	xen_note 10, .asciz "!writable_page_tables|pae_pgdir_above_4gb"
	xen_note 17, .long 0x100801
#endif

	.data
	.ascii	"data of the kernel"
	.section .note.GNU-stack, "", @progbits
