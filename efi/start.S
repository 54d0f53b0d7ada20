/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The entry of lull.efi.  Firmware has put the image anywhere and may have made its text read-only, so all that a
 * relocation changes lies in .data (lull_efi.lds), and the image does it itself: each is R_X86_64_RELATIVE.
 *
 * Takes: the UEFI calling convention (UEFI 2.10, section 2.3.4): rcx = image handle, rdx = system table, stack 16 bytes
 * aligned before the call.  rsi and rdi are the caller's.
 */
#include <core/version.h>

#define RELATIVE 8 /* R_X86_64_RELATIVE (System V ABI, AMD64 supplement, table 4.9) */

	.section .text.start, "ax"
	.globl efi_start
efi_start:
	pushq	%rsi
	pushq	%rdi
	subq	$40, %rsp			/* the callee's 32 bytes, and 8 that align the stack */
	leaq	relocations_start(%rip), %rsi
	leaq	relocations_end(%rip), %rdi
	leaq	image_start(%rip), %r8
1:	cmpq	%rdi, %rsi
	jae	2f
	cmpl	$RELATIVE, 8(%rsi)
	jne	3f
	movq	(%rsi), %rax
	movq	16(%rsi), %r9
	addq	%r8, %r9
	movq	%r9, (%r8,%rax)
3:	addq	$24, %rsi
	jmp	1b
2:	call	efi_main
	addq	$40, %rsp
	popq	%rdi
	popq	%rsi
	ret

/*
 * SBAT (shim's SBAT.md): which generation of lull.efi this is, for revocations.  The section ends without a NUL.
 */
	.section .sbat, "a"
	.ascii	"sbat,1,SBAT Version,sbat,1,https://github.com/rhboot/shim/blob/main/SBAT.md\n"
	.ascii	"lull,1,lull,lull,", LULL_VERSION, ",lull\n"

	.section .note.GNU-stack, "", @progbits
