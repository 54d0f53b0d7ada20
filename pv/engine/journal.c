/* SPDX-License-Identifier: MIT */
#include <core/check.h>

#include "commit.h"
#include "journal.h"

struct error journal_verify(const struct journal *journal)
{
	const struct plan *plan = journal->plan;
	const uint8_t *bytes = journal->applied ? plan->new_bytes : plan->old_bytes;
	uint32_t wrong = commit_read_back(plan->text, plan->edit, plan->edit_count, bytes);

	if (wrong != plan->edit_count) {
		const struct edit *edit = &plan->edit[wrong];
		uint64_t address = plan->text->address + edit->offset;

		return error_at_site(ERROR_SITE_BYTES, "the journal", wrong, address, address, edit->length);
	}
	return error_none();
}

WINDOW_CODE void journal_apply(struct journal *journal, struct mask_token *token)
{
	const struct plan *plan = journal->plan;

	CHECK(!journal->applied);
	commit(token, plan->text, plan->edit, plan->edit_count, plan->new_bytes);
	journal->applied = true;
}

WINDOW_CODE void journal_revert(struct journal *journal, struct mask_token *token)
{
	const struct plan *plan = journal->plan;

	CHECK(journal->applied);
	commit(token, plan->text, plan->edit, plan->edit_count, plan->old_bytes);
	journal->applied = false;
}

/* What happens from mask to unmask.  Inlined, it would lie in its caller's section, where sites may be. */
WINDOW_CODE __attribute__((noinline))
static struct error window_masked(struct journal *journal, const struct backend *backend, uint64_t (*clock)(void),
				  struct window_result *result, struct proof *proof)
{
	struct mask_token token;
	uint64_t start;

	TRY(mask_enter(backend, &token));
	if (mask_was_masked(&token)) {
		/* Masked before the window (the flag is stuck, or nobody unmasked): the event would not arrive and prove nothing. */
		mask_exit(&token);
		return error_make(ERROR_MASK_EFFECT, backend->name, 0, 1);
	}
	start = clock();
	proof_raise(&token, proof);
	journal_apply(journal, &token);
	proof_hold(&token, proof);
	result->masked = clock() - start;
	mask_exit(&token);
	result->windows = 1;
	return error_none();
}

struct error window_run(struct journal *journal, const struct backend *backend, uint64_t (*clock)(void),
			struct window_result *result)
{
	struct proof proof = { 0 };
	struct error error;

	*result = (struct window_result){ 0 };
	TRY(backend->proof_begin());
	error = window_masked(journal, backend, clock, result, &proof);
	if (!failed(error)) {
		error = proof_settle(backend, &proof);
		result->sites = journal->plan->selected_count;
		result->held = proof.held;
		result->delivered = proof.delivered;
	}
	backend->proof_end();
	return error;
}
