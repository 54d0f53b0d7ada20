/* SPDX-License-Identifier: MIT */
/*
 * The example of lull-sites(7): a PVH kernel (Xen docs/misc/pvh.pandoc) that goes to 64-bit mode, names its patch sites
 * to lull, and has some of its own here, to show the assembly form.  The C form is in kernel.c.
 */
#include <lull/note.h>
#include <lull/receipt.h>
#include <lull/site.h>

	/* XEN_ELFNOTE_PHYS32_ENTRY: where PVH enters. */
	.section .note.Xen, "a", @note
	.balign	4
	.long	4, 4, 18
	.asciz	"Xen"
	.long	start

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
	lgdt	gdt_pointer
	movl	$stack_end, %esp
	movl	$0x20, %eax		/* CR4.PAE */
	movl	%eax, %cr4
	movl	$page_map, %eax
	movl	%eax, %cr3
	movl	$0xc0000080, %ecx	/* EFER.LME */
	rdmsr
	orl	$0x100, %eax
	wrmsr
	movl	$0x80000011, %eax	/* CR0.PG, ET, PE */
	movl	%eax, %cr0
	ljmp	$8, $1f
	.code64
	/* A machine that was told to end may run on for some instructions. */
1:	call	kernel
2:	cli
	hlt
	jmp	2b

	/* int on_native(void): a static branch. */
	.globl	on_native
on_native:
	LULL_BRANCH(LULL_FEATURE_BACKEND_NATIVE, 1f)
	xorl	%eax, %eax
	ret
1:	movl	$1, %eax
	ret

	/* int count_up(int *counter): adds 1 and returns what was there.  lock_site is where its lock prefix is. */
	.globl	count_up, lock_site
count_up:
	movl	$1, %eax
lock_site:
	LULL_LOCK xaddl %eax, (%rdi)
	ret

	/* int nested(int *counter): natively the outer choice, which returns 100; else the inner sites add and return 7. */
	.globl	nested
nested:
	LULL_OUTER
	LULL_SITE_CODE(movl $5, %eax)
	LULL_CHOICE(LULL_FEATURE_MASK_FLAG, movl $7, %eax)
	LULL_SITE_END
	LULL_LOCK addl %eax, (%rdi)
	LULL_OUTER_CHOICE(LULL_FEATURE_BACKEND_NATIVE, movl $100, %eax)
	LULL_OUTER_END
	ret

	.data
	.globl	receipt
receipt: LULL_RECEIPT

gdt:	.quad	0, 0x00af9b000000ffff
gdt_pointer:
	.word	. - gdt - 1
	.long	gdt

	/* The first gigabyte, at its own address: 512 pages of 2 MiB. */
	.balign	4096
page_map:
	.quad	pointers + 3
	.balign	4096
pointers:
	.quad	directory + 3
	.balign	4096
directory:
	.set	page, 0x83
	.rept	512
	.quad	page
	.set	page, page + 0x200000
	.endr

	.bss
	.balign	16
	.skip	8192
stack_end:
	.section .note.GNU-stack, "", @progbits
