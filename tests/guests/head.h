/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the first instructions of test guests have in common, for the assembler.
 */
#ifndef LULL_TESTS_GUESTS_HEAD_H
#define LULL_TESTS_GUESTS_HEAD_H

	/*
	 * One of Xen's notes.  They belong in a section of their own, aligned 4: QEMU walks notes by the alignment of their
	 * program header.
	 */
	.macro	xen_note type:req, value:vararg
	.balign	4
	.long	4, 2f - 1f, \type
	.asciz	"Xen"
1:	\value
2:	.balign	4
	.endm

	/* 32-bit: fills the tables `pointers` and `directories` with four gigabytes at their own addresses, in pages of 2 MiB. */
	.macro	map_four_gigabytes
	movl	$directories, %edi
	movl	$0x83, %eax			/* present, writable, large */
1:	movl	%eax, (%edi)
	movl	$0, 4(%edi)
	addl	$8, %edi
	addl	$0x200000, %eax
	jnc	1b
	movl	$(directories + 3), %eax
	movl	$pointers, %edi
	movl	$4, %ecx
2:	movl	%eax, (%edi)
	movl	$0, 4(%edi)
	addl	$0x1000, %eax
	addl	$8, %edi
	loop	2b
	.endm

	/* 32-bit, without paging: to 64-bit code at `target`, by the page table `root` and the selector `code`. */
	.macro	enter_long_mode root:req, code:req, target:req
	movl	%cr4, %eax
	orl	$0x20, %eax			/* PAE */
	movl	%eax, %cr4
	movl	$\root, %eax
	movl	%eax, %cr3
	movl	$0xc0000080, %ecx		/* EFER */
	rdmsr
	orl	$0x100, %eax			/* LME */
	wrmsr
	movl	%cr0, %eax
	orl	$0x80000000, %eax		/* PG */
	movl	%eax, %cr0
	ljmp	$\code, $\target
	.endm

	/*
	 * The ways of `count` exceptions and interrupts to `common`, each `step` bytes long, with the same on the stack for
	 * all: the vector, and above it an error code.  Xen PV bounces them with rcx and r11 on top of what a CPU pushes.
	 */
	.macro	exception_ways count:req, step:req, common:req, bounced=0
	.set	vector, 0
	.rept	\count
	.balign	\step
	.if	\bounced
	popq	%rcx
	popq	%r11
	.endif
	.if	vector >= 32 || ((1 << vector) & 0x60227d00) == 0	/* 8, 10-14, 17, 21, 29, 30 bring an error code */
	push	$0
	.endif
	push	$vector
	jmp	\common
	.set	vector, vector + 1
	.endr
	.endm

	/* Calls exception(vector, error, ip), which does not return; in 32-bit code they lie on the stack as its arguments. */
	.macro	call_exception
	cld
#ifdef __x86_64__
	popq	%rdi
	popq	%rsi
	popq	%rdx
	andq	$-16, %rsp
#endif
	call	exception
	ud2
	.endm

	/* A descriptor table for the selectors below. */
#define CODE32 0x08
#define CODE64 0x10
#define DATA   0x18
	.macro	descriptors
	.balign	8
gdt:
	.quad	0
	.quad	0x00cf9b000000ffff
	.quad	0x00af9b000000ffff
	.quad	0x00cf93000000ffff
gdt_end:
	.balign	4
gdt_pointer:
	.word	gdt_end - gdt - 1
	.long	gdt
	.endm

#endif
