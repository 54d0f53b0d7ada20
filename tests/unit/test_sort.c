/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sort_keys(): as a table is linked, and as nobody links one. */
#include <pv/engine/sort.h>

#include "unit.h"

#define COUNT 5000u

static uint64_t key[COUNT], scratch[COUNT], expected[COUNT], table[COUNT];

static uint64_t make(uint32_t address, uint32_t place) { return (uint64_t)address << KEY_SHIFT | place; }

static int by_whole_key(const void *a, const void *b)
{
	const uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

/* Places ascend as the keys come, so that a stable sort is one by the whole key. */
static const uint64_t *assert_sorted(uint32_t count, uint64_t limit)
{
	const uint64_t *sorted;

	memcpy(table, key, sizeof(key));
	memcpy(expected, key, sizeof(key));
	qsort(expected, count, sizeof(*expected), by_whole_key);
	sorted = sort_keys(key, scratch, count, limit);
	assert_memory_equal(sorted, expected, count * sizeof(*expected));
	return sorted;
}

static void few(void **state)
{
	(void)state;
	assert_ptr_equal(assert_sorted(0, 0), key);
	key[0] = make(7, 0);
	assert_ptr_equal(assert_sorted(1, 7), key);
	key[0] = make(1, 0);
	key[1] = make(0, 1);
	assert_sorted(2, 1);
}

/* What is sorted stays where it is; equal addresses are. */
static void sorted_already(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < COUNT; i++)
		key[i] = make(i / 2 * 3, i);
	assert_ptr_equal(assert_sorted(COUNT, COUNT * 3), key);
	key[COUNT - 1] = make(0, COUNT - 1);
	assert_sorted(COUNT, COUNT * 3);
}

/* Objects with a piece in each of three sections, whose addresses ascend; here and there two are the wrong way round. */
static void as_linked(void **state)
{
	uint32_t at[3] = { 0, 0xe00000, 0x2000000 };

	(void)state;
	for (uint32_t i = 0; i < COUNT; i++) {
		uint32_t section = i / 7 % 3;

		at[section] += i % 5 ? 9 : 0;
		key[i] = make(at[section] + (i % 97 == 0 ? 40 : 0), i);
	}
	assert_sorted(COUNT, 0x2400000);
	/* One pass was enough: another would have written over the keys. */
	assert_memory_equal(key, table, sizeof(table));
}

/* In no order at all, over all addresses, and with many that are the same. */
static void in_no_order(void **state)
{
	(void)state;
	for (unsigned bits = 1; bits <= 32; bits++) {
		uint32_t random = 12345;

		for (uint32_t i = 0; i < COUNT; i++) {
			random = random * 1664525 + 1013904223;
			key[i] = make(random >> (32 - bits), i);
		}
		assert_sorted(COUNT, UINT64_C(1) << bits);
	}
}

/* All in one digit, from the last to the first: insertion alone would take the square of their number. */
static void backwards(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < COUNT; i++)
		key[i] = make(COUNT - i, i);
	assert_sorted(COUNT, UINT64_C(1) << 32);
	/* So there was a pass for each digit, of which the last but one left the keys sorted: their highest digit is 0. */
	assert_memory_equal(key, expected, sizeof(expected));
}

int main(void)
{
	return RUN_TESTS("sort", few, sorted_already, as_linked, in_no_order, backwards);
}
