/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The trampoline: copied to the workspace, where no move reads or writes, and entered there with tables that map all
 * memory at its own address.  The shim's text may be gone after the first move.
 *
 * Takes rbx = workspace, rdi = entry, rsi = argument, rbp = leave_mode, r12 = first struct move, r13 = their number, r14 = magic.
 * Position independent; uses the workspace's stack.  Its patch site was patched with all others before the copy is made.
 */
#include <arch/x86/layout.h>
#include <lull/site.h>

	.section .text.leave, "ax"
	.code64
	.globl leave_code_start, leave_code_end
leave_code_start:
	cli
	cld
	leaq	LEAVE_STACK_OFFSET(%rbx), %rsp
	pushq	%rdi
	pushq	%rsi

	/* struct move { to, from, size, zero } */
next_move:
	testq	%r13, %r13
	jz	moved
	movq	0(%r12), %rdi
	movq	8(%r12), %rsi
	movq	16(%r12), %rcx
	cmpq	%rsi, %rdi
	je	stays
	movq	%rdi, %rax
	subq	%rsi, %rax			/* unsigned: below size only when the target begins inside the source */
	cmpq	%rcx, %rax
	jb	copy_down
	LULL_SITE_TRAPPED
	LULL_CHOICE(LULL_FEATURE_ALWAYS, movl %ecx, %edx ; shrq $3, %rcx ; rep ; movsq ; movl %edx, %ecx ; andl $7, %ecx ; rep ; movsb)
	LULL_CHOICE(LULL_FEATURE_ERMS, rep ; movsb)
	LULL_SITE_END
	jmp	fill

copy_down:					/* from the last byte to the first */
	movq	%rcx, %rdx
	addq	%rcx, %rsi
	addq	%rcx, %rdi
	movq	%rdi, %r8
	std
	andl	$7, %ecx
	decq	%rsi
	decq	%rdi
	rep movsb
	subq	$7, %rsi
	subq	$7, %rdi
	movq	%rdx, %rcx
	shrq	$3, %rcx
	rep movsq
	cld
	movq	%r8, %rdi
	jmp	fill

stays:
	addq	%rcx, %rdi
fill:
	movq	24(%r12), %rcx
	movq	%rcx, %rdx
	xorl	%eax, %eax
	shrq	$3, %rcx
	rep stosq
	movq	%rdx, %rcx
	andl	$7, %ecx
	rep stosb
	addq	$32, %r12
	decq	%r13
	jmp	next_move

moved:
	popq	%rsi
	popq	%rdi
	movl	$SELECTOR_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	%eax, %fs			/* base 0 again, as the descriptor says */
	movl	%eax, %gs
	movl	$CR4_PAE, %eax
	movq	%rax, %cr4
	testl	%ebp, %ebp
	jnz	leave_flat

	/* Linux: rsi = boot_params, all else zero, and a far jump so that CS is what the protocol names. */
	movl	$(CR0_PG | CR0_WP | CR0_ET | CR0_PE), %eax
	movq	%rax, %cr0
	pushq	$SELECTOR_CODE64
	pushq	%rdi
	xorl	%eax, %eax
	xorl	%ebx, %ebx
	xorl	%ecx, %ecx
	xorl	%edx, %edx
	xorl	%edi, %edi
	xorl	%ebp, %ebp
	lretq

	/* PVH and multiboot: leave long mode; cr0 = PE, cr4 = 0, tr = busy 32-bit TSS of limit 0x67, ebx = what is told. */
leave_flat:
	movl	%edi, %ebp
	movl	%r14d, %edi			/* r14 is out of reach below */
	leaq	compatible(%rip), %rax
	pushq	$SELECTOR_CODE32
	pushq	%rax
	lretq
	.code32
compatible:
	movl	$(CR0_PE | CR0_ET), %eax
	movl	%eax, %cr0			/* PG off while the code's own address is mapped at itself */
	movl	$MSR_EFER, %ecx
	xorl	%eax, %eax
	xorl	%edx, %edx
	wrmsr
	movl	%eax, %cr4
	movl	%eax, %cr3
	movl	$SELECTOR_TSS, %eax
	ltr	%ax
	movl	%esi, %ebx
	pushl	$2
	popfl
	movl	%edi, %eax
	xorl	%esi, %esi
	xorl	%edi, %edi
	jmp	*%ebp
leave_code_end:

	.section .note.GNU-stack, "", @progbits
