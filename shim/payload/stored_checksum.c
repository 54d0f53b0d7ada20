/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every byte of a stored kernel is read once more for this, so it is as fast as can be: three instructions for eight bytes.
 *
 * A step is a bijection: of the lane for any word, and of the word for any lane.  So a change inside one word always changes
 * the sum.  The rotation brings what the multiplication carried to the top back to the bottom.
 */
#include <shim/payload/stored.h>

/* FNV's 64-bit prime (draft-eastlake-fnv): odd, or the step were none. */
#define PRIME UINT64_C(0x00000100000001b3)
#define WORD  8

static inline uint64_t lane_step(uint64_t lane, uint64_t word)
{
	const uint64_t product = (lane ^ word) * PRIME;

	return product << 29 | product >> 35;
}

static inline uint64_t word_at(const uint8_t *at)
{
	uint64_t word;

	__builtin_memcpy(&word, at, sizeof(word));
	return word;
}

uint64_t stored_checksum(struct span stripes)
{
	uint64_t a = 1, b = 2, c = 3, d = 4;

	for (uint64_t at = 0; at < stripes.size; at += STORED_ALIGNMENT) {
		a = lane_step(a, word_at(stripes.at + at));
		b = lane_step(b, word_at(stripes.at + at + WORD));
		c = lane_step(c, word_at(stripes.at + at + 2 * WORD));
		d = lane_step(d, word_at(stripes.at + at + 3 * WORD));
	}
	return lane_step(lane_step(lane_step(lane_step(stripes.size, a), b), c), d);
}
