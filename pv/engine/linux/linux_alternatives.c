/* SPDX-License-Identifier: MIT */
#include "linux_alternatives.h"

static const struct alternative_layout layouts[] = {
	/* 3.1 to 4.0 and 5.13 to 6.2 */
	{ .size = 12, .word = 4, .feature = 8, .inverts = true, .lengths = 10 },
	/* 4.1 to 5.12 */
	{ .size = 13, .word = 4, .feature = 8, .inverts = true, .lengths = 10, .has_padding = true },
	/* 6.3 and later */
	{ .size = 14, .word = 4, .feature = 8, .has_flags = true, .lengths = 12 },
	/* 2.6.36 to 3.0 */
	{ .size = 24, .word = 8, .feature = 16, .lengths = 18 },
};

#define LAYOUTS (sizeof(layouts) / sizeof(layouts[0]))

const struct alternative_layout *alternative_layout(uint32_t size)
{
	for (unsigned i = 0; i < LAYOUTS; i++)
		if (layouts[i].size == size)
			return &layouts[i];
	return 0;
}

struct alternative alternative_read(const struct sites_linux *tables, const struct alternative_layout *layout,
				    uint32_t index)
{
	return alternative_at(&tables->section[SITES_LINUX_ALTERNATIVES], layout, (uint64_t)index * layout->size);
}

/* How far the replacements are one chain; false, and the record and its address, where they are not. */
static bool chained(const struct sites_linux *tables, const struct alternative_layout *layout, uint32_t *broken,
		    uint64_t *found)
{
	const struct linked_bytes *section = &tables->section[SITES_LINUX_ALTERNATIVES];
	const struct linked_bytes *replacements = &tables->section[SITES_LINUX_REPLACEMENTS];
	uint64_t next = replacements->address;
	uint32_t count = alternative_count(tables, layout);

	for (uint32_t i = 0; i < count; i++) {
		struct alternative record = alternative_at(section, layout, (uint64_t)i * layout->size);

		*broken = i;
		*found = record.replacement;
		if (*found != next)
			return false;
		next += record.replacement_length;
	}
	/* The last one must end where the section does. */
	*found = next;
	return next == replacements->address + replacements->bytes.size;
}

struct error alternatives_prove(const struct sites_linux *tables, const struct alternative_layout **layout,
				uint32_t *proven)
{
	const char *name = sites_linux_name[SITES_LINUX_ALTERNATIVES];
	uint64_t size = tables->section[SITES_LINUX_ALTERNATIVES].bytes.size;
	const struct alternative_layout *best = 0;
	uint32_t fitting = 0, best_broken = 0;
	uint64_t best_found = 0;

	*layout = 0;
	*proven = 0;
	for (unsigned i = 0; i < LAYOUTS; i++) {
		uint32_t broken = 0;
		uint64_t found;

		if (size % layouts[i].size != 0)
			continue;
		if (chained(tables, &layouts[i], &broken, &found)) {
			*layout = &layouts[i];
			fitting++;
		} else if (!best || broken > best_broken) {
			best = &layouts[i];
			best_broken = broken;
			best_found = found;
		}
	}
	if (fitting == 0 && !best)
		return error_make(ERROR_LINUX_TABLE, name, layouts[0].size, size);
	if (fitting == 0) {
		*layout = best;
		*proven = best_broken;
		return error_make(ERROR_LINUX_CHAIN, name, best_broken, best_found);
	}
	if (size == 0)
		*layout = 0;
	else if (fitting > 1)
		return error_make(ERROR_LINUX_RECORD_SIZE, name, 1, fitting);
	else
		*proven = alternative_count(tables, *layout);
	return error_none();
}
