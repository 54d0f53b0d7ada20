/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interrupts and exceptions that are lull's while firmware lives.  No patch site: they come inside the window.
 *
 * Takes: what the CPU pushes (SDM volume 3A, section 6.14.2), on the stack that it interrupted, 8 bytes off 16.  Leaves every
 * register as it was; the handler uses none but the general ones.
 */
#include <arch/x86/layout.h>

	.section .text.window, "ax"
	.globl efi_event
efi_event:
	cld
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	call	efi_event_handle
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rdi
	popq	%rsi
	popq	%rdx
	popq	%rcx
	popq	%rax
	.globl efi_spurious
efi_spurious:
	iretq

/*
 * Exceptions, one stub each, TRAP_STUB_SIZE apart; what the CPU pushes has an error code for some vectors (SDM volume 3A,
 * table 6-1; APM for 29 and 30).  None returns.
 */
.macro exception_stub vector
	.balign TRAP_STUB_SIZE
	.if \vector == 8 || (\vector >= 10 && \vector <= 14) || \vector == 17 || \vector == 21 || \vector == 29 || \vector == 30
	.else
	pushq	$0
	.endif
	pushq	$\vector
	jmp	exception_common
.endm

	.balign TRAP_STUB_SIZE
	.globl efi_exceptions
efi_exceptions:
	.altmacro
	.set number, 0
	.rept EXCEPTION_COUNT
	exception_stub %number
	.set number, number + 1
	.endr
	.noaltmacro

exception_common:
	popq	%rdi				/* vector, error code, instruction */
	popq	%rsi
	popq	%rdx
	cld
	andq	$-16, %rsp
	call	efi_exception_handle
	ud2

	.section .note.GNU-stack, "", @progbits
