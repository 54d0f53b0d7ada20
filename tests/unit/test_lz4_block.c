/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Beside a decoder of one byte at a time, on blocks of all kinds, sound and not; and what liblz4 packs. */
#include <lz4.h>

#include "unit.h"
#include "builder.h"

#include <shim/unpack/lz4_block.h>

#define LARGE 70000u

/* xorshift64 (Marsaglia). */
static uint64_t noise(void)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

/* The number at *at, which goes on while its bytes are 255; false at the block's end. */
static bool plain_length(struct span block, uint64_t *at, uint64_t *length)
{
	if (*length != 15)
		return true;
	while (*at < block.size) {
		*length += block.at[*at];
		if (block.at[(*at)++] != 255)
			return true;
	}
	return false;
}

/* As the document has it. */
static enum lz4_end plainly(struct span block, uint8_t *out, uint64_t room, uint64_t *made)
{
	uint64_t at = 0, offset, length;

	for (*made = 0; at < block.size;) {
		const uint8_t token = block.at[at++];

		length = token >> 4;
		if (!plain_length(block, &at, &length) || length > block.size - at)
			return LZ4_BROKEN;
		if (length > room - *made)
			return LZ4_LONG;
		for (; length > 0; length--)
			out[(*made)++] = block.at[at++];
		if (at == block.size)
			return LZ4_WHOLE;
		if (block.size - at < 2)
			return LZ4_BROKEN;
		offset = span_number(block, at, 2);
		at += 2;
		length = token & 15;
		if (offset == 0 || offset > *made || !plain_length(block, &at, &length))
			return LZ4_BROKEN;
		if (length + 4 > room - *made)
			return LZ4_LONG;
		for (length += 4; length > 0; length--, (*made)++)
			out[*made] = out[*made - offset];
	}
	return LZ4_BROKEN;
}

/* Both, with no byte of room more than there is; what they say. */
static enum lz4_end both(struct span block, uint64_t room)
{
	struct file packed = file_of(block.at, block.size), out = file_new(room), plain = file_new(room);
	uint64_t made, wanted;
	enum lz4_end end = plainly(file_span(packed), plain.at, room, &wanted);

	assert_int_equal(lz4_block_unpack(file_span(packed), out.at, room, &made), end);
	assert_int_equal(made, end == LZ4_WHOLE ? wanted : 0);
	assert_memory_equal(out.at, plain.at, made);
	file_free(&packed);
	file_free(&plain);
	file_free(&out);
	return end;
}

#define BOTH(bytes, room) both(span(bytes, sizeof(bytes) - 1), room)

/* Each is one sequence too few, too many, or just right. */
static void by_hand(void **state)
{
	(void)state;
	assert_int_equal(BOTH("", 9), LZ4_BROKEN);
	assert_int_equal(BOTH("\x00", 0), LZ4_WHOLE);
	assert_int_equal(BOTH("\x10", 9), LZ4_BROKEN);
	assert_int_equal(BOTH("\x10z", 1), LZ4_WHOLE);
	assert_int_equal(BOTH("\x10z", 0), LZ4_LONG);
	assert_int_equal(BOTH("\x10z\x01", 9), LZ4_BROKEN);
	/* A copy must have literals behind it. */
	assert_int_equal(BOTH("\x10z\x01\x00", 9), LZ4_BROKEN);
	assert_int_equal(BOTH("\x10z\x01\x00\x00", 5), LZ4_WHOLE);
	assert_int_equal(BOTH("\x10z\x01\x00\x00", 4), LZ4_LONG);
	assert_int_equal(BOTH("\x10z\x00\x00\x00", 9), LZ4_BROKEN);
	assert_int_equal(BOTH("\x10z\x02\x00\x00", 9), LZ4_BROKEN);
	/* Lengths that end nowhere. */
	assert_int_equal(BOTH("\xf0", 900), LZ4_BROKEN);
	assert_int_equal(BOTH("\xf0\xff", 900), LZ4_BROKEN);
	assert_int_equal(BOTH("\xf0\x00" "123456789012345", 15), LZ4_WHOLE);
	assert_int_equal(BOTH("\x1fz\x01\x00", 900), LZ4_BROKEN);
	assert_int_equal(BOTH("\x1fz\x01\x00\xff", 900), LZ4_BROKEN);
	assert_int_equal(BOTH("\x1fz\x01\x00\xff\x00\x00", 275), LZ4_WHOLE);
	assert_int_equal(BOTH("\x1fz\x01\x00\xff\x00\x00", 274), LZ4_LONG);
}

