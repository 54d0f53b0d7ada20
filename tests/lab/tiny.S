/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The smallest guests, for testing the lab and not lull. PVH kernels that print a line on COM1 and then end the way that
 * the macro HOW says: one of END_POWEROFF, END_CRASH (the debug-exit port), END_RESET (the keyboard controller),
 * END_TRIPLE_FAULT, END_HANG, END_TALK (prints for ever).
 */
	.section .note, "a", @note
	/* Xen's elfnote.h: XEN_ELFNOTE_PHYS32_ENTRY. */
	.long	4, 4, 18
	.asciz	"Xen"
	.long	start

	.text
	.code32
	.globl	start
start:
	cld
	movl	$message, %esi
	movw	$0x3f8, %dx
1:	lodsb
	testb	%al, %al
	jz	2f
	outb	%al, %dx
	jmp	1b
2:
#if defined(END_POWEROFF)
	movl	$0x10, %eax
	outl	%eax, $0xf4
#elif defined(END_CRASH)
	movl	$0x31, %eax
	outl	%eax, $0xf4
#elif defined(END_RESET)
	movb	$0xfe, %al
	outb	%al, $0x64
#elif defined(END_TRIPLE_FAULT)
	lidt	empty
	int3
#elif defined(END_TALK)
	jmp	start
#elif !defined(END_HANG)
#error "say how it ends"
#endif
3:	pause
	jmp	3b

message:
	.asciz	"TINY GUEST\n"
empty:
	.word	0
	.long	0
