/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The entry of lull.efi.  Firmware has put the image anywhere and may have made its text read-only, so all that a
 * relocation changes lies in .data (lull_efi.lds), and the image does it itself.  All are relative and packed (generic ABI,
 * "Relative relocations", DT_RELR): an even word is the address of one, an odd one has a bit for each of the 63 words behind that.
 *
 * Takes: the UEFI calling convention (UEFI 2.10, section 2.3.4): rcx = image handle, rdx = system table, stack 16 bytes
 * aligned before the call.  rsi and rdi are the caller's.
 */
#include <core/version.h>

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
	jae	5f
	movq	(%rsi), %rax
	addq	$8, %rsi
	testb	$1, %al
	jnz	2f
	addq	%r8, (%r8,%rax)
	leaq	8(%r8,%rax), %r9
	jmp	1b
2:	movq	%r9, %r10
3:	shrq	%rax
	jz	4f
	testb	$1, %al
	jz	6f
	addq	%r8, (%r10)
6:	addq	$8, %r10
	jmp	3b
4:	addq	$63 * 8, %r9
	jmp	1b
5:	call	efi_main
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
