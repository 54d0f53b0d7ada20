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
 * address: nothing relative to rip.
 *
 * LULL_LOCK stands for the lock prefix, in front of an instruction, and goes away where one CPU is all there can be.
 *
 * A static branch jumps when its feature is there, and is a NOP when it is not.  Until it is patched, LULL_BRANCH is the
 * NOP and LULL_BRANCH_TAKEN the jump:
 *
 *	LULL_BRANCH(LULL_FEATURE_OWN(3), slow_path)		in assembly
 *	if (lull_branch(LULL_FEATURE_OWN(3)))			in C, with optimisation or without
 *
 * Sites of all these kinds may stand inside code that has choices of its own.  A choice of the outer code that is taken
 * replaces all of it; when none is, the inner sites are patched by themselves:
 *
 *	LULL_OUTER
 *	mov $1, %eax
 *	LULL_LOCK xadd %eax, counter(%rip)
 *	LULL_OUTER_CHOICE(LULL_FEATURE_OWN(4), xor %eax, %eax)
 *	LULL_OUTER_END
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
#define LULL_FEATURE_BACKEND_LAST	31	/* 16..31 are for backends */
#define LULL_FEATURE_OWN(number)	(64 + (number))
#define LULL_FEATURE_COUNT		128
#define LULL_FEATURE_NOT		0x8000

/* Kinds of records: what the site holds before it is patched, or what a choice would put there. */
#define LULL_KIND_TRAPPED	1	/* int3 over the whole site */
#define LULL_KIND_CODE		2	/* the image, then single-byte NOPs to the end of the site */
#define LULL_KIND_CALL		3	/* call *slot(%rip), then single-byte NOPs; `image` is the slot */
#define LULL_KIND_CHOICE	4	/* nothing: a choice, to be written when its feature is there */
#define LULL_KIND_LOCK		5	/* f0; 3e when the feature is there, which is LULL_FEATURE_ONE_CPU */
#define LULL_KIND_BRANCH	6	/* image_length 0: a NOP of 5 bytes, 5: jmp rel32; `image` is the target */
#define LULL_KIND_OUTER		7	/* code with other sites in it, whose records come first and say what they hold */

/* What lull_self_test() returns once the sites are patched. */
#define LULL_SELF_TEST_PATCHED	0x6c6c756c

/*
 * The assembly, once for both languages: bare in assembly, turned into strings for C.  Of a site, whose labels begin with
 * n = 77, or 78 when it is an outer one: n1 is its beginning, n2 its end, n3 and n4 those of an image, n5 where the site
 * ends so far.
 */
#define LULL_RECORD_(n, kind, key, image, image_size) \
	.pushsection .lull_sites, "a" ; .balign 4 ; \
	.long n##1b - . ; .long image ; .short key ; .byte kind ; .byte 0 ; \
	.byte n##2f - n##1b ; .byte image_size ; .short 0 ; \
	.popsection
/* An error of the assembler ("attempt to move .org backwards") when a length does not fit its byte; no bytes. */
#define LULL_CHECK_LENGTH_(length) \
	.pushsection .lull_check, "e", @nobits ; 776: .skip length ; .org 776b + 255 ; .popsection
#define LULL_IMAGE_BEGIN_(n)	.pushsection .lull_images, "a" ; n##3:
#define LULL_IMAGE_END_(n)	n##4: ; .popsection
/* Fills in what the site lacks to hold the image.  A comparison that is true is -1 in GNU as, all ones. */
#define LULL_WIDEN_(n, filler) \
	n##5: .fill ((n##4b - n##3b) > (n##5b - n##1b)) & ((n##4b - n##3b) - (n##5b - n##1b)), 1, filler
