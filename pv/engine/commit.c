/* SPDX-License-Identifier: MIT */
#include <core/check.h>

#include "commit.h"

/* An access of one size at any address, whatever type lies there; volatile, so that each is made and none is merged. */
typedef volatile uint64_t __attribute__((aligned(1), may_alias)) access8;
typedef volatile uint32_t __attribute__((aligned(1), may_alias)) access4;
typedef volatile uint8_t access1;

#define AT(size, at) (*(access##size *)(at))

/* How many edits ahead of its store a line of text is asked for.  A store waits for its line; sixteen lines come at once. */
#define AHEAD 16

/*
 * Copies in few stores, as memcpy() does: the last store of a size overlaps the one before it, with the same bytes.  It does
 * not call memcpy(), which may itself be text that is being patched.  No edit is of no bytes.
 */
WINDOW_CODE static inline void copy(uint8_t *to, const uint8_t *from, uint32_t length)
{
	if (length < 4) {
		do
			AT(1, to + length - 1) = AT(1, from + length - 1);
		while (--length > 0);
	} else if (length < 8) {
		AT(4, to) = AT(4, from);
		AT(4, to + length - 4) = AT(4, from + length - 4);
	} else {
		for (uint32_t done = 0; done < length - 8; done += 8)
			AT(8, to + done) = AT(8, from + done);
		AT(8, to + length - 8) = AT(8, from + length - 8);
	}
}

WINDOW_CODE static inline bool same(const uint8_t *a, const uint8_t *b, uint32_t length)
{
	uint64_t difference = 0;

	/* A lock prefix, as most edits of Linux's text are. */
	if (length == 1)
		return AT(1, a) == AT(1, b);
	if (length >= 8) {
		for (uint32_t done = 0; done < length - 8; done += 8)
			difference |= AT(8, a + done) ^ AT(8, b + done);
		difference |= AT(8, a + length - 8) ^ AT(8, b + length - 8);
	} else if (length >= 4) {
		difference = (AT(4, a) ^ AT(4, b)) | (AT(4, a + length - 4) ^ AT(4, b + length - 4));
	} else {
		do
			difference |= AT(1, a + length - 1) ^ AT(1, b + length - 1);
		while (--length > 0);
	}
	return difference == 0;
}

WINDOW_CODE uint32_t commit_read_back(const struct patched_text *text, const struct edit *edit, uint32_t count, const uint8_t *bytes)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!same(text->run + edit[i].offset, bytes, edit[i].length))
			return i;
		bytes += edit[i].length;
	}
	return count;
}

/* The one function that stores to text. */
WINDOW_CODE static void store(struct mask_token *token, const struct patched_text *text, const struct edit *edit,
			      uint32_t count, const uint8_t *bytes)
{
	mask_check(token);
	mask_note_store(token);
	for (const struct edit *end = edit + count; edit < end; edit++) {
		__builtin_prefetch(text->write + edit[end - edit > AHEAD ? AHEAD : 0].offset);
		copy(text->write + edit->offset, bytes, edit->length);
		bytes += edit->length;
	}
}

WINDOW_CODE void commit(struct mask_token *token, const struct patched_text *text, const struct edit *edit,
			uint32_t count, const uint8_t *bytes)
{
	store(token, text, edit, count, bytes);
	mask_serialise(token);
	CHECK(commit_read_back(text, edit, count, bytes) == count);
	mask_check(token);
}
