/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The smallest guests, for testing the lab and not lull. PVH kernels that print a line on COM1 and then end the way that
 * the macro HOW says: one of END_POWEROFF, END_CRASH (the debug-exit port), END_RESET (the keyboard controller),
 * END_TRIPLE_FAULT, END_HANG, END_TALK (prints for ever), END_LINES (prints the line 20,000 times, which is more
 * than a pipe holds, and powers off), END_VECTORS (writes to the vector registers for ever).
 */
#ifdef END_LINES
#define END_POWEROFF
#define LINES	20000
#else
#define LINES 1
#endif
	.section .note, "a", @note
	/* Xen's elfnote.h: XEN_ELFNOTE_PHYS32_ENTRY. */
	.long	4, 4, 18
	.asciz	"Xen"
	.long	start

	/* Multiboot2's header, for GRUB: magic, i386, size, checksum, and the tag that ends it. */
	.section .multiboot2, "a"
	.balign	8
1:	.long	0xe85250d6, 0, 2f - 1b, -(0xe85250d6 + (2f - 1b))
	.long	0, 8
2:
	.text
	.code32
	.globl	start
start:
	cld
	movl	$LINES, %ecx
0:	movl	$message, %esi
1:	movw	$0x3fd, %dx
	/* Until the transmitter is empty, but not for ever: Linux too writes to one that stays busy for 10 ms. */
	movl	$0x10000, %ebx
2:	inb	%dx, %al
	testb	$0x40, %al
	jnz	4f
	decl	%ebx
	jnz	2b
4:
	movw	$0x3f8, %dx
	lodsb
	testb	%al, %al
	jz	3f
	outb	%al, %dx
	jmp	1b
3:	decl	%ecx
	jnz	0b
#if defined(END_POWEROFF)
	movl	$0x10, %eax
	outl	%eax, $0xf4
	/* Bochs has no such port; it takes a word at another. */
	movl	$goodbye, %esi
	movw	$0x8900, %dx
	movl	$8, %ecx
	rep outsb
#elif defined(END_CRASH)
	movl	$0x31, %eax
	outl	%eax, $0xf4
	cli
	hlt
#elif defined(END_RESET)
	movb	$0xfe, %al
	outb	%al, $0x64
#elif defined(END_TRIPLE_FAULT)
	lidt	empty
	int3
#elif defined(END_TALK)
	jmp	start
#elif defined(END_VECTORS)
	/* CR4.OSFXSR, without which there is no SSE; CR0.EM is clear in a PVH guest. */
	movl	%cr4, %eax
	orl	$0x200, %eax
	movl	%eax, %cr4
6:	pcmpeqd	%xmm0, %xmm0
	pcmpeqd	%xmm1, %xmm1
	jmp	6b
#elif !defined(END_HANG)
#error "say how it ends"
#endif
5:	pause
	jmp	5b

message:
	.asciz	"TINY GUEST\n"
goodbye:
	.ascii	"Shutdown"
empty:
	.word	0
	.long	0
