/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Choices out of an input, for targets that make up a whole scene: the same input gives the same scene, any other one
 * another.
 */
#ifndef LULL_TESTS_CHOICES_H
#define LULL_TESTS_CHOICES_H

#include <core/addr.h>
#include <core/span.h>

struct choices {
	uint64_t state;
};

/* FNV-1a over the input. */
static inline struct choices choices_of(struct span input)
{
	struct choices choices = { UINT64_C(0xcbf29ce484222325) };

	for (uint64_t i = 0; i < input.size; i++)
		choices.state = (choices.state ^ input.at[i]) * UINT64_C(0x100000001b3);
	return choices;
}

/* splitmix64 (Steele, Lea, Flood). */
static inline uint64_t any(struct choices *choices)
{
	uint64_t z = choices->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* A number below a bound; 0 when the bound is. */
static inline uint64_t below(struct choices *choices, uint64_t bound)
{
	return bound ? any(choices) % bound : 0;
}

/* True once in so many times. */
static inline bool once_in(struct choices *choices, uint64_t times)
{
	return below(choices, times) == 0;
}

/* From 1 to a bound, small sizes as likely as large ones, whole pages as likely as bytes. */
static inline uint64_t some_size(struct choices *choices, uint64_t bound)
{
	uint64_t size = below(choices, bound >> below(choices, 12)) + 1;

	return once_in(choices, 2) ? size : (size + PAGE_MASK) & ~PAGE_MASK;
}

static inline void fill(struct choices *choices, uint8_t *bytes, uint64_t size)
{
	uint64_t word = 0;

	for (uint64_t i = 0; i < size; i++, word >>= 8) {
		if (i % 8 == 0)
			word = any(choices);
		bytes[i] = (uint8_t)word;
	}
}

/* A command line of up to `most` bytes and its terminator. */
static inline void fill_line(struct choices *choices, char *line, uint64_t most)
{
	uint64_t length = below(choices, (most >> below(choices, 10)) + 1);

	for (uint64_t i = 0; i < length; i++)
		line[i] = (char)(' ' + below(choices, 95));
	line[length] = '\0';
}

#endif
