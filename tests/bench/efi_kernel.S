/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is put over the first instructions of a Linux that firmware starts (efi.py): tells the debug console when it was reached, as
 * tests/efi/clock.c does, and has QEMU end, as after a power-off.
 */
#define PORT 0xe9
#define EXIT_PORT 0xf4
#define EXIT_POWEROFF 0x10

	.text
	rdtsc
	shlq	$32, %rdx
	orq	%rdx, %rax
	movq	%rax, %r8
	movb	$'K', %al
	movl	$PORT, %edx
	outb	%al, %dx
	movq	%r8, %rax
	movl	$8, %ecx
1:	outb	%al, %dx
	shrq	$8, %rax
	decl	%ecx
	jnz	1b
	movl	$EXIT_POWEROFF, %eax
	movl	$EXIT_PORT, %edx
	outl	%eax, %dx
2:	hlt
	jmp	2b

	.section .note.GNU-stack, "", @progbits
