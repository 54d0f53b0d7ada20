/* SPDX-License-Identifier: MIT */
#include <core/check.h>
#include <stddef.h>

#include "repatch.h"

/* From mask to unmask.  The others are released before this CPU unmasks: a handler that then runs here may wait for them. */
WINDOW_CODE __attribute__((noinline))
static struct error patch_masked(struct rendezvous *rendezvous, struct journal *from, struct journal *to,
				 struct window_result *result)
{
	struct mask_token token;
	struct error error = mask_enter(rendezvous->backend, &token);
	uint64_t start;

	if (failed(error)) {
		rendezvous_release(rendezvous);
		return error;
	}
	start = rendezvous->clock();
	if (from)
		journal_revert(from, &token);
	if (to)
		journal_apply(to, &token);
	result->masked = rendezvous->clock() - start;
	rendezvous_release(rendezvous);
	mask_exit(&token);
	return error_none();
}

struct error repatch_switch(struct rendezvous *rendezvous, struct journal *from, struct journal *to,
			    struct window_result *result)
{
	*result = (struct window_result){ 0 };
	CHECK((from == NULL || from->applied) && (to == NULL || !to->applied));
	/* While `from` is applied, the old bytes of `to` are not in the text and cannot be compared. */
	if (from)
		TRY(journal_verify(from));
	else if (to)
		TRY(journal_verify(to));
	TRY(rendezvous_gather(rendezvous));
	TRY(patch_masked(rendezvous, from, to, result));
	result->windows = 1;
	result->sites = to ? to->plan->selected_count : 0;
	return error_none();
}
