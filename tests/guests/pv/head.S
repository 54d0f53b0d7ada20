/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Notes and entry of the PV test guest.  The stack that the loader gave is left alone: what lies on it is looked at.
 */
#include <xen/elfnote.h>
#include <xen/features.h>

#include "../head.h"
#include "place.h"

	.section .note.Xen, "a", @note
	xen_note XEN_ELFNOTE_ENTRY, .quad pv_entry
	xen_note XEN_ELFNOTE_VIRT_BASE, .quad VIRT_BASE
	xen_note XEN_ELFNOTE_PADDR_OFFSET, .quad 0
	xen_note XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0"
	xen_note XEN_ELFNOTE_GUEST_OS, .asciz "look"
	xen_note XEN_ELFNOTE_LOADER, .asciz "generic"
	xen_note XEN_ELFNOTE_PAE_MODE, .asciz "yes"
#if P2M_BASE
	xen_note XEN_ELFNOTE_INIT_P2M, .quad P2M_BASE
	xen_note XEN_ELFNOTE_FEATURES, .asciz "!writable_page_tables|pae_pgdir_above_4gb"
	xen_note XEN_ELFNOTE_SUPPORTED_FEATURES, .long 1 << XENFEAT_writable_page_tables | 1 << XENFEAT_dom0
#endif
#if MODULE_BY_PAGE
	xen_note XEN_ELFNOTE_MOD_START_PFN, .long 1
#endif

	.section .text.head, "ax"
	.globl	pv_entry
pv_entry:
	movq	%rsi, entry_state + 0(%rip)
	movq	%rsp, entry_state + 8(%rip)
	movw	%cs, entry_state + 24(%rip)
	movw	%ss, entry_state + 32(%rip)
	leaq	stack_end(%rip), %rsp
	pushfq					/* no instruction before this one changes a flag */
	popq	entry_state + 16(%rip)
	cld
	xorl	%ebp, %ebp
	call	look
	ud2

/* rdi, rsi, rdx, r10, r8 and rax as Xen wants them; C gives the number first. */
	.globl	hypercall4
hypercall4:
	movl	%edi, %eax
	movq	%rsi, %rdi
	movq	%rdx, %rsi
	movq	%rcx, %rdx
	movq	%r8, %r10
	syscall					/* clobbers rcx and r11 */
	ret

	.globl	exception_stubs
	.balign	16
exception_stubs:
	exception_ways 32, 16, exception_common, 1
exception_common:
	call_exception

	.data
	.balign 8
	.globl	entry_state
entry_state:
	.fill	5, 8, 0

	.section .noinit, "aw", @nobits
	.balign 4096
	.fill	16384, 1, 0
	.globl	stack_end
stack_end:
	.fill	16384, 1, 0
	.globl	second_stack_end
second_stack_end:

	.section .note.GNU-stack, "", @progbits
