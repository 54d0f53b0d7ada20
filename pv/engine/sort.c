/* SPDX-License-Identifier: MIT */
#include "sort.h"

/* One pass of a radix sort, stable, by the eight bits at `shift`. */
static void sort_pass(uint64_t *to, const uint64_t *from, uint32_t count, unsigned shift)
{
	uint32_t place[256] = { 0 };
	uint32_t sum = 0;

	for (uint32_t i = 0; i < count; i++)
		place[from[i] >> shift & 0xff]++;
	for (unsigned digit = 0; digit < 256; digit++) {
		uint32_t here = place[digit];

		place[digit] = sum;
		sum += here;
	}
	for (uint32_t i = 0; i < count; i++)
		to[place[from[i] >> shift & 0xff]++] = from[i];
}

/* After an even number of passes the result is back in `key`. */
void sort_keys(uint64_t *key, uint64_t *scratch, uint32_t count)
{
	for (unsigned shift = KEY_SHIFT; shift < 64; shift += 16) {
		sort_pass(scratch, key, count, shift);
		sort_pass(key, scratch, count, shift + 8);
	}
}
