/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A loader of Linux that has memory far up: puts lull.bzimage (IMAGE, a file's name) there, at AT, and enters it in 64 bits.  Its
 * tables are four levels of pages of a gigabyte.
 */
#include "head.h"

#define SETUP 0x2200			/* bytes of the setup part: 17 sectors */
#define AT_BYTES 0x4000000		/* the memory there */

	.section .note, "a", @note
	xen_note 18, .long start	/* XEN_ELFNOTE_PHYS32_ENTRY */

	.text
	.code32
	.globl	start
start:
	cld
	lgdt	gdt_pointer
	movl	$pointers, %edi
	movl	$0x83, %eax			/* present, writable, large */
	xorl	%edx, %edx
	movl	$512, %ecx
1:	movl	%eax, (%edi)
	movl	%edx, 4(%edi)
	addl	$8, %edi
	addl	$0x40000000, %eax
	adcl	$0, %edx
	loop	1b
	movl	$(pointers + 3), root
	enter_long_mode root, CODE64, far

	.code64
far:
	movl	$image, %esi
	movabsq	$AT, %rdi
	movl	$(image_end - image), %ecx
	rep movsb
	movl	$params, %esi
	movabsq	$(AT + 0x200), %rax
	jmp	*%rax

	.data
	descriptors
	.balign	4096
root:	.skip	4096
pointers:
	.skip	4096
	/* boot_params: the file's header, a loader's number, and the memory (Linux, zero-page.rst). */
params:	.org	params + 0x1e8
	.byte	3
	.org	params + 0x1f1
	.incbin	IMAGE, 0x1f1, 0x1f
	.byte	0xff
	.incbin	IMAGE, 0x211, 0x60
	.org	params + 0x2d0
	.quad	0, 0x9f000
	.long	1
	.quad	0x100000, 0xff00000
	.long	1
	.quad	AT & ~0x3fffffff, AT_BYTES
	.long	1
	.org	params + 0x1000
image:	.incbin	IMAGE, SETUP
image_end:

	.section .note.GNU-stack, "", @progbits
