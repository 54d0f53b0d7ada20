/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first program of user space: its first instruction reads the time stamp counter.  Prints "bench: user space N" and
 * restarts the machine.
 */
	.globl _start
	.text
_start:
	rdtsc
	shlq	$32, %rdx
	orq	%rdx, %rax
	leaq	line_end(%rip), %rdi
	movl	$10, %ecx
digit:
	xorl	%edx, %edx
	divq	%rcx
	addb	$'0', %dl
	decq	%rdi
	movb	%dl, (%rdi)
	testq	%rax, %rax
	jnz	digit
	movl	$1, %eax			/* write(1, line, ...) */
	movl	$1, %edi
	leaq	line(%rip), %rsi
	leaq	line_end + 1(%rip), %rdx
	subq	%rsi, %rdx
	syscall
	movl	$169, %eax			/* reboot(..., LINUX_REBOOT_CMD_RESTART) */
	movl	$0xfee1dead, %edi
	movl	$672274793, %esi
	movl	$0x01234567, %edx
	syscall
	hlt

	.data
line:
	.ascii	"bench: user space                     "
line_end:
	.byte	'\n'

	.section .note.GNU-stack, "", @progbits
