/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From long mode under firmware's tables to the entry of lull.elf, which is a 32-bit one: flat segments, no paging.  shim.c copies
 * all of this to memory below 4 GiB and calls the copy.
 *
 * Takes: rdi = the entry, rsi = boot_params, both below 4 GiB.  With paging off it uses no stack.
 */
#include <arch/x86/layout.h>
#include <arch/x86/long_mode.h>
#include <core/boot_params.h>

	.section .text.leave, "ax"
	.globl efi_leave_start, efi_leave_end
efi_leave_start:
	cli
	cld
	leaq	leave_gdt(%rip), %rax
	subq	$16, %rsp
	movw	$leave_gdt_end - leave_gdt - 1, (%rsp)
	movq	%rax, 2(%rsp)
	lgdt	(%rsp)
	pushq	$SELECTOR_CODE32
	leaq	1f(%rip), %rax
	pushq	%rax
	lretq
	.code32
1:	movl	$SELECTOR_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	leave_long_mode
	movl	%esi, %ebx
	movl	$BOOT_PARAMS_HDRS, %eax
	jmp	*%edi

	.balign	8
leave_gdt:
	.quad	0
	.quad	0x00cf9b000000ffff		/* 0x08: 32-bit code */
	.quad	0x00af9b000000ffff		/* 0x10: 64-bit code */
	.quad	0x00cf93000000ffff		/* 0x18: data */
leave_gdt_end:
efi_leave_end:

	.section .note.GNU-stack, "", @progbits
