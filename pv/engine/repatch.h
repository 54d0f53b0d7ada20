/* SPDX-License-Identifier: MIT */
/*
 * Patching the text of a running kernel: apply, revert, and switch from one plan to another, each in one window, with
 * the other CPUs parked (rendezvous.h).
 *
 * A kernel that goes from one CPU to several and back makes two plans of the same, unpatched text: one with
 * LULL_FEATURE_ONE_CPU and one without.  From then on it switches between their journals.  It switches to the plan for
 * several before the second CPU starts, and back only after the last other CPU has stopped.  Parked is not stopped.  A CPU
 * that starts again later serialises before it runs a site.
 *
 * Nothing here allocates, prints or needs the shim.
 */
#ifndef LULL_PV_ENGINE_REPATCH_H
#define LULL_PV_ENGINE_REPATCH_H

#include "journal.h"
#include "rendezvous.h"

/*
 * Reverts `from` and applies `to` in one window; either may be NULL.  `result` gets the sites of `to`, one window and its
 * time by the rendezvous's clock (held and delivered stay 0: the proof belongs to the boot).
 *
 * Errors, and nothing was written: SITE_BYTES when the text is not what the journals say, RENDEZVOUS, MASK_UNSUITED,
 * MASK_EFFECT.
 */
struct error repatch_switch(struct rendezvous *rendezvous, struct journal *from, struct journal *to,
			    struct window_result *result);

static inline struct error repatch_apply(struct rendezvous *rendezvous, struct journal *journal,
					 struct window_result *result)
{
	return repatch_switch(rendezvous, 0, journal, result);
}

static inline struct error repatch_revert(struct rendezvous *rendezvous, struct journal *journal,
					  struct window_result *result)
{
	return repatch_switch(rendezvous, journal, 0, result);
}

#endif
