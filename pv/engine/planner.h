/* SPDX-License-Identifier: MIT */
/*
 * What the parts of PLAN share: plan.c makes the plan, nest.c reads records that share bytes.
 */
#ifndef LULL_PV_ENGINE_PLANNER_H
#define LULL_PV_ENGINE_PLANNER_H

#include "plan.h"

/* What plan_make() works on. */
struct planner {
	const struct plan_input *input;
	struct patched_text text;
	struct plan *plan;
	/* Where the next edit goes, and its new and old bytes. */
	struct edit *edit;
	uint8_t *new_bytes;
	uint8_t *old_bytes;
	/* What is wrong, with which record, and what was found, for the error. */
	enum error_code code;
	const struct plan_record *culprit;
	uint64_t found;
	/* One record's bytes, relocated. */
	uint8_t moved[UINT8_MAX];
};

/* One site, or one nest of sites: the records that share bytes, in scan order. */
struct site {
	/* In the text; the outermost site contains all others. */
	uint32_t start;
	uint32_t end;
	uint32_t count;
	uint32_t place[PLAN_RECORDS_PER_SITE];
	/* The length that each record fills when it is selected. */
	uint8_t width[PLAN_RECORDS_PER_SITE];
};

/* The i-th record of a site. */
static inline const struct plan_record *record_of(const struct planner *planner, const struct site *site, uint32_t i)
{
	return &planner->input->record[site->place[i]];
}

/* Notes which record is wrong and why.  plan_make() turns that into the error. */
static inline enum error_code record_wrong(struct planner *planner, enum error_code code, const struct plan_record *record,
					   uint64_t found)
{
	planner->code = code;
	planner->culprit = record;
	planner->found = found;
	return code;
}

/*
 * Takes the next site off the keys (sort.h), of which `left` are left: the first record, and every record that begins inside
 * what the site covers so far; and decides how far each reaches.  Errors, noted by record_wrong(): SITE_NEST, SITE_OVERLAP.
 */
enum error_code nest_read(struct planner *planner, const uint64_t *key, uint32_t left, struct site *site);

#endif
