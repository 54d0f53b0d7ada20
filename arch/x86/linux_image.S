/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lull.bzimage: the shim in the form that loaders of Linux take (Linux, Documentation/arch/x86/boot.rst): a setup part
 * with the header and the 16-bit entry, then lull's image as it lies in memory, whose first KiB, where lull.elf has
 * its ELF headers, holds the 32-bit and the 64-bit entry.
 *
 * The image is linked at 1 MiB, and is copied there by the two entries when the loader put it elsewhere.  What lull pack
 * embeds behind it stays where it is.  What lies where the image goes may be what the loader has to say (kexec puts its
 * setup_data there), so it is saved first, behind the image, in memory that init_size claims; the door reads it there.
 */
#include <arch/x86/layout.h>
#include <arch/x86/long_mode.h>
#include <core/boot_params.h>

#define IMAGE_BASE 0x100000
/* Linked to lull.debug.elf by -R, for embedded_header and the other names that are not in this file. */
#define IMAGE_SIZE   (embedded_header + 16 - IMAGE_BASE)
#define IMAGE_OFFSET (embedded_header - IMAGE_BASE)

/* Offsets in the memory behind the image, from a page boundary: boot_params, page tables, stack, what was at 1 MiB. */
#define SAVED_PARAMS 0x0000
#define TABLE_5      0x1000
#define TABLE_4      0x2000
#define TABLE_3      0x3000
#define TABLE_2      0x4000		/* four of them, for 4 GiB */
#define TABLE_HIGH_3 0x8000
#define TABLE_HIGH_2 0x9000		/* two, for what the image can lie across */
#define BEHIND_STACK 0xc000
#define SAVED_MEMORY 0xc000

#define SETUP_SECTORS 16

/* ---- The setup part: loaded anywhere below 640 KiB, entered at 0x200 with CS 0x20 paragraphs above DS. ---- */
	.section .setup, "awx"
	.code16
setup_start:
	.org	BOOT_PARAMS_HEADER
	.byte	SETUP_SECTORS
	.short	0				/* root_flags */
	.globl	linux_syssize
linux_syssize:
	.long	image_paragraphs
	.short	0, 0xffff, 0			/* ram_size, vid_mode: as it is, root_dev */
	.short	0xaa55
	.byte	0xeb, 1f - 0x202		/* jmp; its length says where the header ends */
	.ascii	"HdrS"
	.short	0x20c				/* protocol 2.12: xloadflags */
	.long	0				/* realmode_swtch */
	.short	0x1000				/* start_sys_seg */
	.short	version - 0x200
	.byte	0				/* type_of_loader */
	.byte	0x01				/* loadflags: loaded high */
	.short	0x8000				/* setup_move_size */
	.long	IMAGE_BASE			/* code32_start */
	.long	0, 0, 0				/* ramdisk_image, ramdisk_size, bootsect_kludge */
	.short	0, 0				/* heap_end_ptr, ext_loader_* */
	.long	0				/* cmd_line_ptr */
	.long	0x7fffffff			/* initrd_addr_max */
	.long	0x200000			/* kernel_alignment */
	.byte	1, 21				/* relocatable_kernel, min_alignment */
	.short	0x3				/* xloadflags: 64-bit entry, may be loaded above 4 GiB */
	.long	4095				/* cmdline_size: BOOT_CMDLINE_SIZE */
	.long	0				/* hardware_subarch */
	.quad	0
	.long	IMAGE_SIZE, 0			/* payload_offset, payload_length: what lull pack embeds */
	.quad	0				/* setup_data */
	.quad	IMAGE_BASE			/* pref_address */
	.globl	linux_init_size
linux_init_size:
	.long	init_size
	.long	0				/* handover_offset */
header_end:
1:	cli
	cld
	movw	%ds, %ax
	movw	%ax, %es
	movw	%ax, %ss
	movl	$setup_stack_end, %esp

	/* boot_params is zero but for the header, which the loader has filled in. */
	movw	$BOOT_PARAMS_HEADER, %si
	movw	$params + BOOT_PARAMS_HEADER, %di
	movw	$header_end - setup_start - BOOT_PARAMS_HEADER, %cx
	rep movsb

	/* The memory map (ACPI 6.5, section 15.1): EBX continues it, and is 0 at its end. */
	sti
	xorl	%ebx, %ebx
	movw	$params + BOOT_PARAMS_E820_TABLE, %di
