/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a replacement: moved to where they will run, and filled up with NOPs.
 */
#ifndef LULL_PV_ENGINE_REPLACEMENT_H
#define LULL_PV_ENGINE_REPLACEMENT_H

#include <stdbool.h>
#include <stdint.h>

/* Writes the 32-bit displacement of a branch that ends at `end`; false when it cannot reach the target. */
static inline bool image_displacement(uint8_t *out, uint64_t end, uint64_t target)
{
	int64_t distance = (int64_t)(target - end);
	int32_t displacement = (int32_t)distance;

	__builtin_memcpy(out, &displacement, sizeof(displacement));
	return displacement == distance;
}

/* The branch that code begins with: where its displacement is, and how long; both 0 when it begins with none. */
static inline void leading_branch(const uint8_t *code, unsigned length, unsigned *at, unsigned *size)
{
	*at = 0;
	*size = 0;
	if (length >= 5 && (code[0] & 0xfe) == 0xe8) {				/* call, jmp rel32 */
		*at = 1;
		*size = 4;
	} else if (length >= 6 && code[0] == 0x0f && (code[1] & 0xf0) == 0x80) {	/* jcc rel32 */
		*at = 2;
		*size = 4;
	} else if (length >= 2 && (code[0] == 0xeb || (code[0] & 0xf0) == 0x70 ||	/* jmp, jcc rel8 */
				   (code[0] & 0xfc) == 0xe0)) {			/* loop, jcxz */
		*at = 1;
		*size = 1;
	}
}

/*
 * Makes code that was linked at `from` right for `to`, when it begins with a branch out of itself (call, jmp and jcc
 * rel32).  False when that branch cannot reach its target, which goes to `target`; a short branch never can.
 */
static inline bool image_relocate(uint8_t *code, unsigned length, uint64_t from, uint64_t to,
				  uint64_t *target)
{
	unsigned at, size;
	int64_t displacement = 0;

	leading_branch(code, length, &at, &size);
	if (size == 0)
		return true;
	for (unsigned i = size; i-- > 0;)
		displacement = displacement * 256 + (i == size - 1 ? (int8_t)code[at + i] : code[at + i]);
	*target = from + at + size + (uint64_t)displacement;
	if (*target - from <= length)
		return true;
	return size == 4 && image_displacement(code + at, to + at + size, *target);
}

/* Fills with the long NOPs of the SDM (volume 2B, NOP, table 4-12), the longest first. */
static inline void image_fill_nops(uint8_t *at, unsigned length)
{
	static const uint8_t nops[9][9] = {
		{ 0x90 },
		{ 0x66, 0x90 },
		{ 0x0f, 0x1f, 0x00 },
		{ 0x0f, 0x1f, 0x40, 0x00 },
		{ 0x0f, 0x1f, 0x44, 0x00, 0x00 },
		{ 0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00 },
		{ 0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00 },
		{ 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00 },
		{ 0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00 },
	};

	while (length > 0) {
		unsigned size = length < sizeof(nops[0]) ? length : sizeof(nops[0]);

		__builtin_memcpy(at, nops[size - 1], size);
		at += size;
		length -= size;
	}
}

#endif
