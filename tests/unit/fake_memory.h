/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest-physical memory that exists only where a test put some: what readers of doors and firmware reach through.
 * Every area is a block of the heap of exactly its size, so that the address sanitiser sees a byte too many.
 */
#ifndef LULL_TESTS_FAKE_MEMORY_H
#define LULL_TESTS_FAKE_MEMORY_H

#include "unit.h"

#include <stdbool.h>

#define FAKE_AREAS 16

static struct fake_area {
	uint64_t address;
	uint64_t size;
	uint8_t *bytes;
} fake_area[FAKE_AREAS];
static unsigned fake_areas;

/* An address that must not be reached for, not even to be told that nothing is there. */
static uint64_t fake_forbidden;
static bool fake_forbids;

static inline void fake_clear(void)
{
	while (fake_areas > 0)
		free(fake_area[--fake_areas].bytes);
	fake_forbids = false;
}

/* For cmocka, behind each case. */
static inline int fake_memory_end(void **state)
{
	(void)state;
	fake_clear();
	return 0;
}

static inline void fake_forbid(uint64_t address)
{
	fake_forbidden = address;
	fake_forbids = true;
}

/* Puts a copy of these bytes, or `size` zero bytes, at an address; returns the memory. */
static inline uint8_t *fake_put(uint64_t address, const void *bytes, uint64_t size)
{
	struct fake_area *area = &fake_area[fake_areas++];

	assert_true(fake_areas <= FAKE_AREAS);
	*area = (struct fake_area){ address, size, calloc(1, size ? size : 1) };
	if (bytes)
		memcpy(area->bytes, bytes, size);
	return area->bytes;
}

static inline struct span fake_reach(uint64_t address, uint64_t size)
{
	assert_false(fake_forbids && address <= fake_forbidden && fake_forbidden - address < size);
	for (unsigned i = 0; i < fake_areas; i++) {
		const struct fake_area *area = &fake_area[i];

		if (address >= area->address && span_has(span(area->bytes, area->size), address - area->address, size))
			return span(area->bytes + (address - area->address), size);
	}
	return span(NULL, 0);
}

#endif