#define LULL_TRAPPED_BEGIN_	.set .Llull_fill, 0xcc ; 771: ; LULL_RECORD_(77, LULL_KIND_TRAPPED, 0, 0, 0)
#define LULL_CODE_BEGIN_	.set .Llull_fill, 0x90 ; 771:
#define LULL_CODE_RECORD_	LULL_RECORD_(77, LULL_KIND_CODE, 0, 773b - ., 774b - 773b)
#define LULL_CALL_RECORD_(slot)	LULL_RECORD_(77, LULL_KIND_CALL, 0, (slot) - ., 0)
#define LULL_CHOICE_RECORD_(n, key, filler) \
	LULL_WIDEN_(n, filler) ; LULL_RECORD_(n, LULL_KIND_CHOICE, key, n##3b - ., n##4b - n##3b)
#define LULL_END_		772: ; LULL_CHECK_LENGTH_(772b - 771b)
#define LULL_OUTER_BEGIN_	781:
#define LULL_OUTER_END_ \
	LULL_RECORD_(78, LULL_KIND_OUTER, 0, 0, 0) ; 782: ; LULL_CHECK_LENGTH_(782b - 781b)
#define LULL_LOCK_ \
	771: ; LULL_RECORD_(77, LULL_KIND_LOCK, LULL_FEATURE_ONE_CPU, 0, 0) ; .byte 0xf0 ; 772:
#define LULL_BRANCH_RECORD_(key, target, length) \
	771: ; LULL_RECORD_(77, LULL_KIND_BRANCH, key, target - ., length)
#define LULL_BRANCH_(key, target) \
	LULL_BRANCH_RECORD_(key, target, 0) ; .byte 0x0f, 0x1f, 0x44, 0, 0 ; 772:
#define LULL_BRANCH_TAKEN_(key, target) \
	LULL_BRANCH_RECORD_(key, target, 5) ; .byte 0xe9 ; .long target - . - 4 ; 772:

#ifdef __ASSEMBLER__

#define LULL_SITE_TRAPPED	LULL_TRAPPED_BEGIN_
#define LULL_SITE_CODE(...) \
	LULL_CODE_BEGIN_ __VA_ARGS__ ; LULL_IMAGE_BEGIN_(77) __VA_ARGS__ ; LULL_IMAGE_END_(77) ; LULL_CODE_RECORD_
#define LULL_SITE_CALL(slot)	LULL_CODE_BEGIN_ call *slot(%rip) ; LULL_CALL_RECORD_(slot)
#define LULL_CHOICE(key, ...) \
	LULL_IMAGE_BEGIN_(77) __VA_ARGS__ ; LULL_IMAGE_END_(77) ; LULL_CHOICE_RECORD_(77, key, .Llull_fill)
#define LULL_SITE_END		LULL_END_
#define LULL_OUTER		LULL_OUTER_BEGIN_
#define LULL_OUTER_CHOICE(key, ...) \
	LULL_IMAGE_BEGIN_(78) __VA_ARGS__ ; LULL_IMAGE_END_(78) ; LULL_CHOICE_RECORD_(78, key, 0x90)
#define LULL_OUTER_END		LULL_OUTER_END_
#define LULL_LOCK		LULL_LOCK_ ;
#define LULL_BRANCH(key, target)	LULL_BRANCH_(key, target)
#define LULL_BRANCH_TAKEN(key, target)	LULL_BRANCH_TAKEN_(key, target)
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
	LULL_TEXT_(LULL_IMAGE_BEGIN_(77)) code "\n\t" LULL_TEXT_(LULL_IMAGE_END_(77)) LULL_TEXT_(LULL_CODE_RECORD_)
/* `slot` is the bare name of a symbol, a pointer to a function. */
#define LULL_SITE_CALL(slot) \
	LULL_TEXT_(LULL_CODE_BEGIN_) "call *" #slot "(%%rip)\n\t" LULL_TEXT_(LULL_CALL_RECORD_(slot))
#define LULL_CHOICE(key, code) \
	LULL_TEXT_(LULL_IMAGE_BEGIN_(77)) code "\n\t" LULL_TEXT_(LULL_IMAGE_END_(77)) \
	LULL_TEXT_(LULL_CHOICE_RECORD_(77, key, .Llull_fill))
#define LULL_SITE_END		LULL_TEXT_(LULL_END_)
#define LULL_OUTER		LULL_TEXT_(LULL_OUTER_BEGIN_)
#define LULL_OUTER_CHOICE(key, code) \
	LULL_TEXT_(LULL_IMAGE_BEGIN_(78)) code "\n\t" LULL_TEXT_(LULL_IMAGE_END_(78)) \
	LULL_TEXT_(LULL_CHOICE_RECORD_(78, key, 0x90))
#define LULL_OUTER_END		LULL_TEXT_(LULL_OUTER_END_)
#define LULL_LOCK		LULL_TEXT_(LULL_LOCK_)
/* `target` is bare: a symbol, or %l[label] of an asm goto. */
#define LULL_BRANCH(key, target)	LULL_TEXT_(LULL_BRANCH_(key, target))
#define LULL_BRANCH_TAKEN(key, target)	LULL_TEXT_(LULL_BRANCH_TAKEN_(key, target))
#define LULL_JUMP_TO(symbol)	".byte 0xe9 ; .long " #symbol " - . - 4"
#define LULL_CALL_TO(symbol)	".byte 0xe8 ; .long " #symbol " - . - 4"

/* A static branch as a condition: true when the feature is there.  Unpatched, the first is false and the second true. */
#define lull_branch(key)	LULL_CONDITION_(LULL_BRANCH(key, %l[lull_taken_]))
#define lull_branch_taken(key)	LULL_CONDITION_(LULL_BRANCH_TAKEN(key, %l[lull_taken_]))
#define LULL_CONDITION_(branch) \
	__extension__ ({ \
		__label__ lull_taken_; \
		bool lull_is_taken_ = true; \
		__asm__ goto(branch : : : : lull_taken_); \
		lull_is_taken_ = false; \
	lull_taken_: \
		lull_is_taken_; \
	})

/*
 * One record of .lull_sites.  Both offsets count from the address of their own field; what a kind does not use is 0.
 * The choices of a site come right behind the record that declares it, those of an outer one right in front of it; all
 * of them name the same address and length, and the images of one site lie one behind the other, in the same order.
 */
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
