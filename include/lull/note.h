/* SPDX-License-Identifier: MIT */
/*
 * Tells lull where a kernel's patch sites are, in C and in GNU as (x86-64).  Self-contained: needs nothing else of lull.
 *
 * Each note names one piece of the kernel by the virtual addresses that it is linked at, so that neither symbols nor
 * section headers are needed.  One source file of the kernel says, with symbols of its link script or of its own:
 *
 *	LULL_NOTE(LULL_NOTE_SITES, sites_start, sites_end)	the section .lull_sites
 *	LULL_NOTE(LULL_NOTE_IMAGES, images_start, images_end)	the section .lull_images
 *	LULL_NOTE(LULL_NOTE_TEXT, text_start, text_end)		what may be patched: all text with sites in it
 *	LULL_NOTE(LULL_NOTE_DATA, data_start, data_end)		where the slots of paravirtual calls are
 *	LULL_NOTE(LULL_NOTE_RECEIPT, receipt, receipt + LULL_RECEIPT_SIZE)	lull/receipt.h
 *
 * SITES and TEXT must be there, no type twice, and the receipt must not lie in the text.  Each range lies within the bytes
 * that one PT_LOAD has in the file (not in .bss); an empty one may be anywhere.  In C the macro stands outside of every
 * function, and takes the symbols bare, as they are here.
 *
 * The linker script puts the section .note.lull into a PT_NOTE.  Its notes come in steps of 4 bytes.
 */
#ifndef LULL_NOTE_H
#define LULL_NOTE_H

/* The owner of the notes; its terminator counts, as in every ELF note. */
#define LULL_NOTE_NAME		"lull"
#define LULL_NOTE_NAME_SIZE	5

/* Types.  A shim refuses a kernel with a type that it does not know, because it would not do what the kernel asks. */
#define LULL_NOTE_SITES		1
#define LULL_NOTE_IMAGES	2
#define LULL_NOTE_TEXT		3
#define LULL_NOTE_DATA		4
#define LULL_NOTE_RECEIPT	5

/* The descriptor: two 64-bit virtual addresses, the first byte and the one behind the last. */
#define LULL_NOTE_SIZE		16

#define LULL_NOTE_ASM_(type, start, end) \
	.pushsection .note.lull, "a", @note ; .balign 4 ; \
	.long LULL_NOTE_NAME_SIZE, LULL_NOTE_SIZE, type ; \
	.ascii "lull\0\0\0\0" ; \
	.quad start, end ; \
	.popsection

#ifdef __ASSEMBLER__
#define LULL_NOTE(type, start, end)	LULL_NOTE_ASM_(type, start, end)
#else

#include <stdint.h>

#define LULL_NOTE_STRING_(...)		#__VA_ARGS__
#define LULL_NOTE_QUOTE_(...)		LULL_NOTE_STRING_(__VA_ARGS__)
#define LULL_NOTE(type, start, end)	__asm__(LULL_NOTE_QUOTE_(LULL_NOTE_ASM_(type, start, end)));

/* One note as it lies in the file. */
struct lull_note {
	uint32_t name_size;
	uint32_t size;
	uint32_t type;
	char     name[8];
	/* Two halves each, because notes are aligned 4. */
	uint32_t start[2];
	uint32_t end[2];
};

_Static_assert(sizeof(struct lull_note) == 36, "the assembler writes 36 bytes a note");

#endif
#endif
