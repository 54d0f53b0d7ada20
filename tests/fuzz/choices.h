/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Choices out of an input, for targets that make up a whole scene: the same input gives the same scene, any other one
 * another.  Of an input that begins with CHOICES_MARK each choice is some bytes, so that a change of one byte is a change of
 * one choice, and whoever mutates by what an input reaches (`make fuzz-guided`) has something to go by.
 */
#ifndef LULL_TESTS_CHOICES_H
#define LULL_TESTS_CHOICES_H

#include <core/addr.h>
#include <core/span.h>

#define CHOICES_MARK 0xc5

struct choices {
	uint64_t state;
	/* Bytes that are still to choose by. */
	struct span left;
};

/* FNV-1a over the input. */
static inline struct choices choices_of(struct span input)
{
	struct choices choices = { .state = UINT64_C(0xcbf29ce484222325) };

	for (uint64_t i = 0; i < input.size; i++)
		choices.state = (choices.state ^ input.at[i]) * UINT64_C(0x100000001b3);
	if (input.size != 0 && input.at[0] == CHOICES_MARK)
		choices.left = span(input.at + 1, input.size - 1);
	return choices;
}

/* splitmix64 (Steele, Lea, Flood), or so many bytes of the input, at most 8, while there are any. */
static inline uint64_t some(struct choices *choices, unsigned width)
{
	uint64_t z = choices->state += UINT64_C(0x9e3779b97f4a7c15);
	const struct span left = choices->left;

	if (left.size >= width) {
		choices->left = span(left.at + width, left.size - width);
		return span_number(left, 0, width);
	}
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline uint64_t any(struct choices *choices)
{
	return some(choices, 8);
}

/* A number below a bound; 0 when the bound is. */
static inline uint64_t below(struct choices *choices, uint64_t bound)
{
	return bound ? some(choices, bound <= 0x100 ? 1 : bound <= 0x10000 ? 2 : 8) % bound : 0;
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
