/* SPDX-License-Identifier: MIT */
/*
 * Declares patch sites, in C and in GNU as (x86-64).  Self-contained: needs nothing else of lull.
 *
 * A site is a place in the text whose final instructions are known only at boot.  It is written as a beginning, any
 * number of choices and an end; the last choice whose feature is there wins:
 *
 *	LULL_SITE_TRAPPED				the site holds int3 until it is patched, and must be patched
 *	LULL_CHOICE(LULL_FEATURE_ALWAYS, vmcall)
 *	LULL_CHOICE(LULL_FEATURE_VENDOR_AMD, vmmcall)
 *	LULL_SITE_END
 *
 * In assembly the code follows the feature bare; in C it is a string and the whole stands in one asm statement that has
 * operands or at least a colon (so that %% is a percent sign and %0 an operand, in choices too):
 *
 *	__asm__ volatile(LULL_SITE_TRAPPED
 *			 LULL_CHOICE(LULL_FEATURE_ALWAYS, "vmcall")
 *			 LULL_CHOICE(LULL_FEATURE_VENDOR_AMD, "vmmcall")
 *			 LULL_SITE_END : "+a"(number) : "D"(argument) : "memory");
 *
 * Three ways to begin:
 *
 *	LULL_SITE_TRAPPED		int3; a site that no choice fits stops the boot
 *	LULL_SITE_CODE(code)		ordinary code that is right without patching, assembled twice: no labels in it
 *	LULL_SITE_CALL(slot)		call *slot(%rip); becomes a direct call of what the slot points to, or a choice
 *
 * A site is as large as its largest choice; what a shorter one leaves is filled with NOPs.  A choice may begin with a
 * jump or a call out of the choice (LULL_JUMP_TO, LULL_CALL_TO); every other instruction must mean the same at any
 * address: nothing relative to rip.  Sites do not nest in this header yet (the table may; the engine takes it).
 *
 * LULL_LOCK stands for the lock prefix, in front of an instruction, and goes away where one CPU is all there can be.
 *
 * The linker script keeps two sections, both read-only data: .lull_sites (the table, 16 bytes a record) and
 * .lull_images (the bytes of the choices).
 */
#ifndef LULL_SITE_H
#define LULL_SITE_H

/*
 * What a choice can ask for.  0..63 are lull's, 64..127 the kernel's own (LULL_FEATURE_OWN).  Numbers are stable.
 * With LULL_FEATURE_NOT a choice asks for the feature to be absent.
 */
#define LULL_FEATURE_ALWAYS		0
#define LULL_FEATURE_ERMS		1	/* fast rep movsb (CPUID 7.0:EBX 9) */
#define LULL_FEATURE_FSRM		2	/* fast short rep movsb (CPUID 7.0:EDX 4) */
#define LULL_FEATURE_SERIALIZE		3	/* the SERIALIZE instruction (CPUID 7.0:EDX 14) */
#define LULL_FEATURE_VENDOR_AMD		4	/* hypercalls are vmmcall: AMD and Hygon */
#define LULL_FEATURE_ONE_CPU		8	/* one CPU is all there can ever be */
#define LULL_FEATURE_MASK_FLAG		9	/* events are masked by RFLAGS.IF */
#define LULL_FEATURE_MASK_BYTE		10	/* events are masked by Xen's evtchn_upcall_mask */
#define LULL_FEATURE_BACKEND_NATIVE	16
#define LULL_FEATURE_BACKEND_XEN_PV	17
#define LULL_FEATURE_BACKEND_XEN_HVM	18	/* PVH and HVM */
#define LULL_FEATURE_BACKEND_KVM	19
#define LULL_FEATURE_BACKEND_HYPERV	20
#define LULL_FEATURE_BACKEND_VMWARE	21
#define LULL_FEATURE_OWN(number)	(64 + (number))
#define LULL_FEATURE_COUNT		128
#define LULL_FEATURE_NOT		0x8000

/* Kinds of records: what the site holds before it is patched, or what a choice would put there. */
#define LULL_KIND_TRAPPED	1	/* int3 over the whole site */
#define LULL_KIND_CODE		2	/* the image, then single-byte NOPs to the end of the site */
#define LULL_KIND_CALL		3	/* call *slot(%rip), then single-byte NOPs; `image` is the slot */
#define LULL_KIND_CHOICE	4	/* nothing: a choice, to be written when its feature is there */
#define LULL_KIND_LOCK		5	/* f0; 3e when the feature is there */
#define LULL_KIND_BRANCH	6	/* reserved: static branches */

/* What lull_self_test() returns once the sites are patched. */
#define LULL_SELF_TEST_PATCHED	0x6c6c756c

/*
 * The assembly, once for both languages: bare in assembly, turned into strings for C.  771 is the beginning of a site,
 * 772 its end, 773 and 774 those of an image, 775 where the site ends so far.
 */
#define LULL_RECORD_(kind, key, image, image_size) \
	.pushsection .lull_sites, "a" ; .balign 4 ; \
	.long 771b - . ; .long image ; .short key ; .byte kind ; .byte 0 ; \
	.byte 772f - 771b ; .byte image_size ; .short 0 ; \
	.popsection
/* An error of the assembler ("attempt to move .org backwards") when a length does not fit its byte; no bytes. */
#define LULL_CHECK_LENGTH_(length) \
	.pushsection .lull_check, "e", @nobits ; 776: .skip length ; .org 776b + 255 ; .popsection
#define LULL_IMAGE_BEGIN_	.pushsection .lull_images, "a" ; 773:
#define LULL_IMAGE_END_		774: ; .popsection
/* Fills in what the site lacks to hold the image.  A comparison that is true is -1 in GNU as, all ones. */
#define LULL_WIDEN_(filler) \
	775: .fill ((774b - 773b) > (775b - 771b)) & ((774b - 773b) - (775b - 771b)), 1, filler
