/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ways in, for the first CPU and for the others, and the way of every exception and interrupt to trap().
 */
#include <xen/elfnote.h>

#include "../head.h"
#include "storm.h"

/* FLAT_KERNEL_CS (xen/arch-x86/xen-x86_64.h) with level 0, as Xen shows it in a frame. */
#define PV_KERNEL 0xe030
/* Where CPUs wake up in 16-bit mode: a page below 1 MiB (lapic.c). */
#define AP_PAGE 0x8000

	/* One image for PVH, where addresses are physical, and for PV, where Xen maps it at the same ones. */
	.section .note.Xen, "a", @note
	xen_note XEN_ELFNOTE_PHYS32_ENTRY, .long pvh_entry
	xen_note XEN_ELFNOTE_ENTRY, .quad pv_entry
	xen_note XEN_ELFNOTE_VIRT_BASE, .quad 0
	xen_note XEN_ELFNOTE_PADDR_OFFSET, .quad 0
	xen_note XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0"
	xen_note XEN_ELFNOTE_LOADER, .asciz "generic"
	xen_note XEN_ELFNOTE_PAE_MODE, .asciz "yes"

	.section .text.head, "ax"
	/* Xen PV: 64-bit, rsi is start_info, on a stack of Xen's. */
	.code64
	.globl	pv_entry
pv_entry:
	cld
	movq	$stacks + STACK_SIZE, %rsp
	xorl	%ebp, %ebp
	movq	%rsi, %rdi
	call	pv_main
	ud2

	/* Xen PV, another CPU: VCPUOP_initialise gave it its stack. */
	.globl	pv_other_entry
pv_other_entry:
	cld
	xorl	%ebp, %ebp
	call	other_cpu
	ud2

	/* PVH: 32-bit without paging, ebx is start_info. */
	.code32
	.globl	pvh_entry
pvh_entry:
	cld
	lgdt	gdt_pointer
	movl	$DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	ljmp	$CODE32, $1f
1:	map_four_gigabytes
	/* The same once more, as an alias to write to text. */
	movl	$(pointers + 3), root
	movl	$(pointers + 3), root + 256 * 8
	movl	$stacks + STACK_SIZE, %esp
	movl	$hvm_main, %esi
	jmp	long_mode

	/* Another CPU, from ap_begin: takes a number, and the stack that goes with it. */
other_entry32:
	movl	$DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	$1, %eax
	lock xaddl %eax, other_number
	cmpl	$STORM_CPUS, %eax
	jae	5f
	incl	%eax
	imull	$STACK_SIZE, %eax
	leal	stacks(%eax), %esp
	movl	$other_cpu, %esi
	jmp	long_mode
5:	cli
	hlt
	jmp	5b

	/* To 64-bit mode, and to the function in esi with ebx as its argument. */
long_mode:
	enter_long_mode root, CODE64, 4f
	.code64
4:	movl	%esp, %esp
	movl	%esi, %esi
	movl	%ebx, %edi
	xorl	%ebp, %ebp
	lidt	idt_pointer
	call	*%rsi
	ud2

	/* Copied to AP_PAGE; a start-up interrupt for that page enters it with cs there and ip 0. */
	.globl	ap_begin, ap_end
	.code16
ap_begin:
	cli
	lgdtl	%cs:ap_gdt_pointer - ap_begin
	movl	%cr0, %eax
	orl	$1, %eax
	movl	%eax, %cr0
	ljmpl	$CODE32, $other_entry32
	.balign	4
ap_gdt_pointer:
	.word	gdt_end - gdt - 1
	.long	gdt
ap_end:
	.code64

/*
 * Exceptions and interrupts: pushes a zero where the CPU pushes no error code, then the vector.  Runs in the middle of
 * windows, so it lies with what has no sites.
 */
	.section .text.window, "ax"
	.globl	trap_stubs, pv_trap_stubs
	.balign	32
trap_stubs:
	exception_ways VECTORS, 16, trap_common
	.balign	32
pv_trap_stubs:
	exception_ways VECTORS, 32, trap_common, 1

	.globl	pv_failsafe
pv_failsafe:
	ud2

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
	movq	%rsp, %rbp
	andq	$-16, %rsp
	call	trap
	movq	%rbp, %rsp
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
	cmpw	$PV_KERNEL, 8(%rsp)
	je	1f
	iretq
	/* Xen's way to say that a PV kernel was interrupted: its own IRET puts back flags and mask at once (iret_context). */
1:	pushq	$0
	pushq	%rcx
	pushq	%r11
	pushq	%rax
	movl	$23, %eax			/* __HYPERVISOR_iret */
	syscall
	ud2

	.data
	descriptors
other_number:
	.long	1
	.balign	8
	.globl	idt_pointer
idt_pointer:
	.word	VECTORS * 16 - 1
	.quad	idt

	.section .noinit, "aw", @nobits
	.balign	4096
	.globl	root, idt
root:	.fill	4096, 1, 0
pointers: .fill	4096, 1, 0
directories: .fill 4 * 4096, 1, 0
idt:	.fill	4096, 1, 0

	.section .note.GNU-stack, "", @progbits
