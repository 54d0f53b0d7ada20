/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The 32-bit doors: PVH and multiboot.  Both arrive in flat protected mode without paging and promise nothing about
 * the stack, the direction flag or the descriptor table, so nothing of these is used; multiboot nothing about control registers.
 *
 * From here on: own GDT, own stack, identity map of the first 4 GiB, long mode, and door_entry() in C.
 */
#include <arch/x86/elfnote.h>
#include <arch/x86/layout.h>
#include <core/boot_params.h>
#include <core/embedded.h>
#include <xen/elfnote.h>

	.section .text.head, "ax"
	.code32

/*
 * Multiboot2 header (specification 2.0, section 3.1).  No address tag: the loader reads our ELF headers.  Modules are
 * wanted page aligned, so that an initrd may stay where it is.
 */
	.balign 8
	.globl multiboot2_header
multiboot2_header:
	.long 0xe85250d6, 0, 2f - multiboot2_header, -(0xe85250d6 + 0 + (2f - multiboot2_header))
	.short 6, 0				/* module alignment */
	.long 8
	.short 0, 0				/* end */
	.long 8
2:

xen_note XEN_ELFNOTE_GUEST_OS, .asciz, "lull"
xen_note XEN_ELFNOTE_LOADER, .asciz, "generic"
xen_note XEN_ELFNOTE_XEN_VERSION, .asciz, "xen-3.0"
xen_note XEN_ELFNOTE_PHYS32_ENTRY, .long, pvh_entry

/* Takes ebx = start_info (Xen docs/misc/pvh.pandoc). */
	.globl pvh_entry
pvh_entry:
	xorl	%eax, %eax
	jmp	enter

/* Takes eax = the magic of multiboot1 or 2, ebx = boot information. */
	.globl multiboot2_entry
multiboot2_entry:
	testl	%eax, %eax
	jnz	enter
	notl	%eax				/* zero would read as PVH; any wrong magic will do */
enter:
	cld
	movl	$boot_stack_end, %esp
	movl	%eax, %ebp
	lgdt	boot_gdt_pointer
	ljmp	$SELECTOR_CODE32, $1f
1:	movl	$SELECTOR_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %fs
	movl	%eax, %gs
	movl	%eax, %ss
	pushl	$0				/* RFLAGS: IF, DF, AC, NT clear */
	popfl

	/* Long mode and NX, or nothing of ours can run (CPUID 0x80000001, EDX 29 and 20). */
	movl	$0x80000000, %eax
	pushl	%ebx
	cpuid
	cmpl	$0x80000001, %eax
	jb	no_long_mode
	movl	$0x80000001, %eax
	cpuid
	andl	$(1 << 29 | 1 << 20), %edx
	cmpl	$(1 << 29 | 1 << 20), %edx
	jne	no_long_mode
	popl	%ebx

	/* The identity map of 4 GiB by 2 MiB pages, writable and for now executable; paging_start() narrows it. */
	movl	$page_directory, %edi
	movl	$(PTE_PRESENT | PTE_WRITE | PTE_LARGE), %eax
	xorl	%edx, %edx
2:	movl	%eax, (%edi)
	movl	%edx, 4(%edi)
	addl	$8, %edi
	addl	$0x200000, %eax
	jnc	2b
	movl	$(page_directory + PTE_PRESENT + PTE_WRITE), %eax
	movl	$page_directory_pointers, %edi
	movl	$4, %ecx
3:	movl	%eax, (%edi)
	addl	$0x1000, %eax
	addl	$8, %edi
	loop	3b
	movl	$(page_directory_pointers + PTE_PRESENT + PTE_WRITE), page_map

	/*
	 * These registers are loaded and not inherited: multiboot defines CR0.PE and CR0.PG of them and no more (Multiboot Specification
	 * 0.6.96, section 3.2).  CR4.LA57 may still be set, where firmware was in 5-level paging; these tables have four levels, and only
	 * without paging can it be cleared.  CR4.MCE stays, because a machine check without it shuts the machine down in silence.  DR7
	 * may hold the breakpoints of whoever ran before.
	 *
	 * SSE is for the libraries that unpack; nothing of ours uses it, and leave.S turns it off.
	 */
	movl	%cr4, %eax
	andl	$CR4_MCE, %eax
	orl	$(CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT), %eax
	movl	%eax, %cr4
	xorl	%eax, %eax
	movl	%eax, %dr7
	movl	$page_map, %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	movl	$(EFER_LME | EFER_NXE), %eax
	xorl	%edx, %edx
	wrmsr
	movl	$(CR0_PG | CR0_WP | CR0_ET | CR0_MP | CR0_PE), %eax
	movl	%eax, %cr0
	ljmp	$SELECTOR_CODE64, $enter64

	.code64
enter64:
	movl	%ebp, %edi			/* 0 for PVH, else the loader's magic */
	movl	%ebx, %esi			/* the loader's structure */
	xorl	%ebp, %ebp			/* end of the frame chain */
	call	door_entry
	ud2

/*
 * A CPU without long mode: there is no C to run, so the block is written from here, to the serial port and to the
 * debug port, before the machine stops.
 */
	.code32
no_long_mode:
	movl	$no_long_mode_text, %esi
1:	lodsb
	testb	%al, %al
	jz	3f
	outb	%al, $0xe9
	movb	%al, %ah
	movl	$100000, %ecx
	movw	$0x3fd, %dx
2:	inb	%dx, %al
	testb	$0x20, %al
	loopz	2b
	movb	%ah, %al
	movw	$0x3f8, %dx
	outb	%al, %dx
	jmp	1b
3:	movb	$0x31, %al
	outb	%al, $0xf4
4:	cli
	hlt
	jmp	4b

	.section .rodata, "a"
no_long_mode_text:
	.ascii	"\r\n================ lull error 100: no-long-mode ================\r\n"
	.ascii	"expected: a CPU with long mode and the NX bit\r\n"
	.ascii	"found:    one without\r\n"
	.ascii	"do:       give the guest a 64-bit CPU\r\n"
	.asciz	"==================================================================\r\n"

	.balign 8
	.globl boot_gdt
boot_gdt:
	.quad	0
	.quad	0x00cf9b000000ffff		/* 0x08: 32-bit code */
	.quad	0x00af9b000000ffff		/* 0x10: 64-bit code */
	.quad	0x00cf93000000ffff		/* 0x18: data */
boot_gdt_pointer:
	.short	. - boot_gdt - 1
	.long	boot_gdt

	.section .bss, "aw", @nobits
	.balign 4096
	.globl page_map, page_directory_pointers, page_directory
page_map:
	.skip	4096
page_directory_pointers:
	.skip	4096
page_directory:
	.skip	4 * 4096
	.globl boot_stack_guard, boot_stack_end
boot_stack_guard:				/* unmapped by paging_start() */
	.skip	4096
	.skip	BOOT_STACK_SIZE
boot_stack_end:

	/* The loader's boot_params (linux_image.S). */
	.globl linux_params
linux_params:
	.skip	BOOT_PARAMS_SIZE

	.section .payload, "a"
	.globl embedded_header
embedded_header:
	.ascii	EMBEDDED_MAGIC
	.quad	0

	.section .note.GNU-stack, "", @progbits
