/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small PV kernel for each way in which notes can ask for something (shim/payload/xen_pv.c has the table).  guests.mk
 * builds it with one of
 *
 *   PAGE      HYPERCALL_PAGE; what is there must be what Xen writes when it is asked, and its calls must work
 *   DEFAULTS  neither ENTRY nor VIRT_BASE nor PADDR_OFFSET
 *   P2M=N     INIT_P2M at N: 0, or across two slots of the top page table
 *   PHYSICAL  p_paddr is the virtual address, and PADDR_OFFSET says so
 *   SYMBOLS   BSD_SYMTAB
 *   STRING    no note at all, but a string in __xen_guest, with a hypercall page
 *   LAST      two ENTRY notes, of which the last counts
 *
 * and BASE, the address of page 0.  Xen's own builder starts each of them, and so must lull.
 */
#include <xen/elfnote.h>

#include "../head.h"

#define XEN_VERSION 17
#define CONSOLE_IO  18
#define IRET        23
#define SCHED_OP    29
#define SHUTDOWN    2
#define POWEROFF    0
#define CRASH       3
/* FLAT_RING3_CS64 with the RPL by which HYPERVISOR_iret knows the guest's kernel; FLAT_RING3_SS64 (xen-x86_64.h). */
#define CS          0xe030
#define SS          0xe02b
/* struct start_info (xen.h). */
#define NR_PAGES      32
#define MFN_LIST      104
#define NR_P2M_FRAMES 1160
#define MACHINE_TO_PHYS 0xffff800000000000
#define MSR_HYPERCALL_PAGE 0x40000000

#ifdef STRING
	.section __xen_guest, "", @progbits
	/* Without ELF_PADDR_OFFSET, p_paddr is the virtual address. */
	.ascii	"GUEST_OS=linux,XEN_VER=xen-3.0,VIRT_BASE=0xffffffff80000000,VIRT_ENTRY=0xffffffff80100000,"
	.asciz	"HYPERCALL_PAGE=0x101,PAE=yes[extended-cr3],FEATURES=writable_page_tables|dom0"
#else
	.section .note.Xen, "a", @note
	xen_note XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0"
	xen_note XEN_ELFNOTE_LOADER, .asciz "generic"
#ifndef DEFAULTS
#ifdef LAST
	xen_note XEN_ELFNOTE_ENTRY, .quad fail
#endif
	xen_note XEN_ELFNOTE_ENTRY, .quad start
	xen_note XEN_ELFNOTE_VIRT_BASE, .quad BASE
#ifdef PHYSICAL
	xen_note XEN_ELFNOTE_PADDR_OFFSET, .quad BASE
#endif
#endif
#ifdef PAGE
	xen_note XEN_ELFNOTE_HYPERCALL_PAGE, .quad hypercall_page
#endif
#ifdef P2M
	xen_note XEN_ELFNOTE_INIT_P2M, .quad P2M
#endif
#ifdef SYMBOLS
	xen_note XEN_ELFNOTE_BSD_SYMTAB, .asciz "yes"
#endif
#endif

	.text
	.globl	start, fail
start:
	cld
	movq	%rsi, %rbp
	call	check_list
#ifdef P2M
	movabsq	$P2M, %rax
	cmpq	%rax, MFN_LIST(%rbp)
	jne	fail
	cmpq	$0, NR_P2M_FRAMES(%rbp)
	je	fail
#endif
#ifdef SYMBOLS
	call	check_symbols
#endif
#if defined(PAGE) || defined(STRING)
	call	check_page
#endif
	leaq	good(%rip), %rdx
	movl	$(good_end - good), %esi
	movl	$POWEROFF, %ebx
	jmp	say

fail:
	leaq	bad(%rip), %rdx
	movl	$(bad_end - bad), %esi
	movl	$CRASH, %ebx
say:
	xorl	%edi, %edi
	movl	$CONSOLE_IO, %eax
	syscall
	pushq	%rbx
	movq	%rsp, %rsi
	movl	$SHUTDOWN, %edi
	movl	$SCHED_OP, %eax
	syscall
	ud2

/* The first and the last page of the list are what Xen's own table says. */
check_list:
	movq	MFN_LIST(%rbp), %rbx
	movabsq	$MACHINE_TO_PHYS, %rdx
	movq	(%rbx), %rax
	cmpq	$0, (%rdx,%rax,8)
	jne	fail
	movq	NR_PAGES(%rbp), %rcx
	decq	%rcx
	movq	(%rbx,%rcx,8), %rax
	cmpq	%rcx, (%rdx,%rax,8)
	jne	fail
	ret

#ifdef SYMBOLS
/* The size, an ELF header with three sections, symbols and strings, and no byte of another use (the last is 0). */
check_symbols:
	leaq	image_end + 7(%rip), %rax
	andq	$-8, %rax
	movl	(%rax), %ecx
	cmpl	$256, %ecx
	jbe	fail
	addq	$4, %rax
	cmpl	$0x464c457f, (%rax)
	jne	fail
	cmpw	$3, 60(%rax)
	jne	fail
	cmpl	$2, 64 + 64 + 4(%rax)
	jne	fail
	cmpl	$3, 64 + 128 + 4(%rax)
	jne	fail
	movq	64 + 128 + 24(%rax), %rdx
	addq	64 + 128 + 32(%rax), %rdx
	cmpq	%rcx, %rdx
	jne	fail
	cmpb	$0, -1(%rax,%rdx)
	jne	fail
	cmpb	$0, -2(%rax,%rdx)
	je	fail
	ret
#endif

#if defined(PAGE) || defined(STRING)
check_page:
	/* Xen fills another page in the same way. */
	leaq	other_page(%rip), %rdi
	movq	%rdi, %rax
	movabsq	$BASE, %rcx
	subq	%rcx, %rax
	shrq	$12, %rax
	movq	(%rbx,%rax,8), %rax
	shlq	$12, %rax
	movq	%rax, %rdx
	shrq	$32, %rdx
	movl	$MSR_HYPERCALL_PAGE, %ecx
	wrmsr
	leaq	hypercall_page(%rip), %rsi
	movl	$4096, %ecx
	repe cmpsb
	jne	fail
	/* Its calls work, and the one that does not return; without IF in its flags, events stay masked. */
	xorl	%edi, %edi
	call	hypercall_page + XEN_VERSION * 32
	testl	%eax, %eax
	jle	fail
	movq	%rsp, %rax
	pushq	$SS
	pushq	%rax
	pushq	$2
	pushq	$CS
	leaq	returned(%rip), %rax
	pushq	%rax
	pushq	$0
	jmp	hypercall_page + IRET * 32
returned:
	ret

	/* Of 2006, the string counts it in pages: 0x101. */
	.balign	4096
hypercall_page:
	.fill	4096, 1, 0xcc
#endif

	.section .rodata
good:	.ascii	"GUEST OK\n"
good_end:
bad:	.ascii	"GUEST FAIL\n"
bad_end:

	.bss
	.balign	4096
other_page:
	.skip	4096 + 20
	.section .note.GNU-stack, "", @progbits
