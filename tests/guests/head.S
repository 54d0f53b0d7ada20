/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The entry of the test guest.  It relies on nothing that Xen's docs/misc/pvh.pandoc does not promise: it loads its
 * own descriptor table before any segment, has its own stack, and clears the direction flag.  What the loader left in
 * the registers is put away first, for entry.c to judge.
 */
#include <xen/elfnote.h>

#include "head.h"

#define CODE32 0x08
#define CODE64 0x10
#define DATA   0x18

	.section .note.Xen, "a", @note
	xen_note XEN_ELFNOTE_PHYS32_ENTRY, .long pvh_entry

	.section .text.head, "ax"
	.code32
	.globl	pvh_entry
pvh_entry:
	movl	marker, %ecx			/* ds: base 0 and readable, or this is another word */
	movl	%es:marker, %edx
	lgdt	%cs:gdt_pointer
	movl	$DATA, %eax			/* no instruction up to pushfl changes a flag */
	movl	%eax, %ss
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %fs
	movl	%eax, %gs
	movl	$stack_end, %esp
	pushfl
	cld
	popl	entry_state + 12
	movl	%ebx, entry_state + 0
	movl	%cr0, %eax
	movl	%eax, entry_state + 4
	movl	%cr4, %eax
	movl	%eax, entry_state + 8
	movl	%ecx, entry_state + 16
	movl	%edx, entry_state + 20
	movl	$0xc0000080, %ecx		/* EFER */
	rdmsr
	movl	%eax, entry_state + 24
	xorl	%eax, %eax
	str	%ax
	movl	%eax, entry_state + 28
	ljmp	$CODE32, $1f
1:
#ifdef __x86_64__
	map_four_gigabytes			/* memory.c adds what lies above */
	movl	$(pointers + 3), root
	enter_long_mode root, CODE64, 4f
	.code64
4:	movl	$stack_end, %esp
	xorl	%ebp, %ebp
	call	look
	ud2
#else
	xorl	%ebp, %ebp
	call	look
	ud2
#endif

/*
 * Exceptions: pushes a zero where the CPU pushes no error code, then the vector, and calls
 * exception(vector, error, ip), which does not return.
 */
	.balign 16
	.globl	exception_stubs
exception_stubs:
	.set	vector, 0
	.rept	32
	.balign 16
	exception_stub vector, exception_common
	.set	vector, vector + 1
	.endr

exception_common:
	cld
#ifdef __x86_64__
	popq	%rdi
	popq	%rsi
	popq	%rdx
	andq	$-16, %rsp
#endif
	call	exception			/* 32-bit: vector, error and ip lie on the stack as its arguments */
	ud2

	.data
	.balign 8
	.globl	entry_state
entry_state:
	.fill	8, 4, 0xaaaaaaaa
	.balign 8
gdt:
	.quad	0
	.quad	0x00cf9b000000ffff
	.quad	0x00af9b000000ffff
	.quad	0x00cf93000000ffff
gdt_end:
	.balign 4
gdt_pointer:
	.word	gdt_end - gdt - 1
	.long	gdt

	.section .rodata, "a"
	.balign 4
	.globl	marker
marker:
	.long	0x6c756c6c			/* MARKER in guest.h */

	.section .noinit, "aw", @nobits
	.balign 4096
	.fill	16384, 1, 0
	.globl	stack_end
stack_end:
#ifdef __x86_64__
	.globl	root, pointers, directories
root:	.fill	4096, 1, 0
pointers: .fill	4096, 1, 0
directories: .fill 4 * 4096, 1, 0
#endif

	.section .note.GNU-stack, "", @progbits