/* The most literals that are moved by words, and the block's end where the offset or the length of the copy is, or a token. */
static void end_in_slack(void **state)
{
	(void)state;
	assert_int_equal(BOTH("\xef" "12345678901234\x0e", 900), LZ4_BROKEN);
	assert_int_equal(BOTH("\xef" "12345678901234\x0e\x00", 900), LZ4_BROKEN);
	assert_int_equal(BOTH("\xef" "12345678901234\x0e\x00\xff", 900), LZ4_BROKEN);
	assert_int_equal(BOTH("\xef" "12345678901234\x0e\x00\xff\x00\x00", 900), LZ4_WHOLE);
	assert_int_equal(BOTH("\xe0" "12345678901234\x0e\x00", 900), LZ4_BROKEN);
}

/* 25 literals, four of them again, and then one copy, with 20 literals behind it and all the slack that there can be. */
static void one_copy(unsigned offset, unsigned more, unsigned rest)
{
	enum { FIRST = 25, LAST = 20 };
	uint8_t block[64] = { 0xf0, FIRST - 15 };
	uint64_t at = 2 + FIRST;

	for (uint64_t i = 2; i < sizeof(block); i++)
		block[i] = (uint8_t)noise();
	block[at++] = FIRST;
	block[at++] = 0;
	block[at++] = (uint8_t)more;
	block[at++] = (uint8_t)offset;
	block[at++] = 0;
	if (more == 15)
		block[at++] = (uint8_t)rest;
	block[at++] = 0xf0;
	block[at++] = LAST - 15;
	assert_true(at + LAST <= sizeof(block));
	for (unsigned room = FIRST; room < FIRST + 4 + 100; room++)
		both(span(block, at + LAST), room);
}

/* Every offset below three words, every length of a short copy, and those that end where words and strides do. */
static void copies(void **state)
{
	(void)state;
	for (unsigned offset = 1; offset < 25; offset++) {
		for (unsigned more = 0; more < 15; more++)
			one_copy(offset, more, 0);
		for (unsigned rest = 0; rest < 50; rest += rest < 12 ? 4 : 1)
			one_copy(offset, 15, rest);
	}
}

/* Blocks as they come, mostly of small numbers so that many sequences are sound; and each cut short. */
static void anything(void **state)
{
	unsigned ends[3] = { 0 };

	(void)state;
	for (unsigned i = 0; i < 60000; i++) {
		uint8_t block[80];
		const uint64_t size = noise() % sizeof(block), mask = noise();

		for (uint64_t at = 0; at < size; at++)
			block[at] = (uint8_t)(noise() & (mask >> at % 8 * 7 & 0xff) & (noise() & 1 ? 0xff : 0x1f));
		ends[both(span(block, size), noise() % 200)]++;
	}
	for (unsigned i = 0; i < 3; i++)
		assert_true(ends[i] > 500);
}

/* Bytes of which about so many of 256 repeat what was `back` bytes before. */
static void packed_by_liblz4(void **state)
{
	static const unsigned repeats[] = { 0, 128, 230, 253, 256 };
	struct file plain = file_new(LARGE), packed = file_new((uint64_t)LZ4_compressBound(LARGE));

	(void)state;
	for (unsigned i = 0; i < 5 * 12; i++) {
		const uint64_t back = i < 40 ? 1 + i / 5 * (i / 5) : 1 + noise() % 60000;
		uint64_t made;
		int size;

		for (uint64_t at = 0; at < LARGE; at++)
			plain.at[at] = at >= back && noise() % 256 < repeats[i % 5] ? plain.at[at - back] : (uint8_t)noise();
		size = LZ4_compress_default((char *)plain.at, (char *)packed.at, LARGE, (int)packed.size);
		assert_int_equal(both(span(packed.at, (uint64_t)size), LARGE), LZ4_WHOLE);
		assert_int_equal(both(span(packed.at, (uint64_t)size), LARGE - 1), LZ4_LONG);
		assert_int_equal(both(span(packed.at, (uint64_t)size - 1), LARGE), LZ4_BROKEN);
		assert_int_equal(lz4_block_unpack(span(packed.at, (uint64_t)size), plain.at, LARGE, &made), LZ4_WHOLE);
		assert_int_equal(made, LARGE);
	}
	file_free(&packed);
	file_free(&plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_hand), cmocka_unit_test(end_in_slack), cmocka_unit_test(copies), cmocka_unit_test(anything),
		cmocka_unit_test(packed_by_liblz4),
	};

	return cmocka_run_group_tests_name("lz4_block", tests, NULL, NULL);
}