2:	movl	$0xe820, %eax
	movl	$0x534d4150, %edx
	movl	$BOOT_PARAMS_E820_ENTRY, %ecx
	int	$0x15
	jc	3f
	cmpl	$0x534d4150, %eax
	jne	3f
	addw	$BOOT_PARAMS_E820_ENTRY, %di
	incb	params + BOOT_PARAMS_E820_ENTRIES
	cmpb	$BOOT_PARAMS_E820_MOST, params + BOOT_PARAMS_E820_ENTRIES
	je	3f
	testl	%ebx, %ebx
	jnz	2b
3:	movw	$0x2401, %ax			/* A20 on, by the BIOS and by port 0x92 */
	int	$0x15
	inb	$0x92, %al
	orb	$2, %al
	andb	$0xfe, %al
	outb	%al, $0x92
	cli

	/* Flat 32-bit mode, as boot.rst has it for the 32-bit entry: CS 0x10, the others 0x18, ESI = boot_params. */
	xorl	%ebx, %ebx
	movw	%ds, %bx
	shll	$4, %ebx
	leal	setup_gdt(%ebx), %eax
	movl	%eax, setup_gdt_pointer + 2
	lgdtl	setup_gdt_pointer
	leal	4f(%ebx), %eax
	movl	%eax, 5f + 2
	leal	params(%ebx), %esi
	movl	params + BOOT_PARAMS_HEADER + 0x214 - 0x1f1, %edi	/* code32_start */
	movl	%cr0, %eax
	orb	$CR0_PE, %al
	movl	%eax, %cr0
	jmp	5f				/* the far jump was changed just now */
5:	.byte	0x66, 0xea			/* ljmpl */
	.long	0
	.short	0x10
	.code32
4:	movl	$0x18, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %fs
	movl	%eax, %gs
	movl	%eax, %ss
	jmp	*%edi

	.balign 8
setup_gdt:
	.quad	0, 0
	.quad	0x00cf9b000000ffff
	.quad	0x00cf93000000ffff
setup_gdt_pointer:
	.short	. - setup_gdt - 1
	.long	0
version:
	.asciz	"lull"
	.balign	16
params:
	.skip	BOOT_PARAMS_SIZE
	.skip	1024
setup_stack_end:
	.org	(SETUP_SECTORS + 1) * 512

/* ---- The first KiB of the image, at a multiple of 4096 wherever it is.  Only relative addresses until it is at 1 MiB. ---- */
	.section .image, "awx"
	.code32
image_start:
	/* The 32-bit entry: ESI = boot_params.  The stack is a word of boot_params that is there for this ("scratch"). */
	cli
	cld
	leal	0x1e8(%esi), %esp
	call	1f
1:	popl	%ebp
	subl	$1b - image_start, %ebp
	movl	IMAGE_OFFSET + 8(%ebp), %ebx	/* the embedded image's size */
	leal	IMAGE_SIZE + 0xfff(%ebp,%ebx), %ebx
	andl	$~0xfff, %ebx
	leal	BEHIND_STACK(%ebx), %esp
	leal	SAVED_PARAMS(%ebx), %edi
	movl	%edi, %edx
	movl	$BOOT_PARAMS_SIZE / 4, %ecx
	rep movsl
	movl	$IMAGE_BASE, %edi
	cmpl	%edi, %ebp
	je	2f
	movl	%edi, %esi
	leal	SAVED_MEMORY(%ebx), %edi
	movl	$IMAGE_SIZE, %ecx
	rep movsb
	movl	%ebp, %esi
	movl	$IMAGE_BASE, %edi
	movl	$IMAGE_SIZE, %ecx
	rep movsb
	/* On, in the copy. */
2:	movl	$in_place, %eax
	jmp	*%eax

in_place:
	movl	%ebp, shim_came_from
	movl	$0, shim_came_from + 4
	addl	$SAVED_MEMORY, %ebx
	movl	%ebx, shim_saved
	movl	$0, shim_saved + 4
	movl	%edx, %esi
	movl	$linux_params, %edi
	movl	$BOOT_PARAMS_SIZE / 4, %ecx
	rep movsl
