/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/disk/letters.h>
#include <shim/disk/version_order.h>

/* What counts; all other bytes only separate. */
static bool counts(uint8_t c)
{
	return is_digit(c) || is_letter(c) || c == '~' || c == '-' || c == '^' || c == '.';
}

static void drop(struct span *text, uint64_t count)
{
	*text = span(text->at + count, text->size - count);
}

static void drop_separators(struct span *text)
{
	while (text->size != 0 && !counts(text->at[0]))
		drop(text, 1);
}

/* A run of digits, or of letters, at the beginning. */
static struct span take_run(struct span *text, bool (*belongs)(uint8_t))
{
	const struct span all = *text;

	while (text->size != 0 && belongs(text->at[0]))
		drop(text, 1);
	return span(all.at, all.size - text->size);
}

static int compare_bytes(struct span one, struct span other)
{
	const uint64_t size = one.size < other.size ? one.size : other.size;
	const int order = size != 0 ? __builtin_memcmp(one.at, other.at, size) : 0;

	return order != 0 ? order : (one.size > other.size) - (one.size < other.size);
}

/* Numbers, of any length: without their leading zeroes the longer one is larger. */
static int compare_numbers(struct span one, struct span other)
{
	while (one.size != 0 && one.at[0] == '0')
		drop(&one, 1);
	while (other.size != 0 && other.at[0] == '0')
		drop(&other, 1);
	if (one.size != other.size)
		return one.size < other.size ? -1 : 1;
	return compare_bytes(one, other);
}

/*
 * One of the marks, in the order in which they are looked for.  A version with the mark is older than one that has something
 * else there, and `past_end` says how it stands to one that has ended.  0: both have it, or neither.
 */
static int compare_mark(struct span *one, struct span *other, uint8_t mark)
{
	const bool in_one = one->size != 0 && one->at[0] == mark, in_other = other->size != 0 && other->at[0] == mark;

	if (in_one && in_other) {
		drop(one, 1);
		drop(other, 1);
	}
	return in_other - in_one;
}

int version_compare(struct span one, struct span other)
{
	for (;;) {
		struct span run, other_run;
		int order;

		drop_separators(&one);
		drop_separators(&other);
		/* "~" is before everything, and before the end. */
		if ((order = compare_mark(&one, &other, '~')) != 0)
			return order;
		if (one.size == 0 || other.size == 0)
			return (one.size != 0) - (other.size != 0);
		if ((order = compare_mark(&one, &other, '-')) != 0 || (order = compare_mark(&one, &other, '^')) != 0 ||
		    (order = compare_mark(&one, &other, '.')) != 0)
			return order;
		if ((one.size != 0 && is_digit(one.at[0])) || (other.size != 0 && is_digit(other.at[0]))) {
			run = take_run(&one, is_digit);
			other_run = take_run(&other, is_digit);
			/* Letters are older than any number. */
			if ((order = (run.size != 0) - (other_run.size != 0)) != 0 || (order = compare_numbers(run, other_run)) != 0)
				return order;
		} else {
			run = take_run(&one, is_letter);
			other_run = take_run(&other, is_letter);
			if ((order = compare_bytes(run, other_run)) != 0)
				return order;
		}
	}
}
