/* SPDX-License-Identifier: MIT */
/*
 * The receipt: what lull tells a kernel about its patching, in the kernel's own memory.  Self-contained; numbers of
 * kinds and features are those of lull/site.h.
 *
 * The kernel keeps one, in initialised data (not .bss), and names it in a note (lull/note.h):
 *
 *	struct lull_receipt receipt = LULL_RECEIPT;		in C
 *	receipt: LULL_RECEIPT					in assembly
 *
 * Not static: of a static one that nobody writes to, the compiler knows what is in it.
 *
 * A kernel that was started without lull finds `version` 0 and nothing else filled.  A shim that knows a longer receipt
 * fills what there is room for, one that knows a shorter one leaves the rest as it was.
 */
#ifndef LULL_RECEIPT_H
#define LULL_RECEIPT_H

/* "lullrcpt" in memory. */
#define LULL_RECEIPT_MAGIC	0x747063726c6c756c
/* What a shim that fills this structure writes to `version`. */
#define LULL_RECEIPT_VERSION	1
#define LULL_RECEIPT_SIZE	160

/* Kinds of sites that are counted: LULL_KIND_* of lull/site.h.  A choice is no site of its own. */
#define LULL_RECEIPT_KINDS	8

/* Why sites of a kind were left as they were linked. */
#define LULL_LEFT_NONE		0	/* none was */
#define LULL_LEFT_CHOICE	1	/* no choice asks for what this machine has; the code is right as it is */
#define LULL_LEFT_CPUS		2	/* lock prefixes: a second CPU can exist */
#define LULL_LEFT_CPUS_UNKNOWN	3	/* lock prefixes: nobody says how many CPUs can exist */
#define LULL_LEFT_RIGHT		4	/* static branches: already the way the features want them */

#ifdef __ASSEMBLER__

#define LULL_RECEIPT	.balign 8 ; .quad LULL_RECEIPT_MAGIC ; .long LULL_RECEIPT_SIZE ; .skip LULL_RECEIPT_SIZE - 12

#else

#include <stddef.h>
#include <stdint.h>

#define LULL_RECEIPT	{ .magic = LULL_RECEIPT_MAGIC, .size = LULL_RECEIPT_SIZE }

/* Sites of one kind, those inside others included. */
struct lull_receipt_kind {
	uint32_t patched;
	uint32_t left;
	/* LULL_LEFT_* */
	uint32_t left_why;
};

struct lull_receipt {
	/* The kernel's: */
	uint64_t magic;
	uint32_t size;
	/* The shim's: */
	uint32_t version;
	/* The features that sites were chosen by, one bit each (lull_features_has() of lull/site.h). */
	uint64_t features[2];
	/* LULL_FEATURE_BACKEND_*: whose mask was used. */
	uint32_t backend;
	/* CPUs that can ever exist, hot-pluggable ones included; 0 when nobody says. */
	uint32_t cpus;
	/*
	 * Masked windows in which the kernel's sites were written, and for how many nanoseconds events were masked in all of
	 * them; 0 where nobody states how fast the time stamp counter runs.
	 */
	uint32_t windows;
	/* Sites patched and sites there are, those of one nest counted as one. */
	uint32_t patched;
	uint32_t sites;
	uint32_t reserved;
	uint64_t masked_ns;
	/* By LULL_KIND_*; [0] is not used. */
	struct lull_receipt_kind kind[LULL_RECEIPT_KINDS];
};

_Static_assert(offsetof(struct lull_receipt, size) == 8, "the assembler writes the size behind the magic");
_Static_assert(offsetof(struct lull_receipt, version) == 12, "what the shim fills begins here");
_Static_assert(offsetof(struct lull_receipt, features) == 16, "fields have no gaps");
_Static_assert(offsetof(struct lull_receipt, backend) == 32, "fields have no gaps");
_Static_assert(offsetof(struct lull_receipt, masked_ns) == 56, "fields have no gaps");
_Static_assert(offsetof(struct lull_receipt, kind) == 64, "fields have no gaps");
_Static_assert(sizeof(struct lull_receipt) == LULL_RECEIPT_SIZE, "no padding");

#endif
#endif
