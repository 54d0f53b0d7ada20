/* SPDX-License-Identifier: MIT */
/*
 * boot_plan.c: how a kernel that was patched at boot patches itself again.
 *
 * PLAN compares the text with what the tables say was linked there, and patched text no longer is that.  The tables also say
 * what each site held: so each is put back, in a copy of the text.  The copy gives the plan that was applied at boot, and any
 * other:
 *
 *	sites_lull_read(&tables, features of the receipt, &arena, &input);	boot_plan(&boot, &input, copy, &arena);
 *	sites_lull_read(&tables, other features, &arena, &input);	boot_plan_next(&next, &input, copy, &arena);
 *	struct journal from = { &boot, true }, to = journal_make(&next);
 *	repatch_switch(&rendezvous, &from, &to, &result);
 *
 * All of it before anything writes to the slots of paravirtual calls: PLAN reads in them what was called at boot.
 */
#ifndef LULL_PV_ENGINE_BOOT_PLAN_H
#define LULL_PV_ENGINE_BOOT_PLAN_H

#include "plan.h"

/*
 * Fills `copy`, memory as long as the text, with the text as it was linked, and makes the plan that was applied to it at boot.
 * The input's records were read for the features of the receipt.  The plan's arena is as for plan_make().
 *
 * Errors: those of plan_make(); SITE_BYTES, with the address of the first byte that differs, when the running text is not what
 * this plan makes; SITE_LOST when the choice of an outer site was taken, because no table says what stood between the inner
 * sites.
 */
struct error boot_plan(struct plan *plan, const struct plan_input *input, uint8_t *copy, struct arena *arena);

/* Makes another plan for the same text from the copy that boot_plan() filled.  Errors: those of plan_make(). */
struct error boot_plan_next(struct plan *plan, const struct plan_input *input, const uint8_t *copy, struct arena *arena);

#endif
