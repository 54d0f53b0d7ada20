/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arch/x86/string.c under other names: every size, alignment and overlap, between guards.  What is expected is moved
 * byte by byte through a copy of everything.
 */
#include "unit.h"

#define memcpy  string_memcpy
#define memmove string_memmove
#define memset  string_memset
#define memcmp  string_memcmp
#define strlen  string_strlen
#undef strncmp
#undef strcmp
#undef strchr
#define strncmp string_strncmp
#define strcmp  string_strcmp
#define strchr  string_strchr

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *left, const void *right, size_t size);
size_t strlen(const char *text);
int strncmp(const char *one, const char *other, size_t size);
int strcmp(const char *one, const char *other);
char *strchr(const char *text, int character);

#include <arch/x86/string.c>

#define LARGEST    1200
/* Every size up to the first, and those around where the string instructions begin. */
#define MANY       200
#define STEP(size) ((size) == MANY ? LONG - 3 : (size) == LONG + 17 ? LARGEST : (size) + 1)
#define ALIGNMENTS 8
#define ROOM       (2 * LARGEST + 2 * ALIGNMENTS)

static uint8_t before[ROOM], now[ROOM], wanted[ROOM];

/* Bytes of which no two within reach of one another are the same. */
static void fill(void)
{
	if (before[1] == 0)
		for (unsigned i = 0; i < ROOM; i++)
			before[i] = (uint8_t)(i * 167 + i / 256);
	memcpy(now, before, ROOM);
}

/* The bytes at `to` are those that were at `from`, and no other has changed. */
static void check_moved(uint64_t to, uint64_t from, uint64_t size)
{
	memcpy(wanted, before, ROOM);
	memcpy(wanted + to, before + from, size);
	if (memcmp(now, wanted, ROOM) == 0)
		return;
	for (uint64_t i = 0; i < ROOM; i++)
		if (now[i] != wanted[i])
			fail_msg("%lu bytes from %lu to %lu: byte %lu is wrong", size, from, to, i);
}

static void copies(void **state)
{
	(void)state;
	for (uint64_t size = 0; size < LARGEST; size = STEP(size))
		for (uint64_t i = 0; i < ALIGNMENTS * ALIGNMENTS; i++) {
			const uint64_t to = i % ALIGNMENTS, from = LARGEST + ALIGNMENTS + i / ALIGNMENTS;

			fill();
			assert_ptr_equal(string_memcpy(now + to, now + from, size), now + to);
			check_moved(to, from, size);
		}
}

/* From everywhere to the middle: all that overlaps, and on both sides something that does not. */
static void moves(void **state)
{
	const uint64_t to = LARGEST;

	(void)state;
	for (uint64_t size = 0; size < LARGEST; size = STEP(size))
		for (uint64_t from = LARGEST - size; from <= LARGEST + size && from + size <= ROOM; from += size < LONG ? 1 : 7) {
			fill();
			assert_ptr_equal(string_memmove(now + to, now + from, size), now + to);
			check_moved(to, from, size);
		}
}

/* Of the value, only the lowest byte counts. */
static void fills(void **state)
{
	(void)state;
	for (uint64_t size = 0; size < LARGEST; size = STEP(size))
		for (uint64_t at = 0; at < ALIGNMENTS; at++) {
			fill();
			assert_ptr_equal(string_memset(now + at, 0x1234a5, size), now + at);
			for (uint64_t i = 0; i < ROOM; i++)
				assert_int_equal(now[i], i >= at && i - at < size ? 0xa5 : before[i]);
		}
}

static void comparisons(void **state)
{
	(void)state;
	for (uint64_t size = 0; size <= MANY; size++) {
		fill();
		assert_int_equal(string_memcmp(now, before, size), 0);
		for (uint64_t at = 0; at < size; at++) {
			now[at] = (uint8_t)(before[at] ^ 0x80);
			assert_true(string_memcmp(now, before, size) == (before[at] & 0x80 ? -1 : 1));
			assert_int_equal(string_memcmp(now, before, at), 0);
			now[at] = before[at];
		}
	}
}

static void lengths(void **state)
{
	(void)state;
	assert_int_equal(string_strlen(""), 0);
	assert_int_equal(string_strlen("lull\0lull"), 4);
}

static void texts(void **state)
{
	const char *text = "a\xffz";

	(void)state;
	assert_int_equal(strcmp("", ""), 0);
	assert_true(strcmp("a", "") > 0 && strcmp("", "a") < 0);
	assert_true(strcmp("a\xff", "ab") > 0);
	assert_int_equal(strncmp("abc", "abd", 2), 0);
	assert_true(strncmp("abc", "abd", 3) < 0);
	assert_int_equal(strncmp("a", "b", 0), 0);
	assert_ptr_equal(strchr(text, 'z'), text + 2);
	assert_ptr_equal(strchr(text, 0xff), text + 1);
	assert_ptr_equal(strchr(text, 0), text + 3);
	assert_null(strchr(text, 'b'));
}

int main(void)
{
	return RUN_TESTS("string", copies, moves, fills, comparisons, lengths, texts);
}