#define LULL_TRAPPED_BEGIN_	.set .Llull_fill, 0xcc ; 771: ; LULL_RECORD_(LULL_KIND_TRAPPED, 0, 0, 0)
#define LULL_CODE_BEGIN_	.set .Llull_fill, 0x90 ; 771:
#define LULL_CODE_RECORD_	LULL_RECORD_(LULL_KIND_CODE, 0, 773b - ., 774b - 773b)
#define LULL_CALL_RECORD_(slot)	LULL_RECORD_(LULL_KIND_CALL, 0, (slot) - ., 0)
#define LULL_CHOICE_RECORD_(key) \
	LULL_WIDEN_(.Llull_fill) ; LULL_RECORD_(LULL_KIND_CHOICE, key, 773b - ., 774b - 773b)
#define LULL_END_		772: ; LULL_CHECK_LENGTH_(772b - 771b)
#define LULL_LOCK_ \
	771: .byte 0xf0 ; 772: ; \
	.pushsection .lull_sites, "a" ; .balign 4 ; \
	.long 771b - . ; .long 0 ; .short LULL_FEATURE_ONE_CPU ; .byte LULL_KIND_LOCK ; .byte 0 ; \
	.byte 1 ; .byte 0 ; .short 0 ; \
	.popsection

#ifdef __ASSEMBLER__

#define LULL_SITE_TRAPPED	LULL_TRAPPED_BEGIN_
#define LULL_SITE_CODE(...) \
	LULL_CODE_BEGIN_ __VA_ARGS__ ; LULL_IMAGE_BEGIN_ __VA_ARGS__ ; LULL_IMAGE_END_ ; LULL_CODE_RECORD_
#define LULL_SITE_CALL(slot)	LULL_CODE_BEGIN_ call *slot(%rip) ; LULL_CALL_RECORD_(slot)
#define LULL_CHOICE(key, ...) \
	LULL_IMAGE_BEGIN_ __VA_ARGS__ ; LULL_IMAGE_END_ ; LULL_CHOICE_RECORD_(key)
#define LULL_SITE_END		LULL_END_
#define LULL_LOCK		LULL_LOCK_ ;
/* A jump and a call of always five bytes (the assembler would shorten a plain jmp). */
#define LULL_JUMP_TO(symbol)	.byte 0xe9 ; .long symbol - . - 4
#define LULL_CALL_TO(symbol)	.byte 0xe8 ; .long symbol - . - 4

#else

#include <stdbool.h>
#include <stdint.h>

#define LULL_STRING_(...)	#__VA_ARGS__ "\n\t"
#define LULL_TEXT_(...)		LULL_STRING_(__VA_ARGS__)

#define LULL_SITE_TRAPPED	LULL_TEXT_(LULL_TRAPPED_BEGIN_)
#define LULL_SITE_CODE(code) \
	LULL_TEXT_(LULL_CODE_BEGIN_) code "\n\t" \
	LULL_TEXT_(LULL_IMAGE_BEGIN_) code "\n\t" LULL_TEXT_(LULL_IMAGE_END_) LULL_TEXT_(LULL_CODE_RECORD_)
/* `slot` is the bare name of a symbol, a pointer to a function. */
#define LULL_SITE_CALL(slot) \
	LULL_TEXT_(LULL_CODE_BEGIN_) "call *" #slot "(%%rip)\n\t" LULL_TEXT_(LULL_CALL_RECORD_(slot))
#define LULL_CHOICE(key, code) \
	LULL_TEXT_(LULL_IMAGE_BEGIN_) code "\n\t" LULL_TEXT_(LULL_IMAGE_END_) LULL_TEXT_(LULL_CHOICE_RECORD_(key))
#define LULL_SITE_END		LULL_TEXT_(LULL_END_)
#define LULL_LOCK		LULL_TEXT_(LULL_LOCK_)
#define LULL_JUMP_TO(symbol)	".byte 0xe9 ; .long " #symbol " - . - 4"
#define LULL_CALL_TO(symbol)	".byte 0xe8 ; .long " #symbol " - . - 4"

/* One record of .lull_sites.  Both offsets count from the address of their own field. */
struct lull_site {
	int32_t  site;
	int32_t  image;		/* 0 where the kind has none */
	uint16_t key;
	uint8_t  kind;
	uint8_t  reserved_;	/* 0 */
	uint8_t  site_length;
	uint8_t  image_length;
	uint16_t reserved2_;	/* 0 */
};

/* The features of this boot, one bit each; LULL_FEATURE_ALWAYS is there whatever the bits say. */
struct lull_features {
	uint64_t word[LULL_FEATURE_COUNT / 64];
};

static inline void lull_features_set(struct lull_features *features, unsigned feature)
{
	features->word[feature / 64] |= UINT64_C(1) << feature % 64;
}

static inline bool lull_features_has(const struct lull_features *features, unsigned feature)
{
	return feature == LULL_FEATURE_ALWAYS || (features->word[feature / 64] >> feature % 64 & 1) != 0;
}

/*
 * A site of its own: returns LULL_SELF_TEST_PATCHED when sites have been patched and 0 when not.  Whoever was patched
 * calls it once and goes no further on 0.
 */
static inline uint32_t lull_self_test(void)
{
	uint32_t answer;

	__asm__ volatile(LULL_SITE_CODE("movl $0, %%eax")
			 LULL_CHOICE(LULL_FEATURE_ALWAYS, LULL_TEXT_(.byte 0xb8 ; .long LULL_SELF_TEST_PATCHED))
			 LULL_SITE_END : "=a"(answer) :);
	return answer;
}

#endif
#endif