enter_shim:
	movl	$linux_params, %ebx
	movl	$BOOT_PARAMS_HDRS, %eax
	movl	$multiboot2_entry, %ecx
	jmp	*%ecx

	.org	0x200
	.code64
	/* The 64-bit entry: RSI = boot_params, and an identity map of this, that, and the line. */
	cli
	cld
	leaq	image_start(%rip), %rbp
	movl	IMAGE_OFFSET + 8(%rbp), %ebx
	leaq	IMAGE_SIZE + 0xfff(%rbp,%rbx), %rbx
	andq	$~0xfff, %rbx
	leaq	BEHIND_STACK(%rbx), %rsp
	leaq	SAVED_PARAMS(%rbx), %rdi
	movq	%rdi, %r8
	movl	$BOOT_PARAMS_SIZE / 4, %ecx
	rep movsl
	/* Our own identity map, because the loader's need not reach to 1 MiB: the first 4 GiB, and the 2 around the image. */
	leaq	TABLE_5(%rbx), %rdi
	xorl	%eax, %eax
	movl	$(TABLE_HIGH_2 + 0x2000 - TABLE_5) / 8, %ecx
	rep stosq
	leaq	TABLE_4 + PTE_PRESENT + PTE_WRITE(%rbx), %rax
	movq	%rax, TABLE_5(%rbx)
	movq	%rbp, %rcx
	shrq	$39, %rcx
	leaq	TABLE_HIGH_3 + PTE_PRESENT + PTE_WRITE(%rbx), %rax
	movq	%rax, TABLE_4(%rbx,%rcx,8)
	leaq	TABLE_3 + PTE_PRESENT + PTE_WRITE(%rbx), %rax
	leaq	TABLE_3(%rbx), %rdx
	testl	%ecx, %ecx
	jz	3f
	leaq	TABLE_HIGH_3(%rbx), %rdx
3:	movq	%rax, TABLE_4(%rbx)
	leaq	TABLE_2 + PTE_PRESENT + PTE_WRITE(%rbx), %rax
	leaq	TABLE_3(%rbx), %rdi
	movl	$4, %ecx
4:	stosq
	addq	$0x1000, %rax
	loop	4b
	movl	$PTE_PRESENT + PTE_WRITE + PTE_LARGE, %eax
	leaq	TABLE_2(%rbx), %rdi
	movl	$4 * 512, %ecx
5:	stosq
	addq	$0x200000, %rax
	loop	5b
	movq	%rbp, %rcx
	shrq	$30, %rcx
	cmpl	$4, %ecx
	jb	7f
	movl	%ecx, %eax
	andl	$511, %eax
	leaq	TABLE_HIGH_2 + PTE_PRESENT + PTE_WRITE(%rbx), %rdi
	movq	%rdi, (%rdx,%rax,8)
	addq	$0x1000, %rdi
	cmpl	$511, %eax			/* the table ends here, and behind it is another */
	je	0f
	movq	%rdi, 8(%rdx,%rax,8)
0:	shlq	$30, %rcx
	leaq	PTE_PRESENT + PTE_WRITE + PTE_LARGE(%rcx), %rax
	leaq	TABLE_HIGH_2(%rbx), %rdi
	movl	$2 * 512, %ecx
6:	stosq
	addq	$0x200000, %rax
	loop	6b
7:	leaq	TABLE_4(%rbx), %rcx
	movq	%cr4, %rax
	btl	$12, %eax			/* LA57: one level more */
	jnc	8f
	leaq	TABLE_5(%rbx), %rcx
8:	movq	%rcx, %cr3

	movl	$IMAGE_BASE, %edi
	cmpq	%rdi, %rbp
	je	9f
	movl	%edi, %esi
	leaq	SAVED_MEMORY(%rbx), %rdi
	movl	$IMAGE_SIZE, %ecx
	rep movsb
	movq	%rbp, %rsi
	movl	$IMAGE_BASE, %edi
	movl	$IMAGE_SIZE, %ecx
	rep movsb
9:	movl	$in_place_64, %eax
	jmp	*%rax

in_place_64:
	movq	%rbp, shim_came_from
	addq	$SAVED_MEMORY, %rbx
	movq	%rbx, shim_saved
	movq	%r8, %rsi
	movl	$linux_params, %edi
	movl	$BOOT_PARAMS_SIZE / 4, %ecx
	rep movsl
	movl	$boot_stack_end, %esp
	lgdt	gdt_pointer_64
	pushq	$SELECTOR_CODE32
	pushq	$leave_64
	lretq
	.code32
leave_64:
	leave_long_mode
	jmp	enter_shim

gdt_pointer_64:
	.short	4 * 8 - 1
	.quad	boot_gdt
	.org	0x400
	.incbin	"build/lull.flat"

	.balign	16
	.section .note.GNU-stack, "", @progbits
