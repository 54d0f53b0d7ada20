/* SPDX-License-Identifier: MIT */
/*
 * boot_plan.c: how a kernel that was patched at boot patches itself again.
 *
 * PLAN compares the text with what the tables say was linked there, which it is not any more.  But the tables say what it
 * was: the kernel makes a copy of its text, and in it each site is put back.  From the copy come the plan that was applied
 * at boot, and any other:
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
 * Makes `copy`, memory of the text's length, of the text as it was linked, and the plan that was applied to it, by records
 * that were read for the features of the receipt.  The plan's arena is as for plan_make().
 *
 * Errors: those of plan_make(); SITE_BYTES, with the first byte that differs, when the text is not what the plan makes of it; SITE_LOST when the choice of
 * an outer site was taken, because no table says what was between the sites in it.
 */
struct error boot_plan(struct plan *plan, const struct plan_input *input, uint8_t *copy, struct arena *arena);

/* Makes another plan for the same text, of the copy.  Errors: those of plan_make(). */
struct error boot_plan_next(struct plan *plan, const struct plan_input *input, const uint8_t *copy, struct arena *arena);

#endif
