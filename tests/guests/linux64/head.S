/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The 64-bit entry of a bzImage, 0x200 bytes into its code (boot.rst, "64-bit Boot Protocol").  What the loader left in
 * the registers is put away first, for kernel.c to judge; the protocol promises no stack.
 */
	.section .text.head, "ax"
	.code64
	.fill	0x200, 1, 0xf4
	.globl	linux64_entry
linux64_entry:
	movq	%rax, state + 0
	movq	%rbx, state + 8
	movq	%rcx, state + 16
	movq	%rdx, state + 24
	movq	%rsi, state + 32
	movq	%rdi, state + 40
	movq	%rbp, state + 48
	movq	$stack_end, %rsp		/* no instruction up to pushfq changes a flag */
	pushfq
	popq	state + 56
	cld
	movq	%cr0, %rax
	movq	%rax, state + 64
	movq	%cr3, %rax
	movq	%rax, state + 72
	movq	%cr4, %rax
	movq	%rax, state + 80
	movw	%cs, state + 88
	movw	%ds, state + 90
	movw	%es, state + 92
	movw	%ss, state + 94
	sgdt	state + 102			/* the limit, and the base at an address that is aligned */
	sidt	state + 118
	xorl	%ebp, %ebp
	call	look
	ud2

	.data
	.balign 8
	.globl	state
state:
	.fill	128, 1, 0xaa

	.bss
	.balign 4096
	.fill	16384, 1, 0
stack_end:

	.section .note.GNU-stack, "", @progbits
