/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The entry of the test guest.  It relies on nothing that Xen's docs/misc/pvh.pandoc does not promise: it loads its
 * own descriptor table before any segment, has its own stack, and clears the direction flag.  What the loader left in
 * the registers is put away first, for entry.c to judge.
 *
 * With MULTIBOOT, 1 or 2, it has that header, and no note; with FLAT, addresses in it, for a file that is no ELF file.
 */
#include <xen/elfnote.h>

#include "head.h"

#ifndef MULTIBOOT
	.section .note.Xen, "a", @note
	xen_note XEN_ELFNOTE_PHYS32_ENTRY, .long pvh_entry
#endif

	.section .text.head, "ax"
#if defined(MULTIBOOT) && MULTIBOOT == 1
/* Modules on pages, the size of memory, a video mode (which a loader may lack); and the addresses of a flat file. */
#ifdef FLAT
#define FLAGS 0x10007
#else
#define FLAGS 0x7
#endif
	.balign 4
header:
	.long	0x1badb002, FLAGS, -(0x1badb002 + FLAGS)
	.long	header, image_start, 0, image_end, pvh_entry
	.long	0, 0, 0, 0			/* any video mode */
#elif defined(MULTIBOOT)
	.balign 8
header:
	.long	0xe85250d6, 0, header_end - header, -(0xe85250d6 + header_end - header)
	.balign 8
	.short	1, 0				/* memory map and command line must be told */
	.long	16, 6, 1
#ifdef FLAT
	.balign 8
	.short	2, 0				/* the file is loaded from its beginning */
	.long	24, header, -1, 0, image_end
	.balign 8
	.short	3, 0
	.long	12, pvh_entry
#endif
	.balign 8
	.short	5, 1				/* a framebuffer, if there is one */
	.long	20, 0, 0, 0
	.balign 8
	.short	6, 0				/* modules on pages */
	.long	8
	.balign 8
	.short	99, 1				/* what nobody knows */
	.long	8
	.balign 8
	.short	0, 0
	.long	8
header_end:
#endif
	.code32
	.globl	pvh_entry
pvh_entry:
	movl	%eax, %ebp
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
	movl	%ebp, entry_state + 32
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

	.globl	exception_stubs
	.balign	16
exception_stubs:
	exception_ways 32, 16, exception_common
exception_common:
	call_exception

	.data
	.balign 8
	.globl	entry_state
entry_state:
	.fill	9, 4, 0xaaaaaaaa
	descriptors

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
