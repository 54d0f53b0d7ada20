/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For assembly: the way out of long mode.
 */
#ifndef LULL_ARCH_LONG_MODE_H
#define LULL_ARCH_LONG_MODE_H

#include <arch/x86/layout.h>

/*
 * In a 32-bit code segment, and mapped at the code's own address: to protected mode without paging (Intel SDM volume 3, "Switching
 * Out of IA-32e Mode Operation").  Changes eax, ecx, edx.
 */
.macro leave_long_mode
	movl	%cr0, %eax
	andl	$~CR0_PG, %eax
	movl	%eax, %cr0
	xorl	%eax, %eax
	movl	%eax, %cr4
	movl	$MSR_EFER, %ecx
	rdmsr
	andl	$~EFER_LME, %eax
	wrmsr
.endm

#endif
