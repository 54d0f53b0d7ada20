/* SPDX-License-Identifier: MIT */
#include "sort.h"

/* Four digits are an address. */
#define DIGIT_BITS 9
#define DIGITS     (1u << DIGIT_BITS)

/* Moves of a key that sort_nearly() makes for each one at most: kernels' tables need up to two. */
#define MOVES_PER_KEY 8

/* True of keys in order. */
static bool is_sorted(const uint64_t *key, uint32_t count)
{
	uint32_t i = 1;

	while (i < count && key[i - 1] <= key[i])
		i++;
	return i >= count;
}

/* One pass of a radix sort, stable, by the digit of the address at `shift`. */
static void sort_pass(uint64_t *to, const uint64_t *from, uint32_t count, unsigned shift)
{
	uint32_t place[DIGITS] = { 0 };
	uint32_t sum = 0;

	for (uint32_t i = 0; i < count; i++)
		place[from[i] >> (KEY_SHIFT + shift) & (DIGITS - 1)]++;
	for (unsigned digit = 0; digit < DIGITS; digit++) {
		uint32_t here = place[digit];

		place[digit] = sum;
		sum += here;
	}
	for (uint32_t i = 0; i < count; i++)
		to[place[from[i] >> (KEY_SHIFT + shift) & (DIGITS - 1)]++] = from[i];
}

/* Sorts by insertion, stable, what is nearly sorted; false, and it is not sorted, when that takes too many moves. */
static bool sort_nearly(uint64_t *key, uint32_t count)
{
	int64_t moves = (int64_t)count * MOVES_PER_KEY;
	uint64_t last = 0;

	for (uint64_t *next = key, *const end = key + count; next < end; next++) {
		const uint64_t moved = *next;
		uint64_t *at = next;

		if (moved >= last) {
			last = moved;
			continue;
		}
		for (; at > key && at[-1] > moved; at--)
			*at = at[-1];
		*at = moved;
		moves -= next - at;
		if (moves < 0)
			return false;
	}
	return true;
}

/*
 * A linker puts together tables that are sorted each, of sections that lie far apart: what the highest digit brings
 * together is nearly sorted.  A table that is not takes a pass for each digit, whatever is in it.
 */
const uint64_t *sort_keys(uint64_t *key, uint64_t *scratch, uint32_t count, uint64_t limit)
{
	unsigned highest = 0;

	if (is_sorted(key, count))
		return key;
	while (limit >> highest > DIGITS)
		highest++;
	sort_pass(scratch, key, count, highest);
	if (sort_nearly(scratch, count))
		return scratch;
	for (unsigned shift = 0; shift < 32; shift += 2 * DIGIT_BITS) {
		sort_pass(key, scratch, count, shift);
		sort_pass(scratch, key, count, shift + DIGIT_BITS);
	}
	return scratch;
}
