/* SPDX-License-Identifier: MIT */
/*
 * A span: bytes that came from outside, and how many there are.  Every parser takes one and reads it only through
 * these functions, which never read past the end.
 */
#ifndef LULL_CORE_SPAN_H
#define LULL_CORE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
	const uint8_t *at;
	uint64_t       size;
};

static inline struct span span(const void *at, uint64_t size) { return (struct span){ at, size }; }

/* True when [offset, offset + size) lies inside the span. */
static inline bool span_has(struct span s, uint64_t offset, uint64_t size)
{
	/* In this order, since a loop that reads numbers of one size has to compute the end only once. */
	return size <= s.size && offset <= s.size - size;
}

/* The bytes [offset, offset + size) of the span; false, and an empty span, when they are not all there. */
static inline bool span_cut(struct span s, uint64_t offset, uint64_t size, struct span *out)
{
	*out = (struct span){ s.at, 0 };
	if (!span_has(s, offset, size))
		return false;
	/* A span of no bytes may be nowhere, and C adds not even 0 to NULL. */
	*out = (struct span){ offset != 0 ? s.at + offset : s.at, size };
	return true;
}

/*
 * Little-endian numbers at a byte offset, aligned or not.  The caller has asked span_has(); an offset outside reads as
 * zero, so that a caller who forgot to ask gets a wrong number, never a wild read.
 */
static inline uint64_t span_number(struct span s, uint64_t offset, unsigned bytes)
{
	uint64_t value = 0;

	if (!span_has(s, offset, bytes))
		return 0;
	for (unsigned i = bytes; i-- > 0;)
		value = value << 8 | s.at[offset + i];
	return value;
}

/* The same of one size, without a loop: x86 reads little-endian numbers at any address. */
#define SPAN_READER(bits) \
	static inline uint##bits##_t span_u##bits(struct span s, uint64_t offset) \
	{ \
		uint##bits##_t value = 0; \
	\
		if (span_has(s, offset, sizeof(value))) \
			__builtin_memcpy(&value, s.at + offset, sizeof(value)); \
		return value; \
	}
SPAN_READER(8)
SPAN_READER(16)
SPAN_READER(32)
SPAN_READER(64)
#undef SPAN_READER

/* True when the span holds these bytes at the offset. */
static inline bool span_is(struct span s, uint64_t offset, const void *bytes, uint64_t size)
{
	return span_has(s, offset, size) && __builtin_memcmp(s.at + offset, bytes, size) == 0;
}

#endif
