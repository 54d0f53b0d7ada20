/* SPDX-License-Identifier: MIT */
#include "planner.h"
#include "sort.h"

/* Takes the next site off the keys: the first record, and every record that begins inside what the site covers so far. */
static enum error_code gather(struct planner *planner, const uint64_t *key, uint32_t left, struct site *site)
{
	const struct plan_input *input = planner->input;
	const struct plan_record *first = &input->record[(uint32_t)key[0]];

	site->start = (uint32_t)(key[0] >> KEY_SHIFT);
	site->end = site->start;
	site->count = 0;
	for (uint32_t i = 0; i < left; i++) {
		uint32_t place = (uint32_t)key[i];
		const struct plan_record *record = &input->record[place];
		uint32_t start = (uint32_t)(key[i] >> KEY_SHIFT);
		uint32_t at = site->count;

		if (start >= site->end && i > 0)
			break;
		if (at == PLAN_RECORDS_PER_SITE)
			return record_wrong(planner, ERROR_SITE_NEST, record, record->site);
		if (start + record->site_length > site->end) {
			if (start != site->start)
				return record_wrong(planner, ERROR_SITE_OVERLAP, record, first->site);
			site->end = start + record->site_length;
		}
		/* Insert in scan order; most records come in it already. */
		for (; at > 0 && site->place[at - 1] > place; at--)
			site->place[at] = site->place[at - 1];
		site->place[at] = place;
		site->count++;
	}
	return ERROR_NONE;
}

/* True when a record says what its site holds; an outer one leaves that to those inside it. */
static bool says_what_is_there(const struct plan_record *record)
{
	return record->old != 0 || (record->flags & RECORD_TRAPPED) != 0;
}

/* True when two declared sites share bytes and neither is an outer site around the other. */
static bool clash(const struct plan_record *earlier, const struct plan_record *record)
{
	if ((earlier->flags & record->flags & RECORD_SITE) == 0)
		return false;
	return says_what_is_there(record) || (!says_what_is_there(earlier) && earlier->site == record->site);
}

/*
 * Decides how far each record reaches, and refuses nests that can be read in two ways.  A record that begins where an
 * earlier, longer one does reaches as far as that one, so that its choice replaces the other whole.  Any other record that
 * shares bytes with an earlier one must contain it.  Of two declared sites that share bytes, the later one is an outer one.
 */
static enum error_code nest(struct planner *planner, struct site *site)
{
	for (uint32_t i = 0; i < site->count; i++) {
		const struct plan_record *record = record_of(planner, site, i);
		uint64_t end;

		site->width[i] = record->site_length;
		for (uint32_t k = 0; k < i; k++)
			if (record_of(planner, site, k)->site == record->site && site->width[k] > site->width[i])
				site->width[i] = site->width[k];
		end = record->site + site->width[i];
		for (uint32_t k = 0; k < i; k++) {
			const struct plan_record *earlier = record_of(planner, site, k);
			uint64_t earlier_end = earlier->site + site->width[k];
			bool disjoint = end <= earlier->site || earlier_end <= record->site;

			if (!disjoint && (earlier->site < record->site || earlier_end > end || clash(earlier, record)))
				return record_wrong(planner, ERROR_SITE_OVERLAP, record, earlier->site);
		}
	}
	return ERROR_NONE;
}

enum error_code nest_read(struct planner *planner, const uint64_t *key, uint32_t left, struct site *site)
{
	return gather(planner, key, left, site) ?: nest(planner, site);
}
