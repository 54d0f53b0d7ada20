/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exception and interrupt entry: one stub a vector, one common path.  No stub and nothing that it reaches has a patch
 * site, since NMI and #MC may arrive inside the window.
 */
#include <arch/x86/layout.h>

	.section .text.window, "ax"
	.code64

/* Vectors for which the CPU pushes an error code: 8, 10-14, 17, 21, 29, 30 (SDM volume 3A, table 6-1; APM for 29, 30). */
.macro trap_stub vector
	.balign 16
	.if \vector == 8 || (\vector >= 10 && \vector <= 14) || \vector == 17 || \vector == 21 || \vector == 29 || \vector == 30
	.else
	pushq	$0
	.endif
	pushq	$\vector
	jmp	trap_common
.endm

	.balign 16
	.globl trap_stubs
trap_stubs:
	.altmacro
	.set number, 0
	.rept VECTOR_COUNT
	trap_stub %number
	.set number, number + 1
	.endr
	.noaltmacro

/* Stubs are 16 bytes apart; trap_frame is pushed from its end. */
trap_common:
	cld
	pushq	%rax
	pushq	%rbx
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	pushq	%rbp
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, %rdi
	call	trap_handle
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rbp
	popq	%rdi
	popq	%rsi
	popq	%rdx
	popq	%rcx
	popq	%rbx
	popq	%rax
	addq	$16, %rsp
	iretq

	.section .note.GNU-stack, "", @progbits
