/* SPDX-License-Identifier: MIT */
/*
 * JOURNAL: a plan, and whether it is applied.  It keeps the old bytes, so that apply, revert, apply again is exact.
 */
#ifndef LULL_PV_ENGINE_JOURNAL_H
#define LULL_PV_ENGINE_JOURNAL_H

#include "mask.h"
#include "plan.h"

struct journal {
	/* The plan and its arena must live as long as the journal. */
	const struct plan *plan;
	bool applied;
};

static inline struct journal journal_make(const struct plan *plan) { return (struct journal){ plan, false }; }

/* Compares the text with what the journal says is there; needs no mask.  SITE_BYTES, with the edit's number, when they differ. */
struct error journal_verify(const struct journal *journal);

/* Commits the new bytes.  CHECKs that they are not there yet. */
void journal_apply(struct journal *journal, struct mask_token *token);

/* Commits the old bytes.  CHECKs that the journal is applied. */
void journal_revert(struct journal *journal, struct mask_token *token);

/* What a window did, for the receipt. */
struct window_result {
	uint32_t sites;
	uint32_t windows;
	/* By the caller's clock, from the first masked instruction to the last. */
	uint64_t masked;
	uint32_t held;
	uint32_t delivered;
};

/* Adds what one window did to what others did. */
static inline void window_add(struct window_result *sum, const struct window_result *one)
{
	sum->sites += one->sites;
	sum->windows += one->windows;
	sum->masked += one->masked;
	sum->held += one->held;
	sum->delivered += one->delivered;
}

/*
 * Applies the journal in one window, with the proof around it (mask.h).  The CPU is unmasked before the window:
 * proof_begin() sees to that.  `clock` runs inside the window, so it is WINDOW_CODE without sites (RDTSC).  On MASK_* errors
 * nothing was written; on PROOF_* errors everything was, but the mask cannot be trusted.  `result` is filled in either case.
 */
struct error window_run(struct journal *journal, const struct backend *backend, uint64_t (*clock)(void),
			struct window_result *result);

#endif
