/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What UEFI firmware runs when it is given a UKI that lull pack made: prints why that does not work and returns.
 *
 * Takes: the UEFI calling convention (UEFI 2.10, section 2.3.4): rcx = image handle, rdx = system table, stack 16 bytes
 * aligned before the call.  Clobbers what a call may.  Linked into the host tool as data, so it may use no symbol
 * outside itself.
 */
#define SYSTEM_TABLE_CON_OUT   64
#define CON_OUT_OUTPUT_STRING  8
/* The caller's 32 bytes for the callee's register arguments, and 8 that align the stack again. */
#define CALL_FRAME             40
#define EFI_UNSUPPORTED        0x8000000000000003

	.section .rodata.efi_refusal, "a", @progbits
	.balign 16
	.globl efi_refusal_start
efi_refusal_start:
	mov	SYSTEM_TABLE_CON_OUT(%rdx), %rcx
	test	%rcx, %rcx
	jz	1f
	sub	$CALL_FRAME, %rsp
	lea	text(%rip), %rdx
	call	*CON_OUT_OUTPUT_STRING(%rcx)
	add	$CALL_FRAME, %rsp
1:	movabs	$EFI_UNSUPPORTED, %rax
	ret
	.balign 2
text:
	.string16 "lull: UEFI cannot start this image: it holds no EFI boot stub.\r\nlull: Start the .elf file made with it, or build the UKI with ukify.\r\n"
	.globl efi_refusal_end
efi_refusal_end:

	.section .note.GNU-stack, "", @progbits
