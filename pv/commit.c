/* SPDX-License-Identifier: MIT */
#include <core/check.h>

#include "commit.h"
#include "fault.h"

/* An access of one size at any address, whatever type lies there. */
struct bytes8 { uint64_t v; } __attribute__((packed, may_alias));
struct bytes4 { uint32_t v; } __attribute__((packed, may_alias));

#define AT8(at) ((volatile struct bytes8 *)(at))->v
#define AT4(at) ((volatile struct bytes4 *)(at))->v
#define AT1(at) (*(volatile uint8_t *)(at))

/*
 * Copies in as few stores as are simple: the last of a size overlaps the one before it, with the same bytes.  Volatile,
 * so that the compiler cannot turn the loop into a call of memcpy, which may be text that is being patched.
 */
WINDOW_CODE static inline void copy(uint8_t *to, const uint8_t *from, uint32_t length)
{
	if (length >= 8) {
		for (uint32_t done = 0; done < length - 8; done += 8)
			AT8(to + done) = AT8(from + done);
		AT8(to + length - 8) = AT8(from + length - 8);
	} else if (length >= 4) {
		AT4(to) = AT4(from);
		AT4(to + length - 4) = AT4(from + length - 4);
	} else {
		for (uint32_t done = 0; done < length; done++)
			AT1(to + done) = AT1(from + done);
	}
}

WINDOW_CODE static inline bool same(const uint8_t *a, const uint8_t *b, uint32_t length)
{
	uint64_t difference = 0;

	if (length >= 8) {
		for (uint32_t done = 0; done < length - 8; done += 8)
			difference |= AT8(a + done) ^ AT8(b + done);
		difference |= AT8(a + length - 8) ^ AT8(b + length - 8);
	} else if (length >= 4) {
		difference = (AT4(a) ^ AT4(b)) | (AT4(a + length - 4) ^ AT4(b + length - 4));
	} else {
		for (uint32_t done = 0; done < length; done++)
			difference |= AT1(a + done) ^ AT1(b + done);
	}
	return difference == 0;
}

/* The one function that stores to text. */
WINDOW_CODE static void store(struct mask_token *token, const struct text_window *text, const struct edit *edit,
			      uint32_t count, const uint8_t *bytes)
{
	mask_check(token);
	mask_note_store(token);
	for (uint32_t i = 0; i < count; i++) {
		copy(text->write + edit[i].offset, bytes, edit[i].length);
		bytes += edit[i].length;
	}
}

WINDOW_CODE void commit(struct mask_token *token, const struct text_window *text, const struct edit *edit,
			uint32_t count, const uint8_t *bytes)
{
	store(token, text, edit, count, bytes);
	mask_serialise(token);
	for (uint32_t i = 0; i < count; i++) {
		/* What two steps write first is not what is there last. */
		if (!FAULT_TWO_STEPS)
			CHECK(same(text->run + edit[i].offset, bytes, edit[i].length));
		bytes += edit[i].length;
	}
	mask_check(token);
}
