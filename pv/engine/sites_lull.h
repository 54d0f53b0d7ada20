/* SPDX-License-Identifier: MIT */
/*
 * Reads our own site tables (lull/site.h) into the records of plan.h.  Pure: no text is read, nothing is written but the
 * arena.  PLAN checks whether a site lies in the text, and what is there.
 */
#ifndef LULL_PV_ENGINE_SITES_LULL_H
#define LULL_PV_ENGINE_SITES_LULL_H

#include <lull/site.h>

#include "plan.h"

/* Where the tables are, and the virtual addresses they were linked at. */
struct sites_lull {
	/* .lull_sites */
	struct span sites;
	uint64_t sites_address;
	/* .lull_images */
	struct linked_bytes images;
	/* Data that slots of paravirtual calls may lie in, as it is now. */
	struct span data;
	uint64_t data_address;
};

/* The table's name in messages. */
#define SITES_LULL_NAME ".lull_sites"

/* The bytes of arena that sites_lull_read() takes at most. */
uint64_t sites_lull_space(const struct sites_lull *tables);

/*
 * Reads the table, selects by the features, and fills in the input's table, record, count and images; the caller adds
 * text and forbidden ranges.
 *
 * Records come as lull/site.h writes them.  The choices of a site come right behind the record that declares it, those of
 * an outer one right in front of it; they name the same address and length, and their images lie one behind the other.  A
 * field that a kind does not use is 0.
 *
 * Errors, each with the record and its site: SITE_KIND, SITE_FEATURE, SITE_LENGTH, SITE_IMAGE, SITE_BRANCH, SITE_SLOT,
 * SITE_CHOICE.  SITE_TABLE, SITE_MEMORY.
 */
struct error sites_lull_read(const struct sites_lull *tables, const struct lull_features *features, struct arena *arena,
			     struct plan_input *input);

#endif
