/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exception and interrupt entry: a stub for each exception and each kind of interrupt, one common path.  No stub and nothing that it
 * reaches has a patch site, since NMI and #MC may arrive inside the window.
 */
#include <arch/x86/layout.h>
#include <xen/xen.h>

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
	.rept EXCEPTION_COUNT
	trap_stub %number
	.set number, number + 1
	.endr
	.noaltmacro
	/* In the order of STUB_STRAY, STUB_EVENT and STUB_SPURIOUS. */
	trap_stub VECTOR_STRAY
	trap_stub VECTOR_EVENT
	trap_stub VECTOR_SPURIOUS

/* struct trap_frame (traps.h), pushed from its end, and popped down to the vector. */
.macro save_registers
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
.endm

.macro restore_registers
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
.endm

trap_common:
	save_registers
	movq	%rsp, %rdi
	call	trap_handle
	restore_registers
	iretq

/*
 * The same for a Xen PV guest, whose frames have rcx and r11 on top of what a CPU pushes, because Xen came by SYSRET
 * (create_bounce_frame in xen/arch/x86/x86_64/entry.S).
 */
.macro xen_pv_stub vector
	.balign 16
	popq	%rcx
	popq	%r11
	.if \vector == 8 || (\vector >= 10 && \vector <= 14) || \vector == 17 || \vector == 21
	.else
	pushq	$0
	.endif
	pushq	$\vector
	jmp	trap_common
.endm

	.balign 16
	.globl xen_pv_stubs
xen_pv_stubs:
	.altmacro
	.set number, 0
	.rept EXCEPTION_COUNT
	xen_pv_stub %number
	.set number, number + 1
	.endr
	.noaltmacro

/* The event upcall.  Xen set evtchn_upcall_mask on the way in; only HYPERVISOR_iret clears it and returns in one step. */
	.globl xen_pv_event
xen_pv_event:
	popq	%rcx
	popq	%r11
	pushq	$0
	pushq	$VECTOR_EVENT
	save_registers
	movq	%rsp, %rdi
	call	trap_handle
	restore_registers
	/* struct iret_context (xen/include/public/arch-x86/xen-x86_64.h): rax, r11, rcx, flags, and the frame behind. */
	pushq	$0
	pushq	%rcx
	pushq	%r11
	pushq	%rax
	movl	$__HYPERVISOR_iret, %eax
	syscall
	ud2

	.section .note.GNU-stack, "", @progbits
