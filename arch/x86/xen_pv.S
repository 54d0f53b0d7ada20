/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Xen PV door (64-bit), and the way out of it.
 *
 * Xen starts us in long mode at privilege level 3, on its page tables and its own flat segments, with the first pages of
 * the domain mapped at VIRT_BASE: 0, so that each lies at its pseudo-physical address as it does for the other doors.
 * Events are masked by evtchn_upcall_mask.  (xen/include/public/arch-x86/xen-x86_64.h, xen.h: start-of-day layout.)
 */
#include <arch/x86/elfnote.h>
#include <arch/x86/layout.h>
#include <xen/elfnote.h>
#include <xen/xen.h>

	.section .text.head, "ax"
	.code64

xen_note XEN_ELFNOTE_ENTRY, .quad, xen_pv_entry
xen_note XEN_ELFNOTE_VIRT_BASE, .quad, 0
xen_note XEN_ELFNOTE_PADDR_OFFSET, .quad, 0
xen_note XEN_ELFNOTE_PAE_MODE, .asciz, "yes"

/* Takes rsi = start_info, rsp in the page of the boot stack. */
	.globl xen_pv_entry
xen_pv_entry:
	cld
	movq	%rsi, %rdi
	movq	%rsp, %rsi
	leaq	boot_stack_end, %rsp
	xorl	%ebp, %ebp			/* end of the frame chain */
	call	xen_pv_door_entry
	ud2

/*
 * The trampoline: copied to a page that old and new page tables map at one address.
 *
 * Takes rbx = two struct mmuext_op (new base pointer, unpin the old tables), rbp = where the second half lies in the new
 * tables, r12 = start_info, r13 = entry, r14 = end of the boot stack, r15 = a struct mmu_update that takes the
 * trampoline's own mapping away, at an address of the new tables.  Position independent.
 */
	.section .text.leave, "ax"
	.globl xen_pv_leave_start, xen_pv_leave_last, xen_pv_leave_end
xen_pv_leave_start:
	movq	%rbx, %rdi
	movl	$2, %esi
	xorl	%edx, %edx
	movl	$DOMID_SELF, %r10d
	movl	$__HYPERVISOR_mmuext_op, %eax
	syscall
	testl	%eax, %eax
	jnz	1f
	jmp	*%rbp
1:	ud2

/* The second half lies in the page of the new boot stack, below what the kernel uses first. */
xen_pv_leave_last:
	movq	%r15, %rdi
	movl	$1, %esi
	xorl	%edx, %edx
	movl	$DOMID_SELF, %r10d
	movl	$__HYPERVISOR_mmu_update, %eax
	syscall
	testl	%eax, %eax
	jnz	1f
	movq	%r14, %rsp
	/* x87 and SSE as a domain begins: the libraries that unpack have used them. */
	fninit
	movq	$0x1f80, -8(%rsp)
	ldmxcsr	-8(%rsp)
	movq	$0, -8(%rsp)
	.irp	number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	xorps	%xmm\number, %xmm\number
	.endr
	movq	%r12, %rsi
	movq	%r13, %rax
	xorl	%ebx, %ebx
	xorl	%ecx, %ecx
	xorl	%edx, %edx
	xorl	%edi, %edi
	xorl	%ebp, %ebp
	xorl	%r8d, %r8d
	xorl	%r9d, %r9d
	xorl	%r10d, %r10d
	xorl	%r11d, %r11d
	xorl	%r12d, %r12d
	xorl	%r13d, %r13d
	xorl	%r14d, %r14d
	xorl	%r15d, %r15d
	cld
	jmp	*%rax
1:	ud2
xen_pv_leave_end:

	.section .note.GNU-stack, "", @progbits
