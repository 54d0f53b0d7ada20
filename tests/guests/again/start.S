/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starts by PVH (Xen docs/misc/pvh.pandoc) and maps the first GiB twice: at its own address and at -2 GiB.  The kernel is
 * linked in one of the two places; the other one is the alias that its text is written through.
 */
#include <lull/note.h>
#include <lull/receipt.h>
#include <lull/site.h>

#include "../head.h"
#include "place.h"

	.section .note.Xen, "a", @note
	xen_note 18, .long start - OFFSET	/* XEN_ELFNOTE_PHYS32_ENTRY */

	LULL_NOTE(LULL_NOTE_SITES, sites_start, sites_end)
	LULL_NOTE(LULL_NOTE_IMAGES, images_start, images_end)
	LULL_NOTE(LULL_NOTE_TEXT, text_start, text_end)
	LULL_NOTE(LULL_NOTE_DATA, data_start, data_end)
	LULL_NOTE(LULL_NOTE_RECEIPT, receipt, receipt + LULL_RECEIPT_SIZE)

	.section .text.start, "ax"
	.code32
	.globl	start
start:
	cld
	lgdt	gdt_pointer - OFFSET
	enter_long_mode page_map-OFFSET, 8, 1f-OFFSET
	.code64
	/* IRET takes SS too: the null selector is one that it takes. */
1:	xorl	%eax, %eax
	movl	%eax, %ss
	movq	$stack_end, %rsp
	movq	$text_start + ALIAS, %rdi
	movq	$kernel, %rax
	call	*%rax
	ud2

	.globl	lock_site
	.text
lock_site:
	LULL_LOCK incl receipt(%rip)
	ret

	.data
	.globl	receipt
receipt: LULL_RECEIPT

	.balign	8
gdt:	.quad	0, 0x00af9b000000ffff
gdt_pointer:
	.word	. - gdt - 1
	.long	gdt - OFFSET

	.balign	4096
page_map:
	.quad	pointers - OFFSET + 3
	.skip	8 * 510
	.quad	pointers - OFFSET + 3
pointers:
	.quad	directory - OFFSET + 3
	.skip	8 * 509
	.quad	directory - OFFSET + 3
	.quad	0
directory:
	.set	page, 0x83
	.rept	512
	.quad	page
	.set	page, page + 0x200000
	.endr

	.bss
	.balign	16
	.skip	16384
stack_end:
	.section .note.GNU-stack, "", @progbits
