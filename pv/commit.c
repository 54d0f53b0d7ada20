/* SPDX-License-Identifier: MIT */
#include <core/check.h>

#include "commit.h"
#include "fault.h"

/* An access of one size at any address, whatever type lies there. */
struct bytes8 { uint64_t v; } __attribute__((packed, may_alias));
struct bytes4 { uint32_t v; } __attribute__((packed, may_alias));

/*
 * Copies in as few stores as are simple.  Volatile, so that each byte is stored exactly once and the compiler cannot
 * turn the loop into a call of memcpy, which may be text that is being patched.
 */
WINDOW_CODE static inline void copy(uint8_t *to, const uint8_t *from, uint32_t length)
{
	uint32_t done = 0;

	for (; length - done >= 8; done += 8)
		((volatile struct bytes8 *)(to + done))->v = ((const struct bytes8 *)(from + done))->v;
	for (; length - done >= 4; done += 4)
		((volatile struct bytes4 *)(to + done))->v = ((const struct bytes4 *)(from + done))->v;
	for (; done < length; done++)
		((volatile uint8_t *)to)[done] = from[done];
}

WINDOW_CODE static inline bool same(const uint8_t *a, const uint8_t *b, uint32_t length)
{
	uint64_t difference = 0;
	uint32_t done = 0;

	for (; length - done >= 8; done += 8)
		difference |= ((const struct bytes8 *)(a + done))->v ^ ((const struct bytes8 *)(b + done))->v;
	for (; done < length; done++)
		difference |= a[done] ^ b[done];
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
