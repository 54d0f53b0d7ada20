/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of a test initrd, as they were made.
 *
 * A test initrd: the 16 characters "LULL-TEST-INITRD", its whole length (u64), a sum of the bytes that follow (u32),
 * those bytes.  The sum is multiplied by 31 before each byte is added, so that it tells their order.  A loader may round the
 * size of a module up to pages, so the length is taken from inside.
 */
#include "guest.h"

#define HEADER 28u

static uint32_t sum_on(uint32_t sum, const uint8_t *bytes, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++)
		sum = sum * 31 + bytes[i];
	return sum;
}

bool check_test_initrd(uint8_t *(*page)(uint64_t index), uint64_t size)
{
	uint8_t *bytes = size >= HEADER ? page(0) : NULL;
	uint32_t sum, expected;
	uint64_t length;

	if (bytes == NULL || !text_equal((const char *)bytes, "LULL-TEST-INITRD", 16))
		return false;
	memcpy(&length, bytes + 16, 8);
	memcpy(&expected, bytes + 24, 4);
	if (fault("initrd"))
		bytes[HEADER] ^= 1;
	if (fault("initrd-size"))
		size = HEADER;
	if (length < HEADER || length > size) {
		wrong("the initrd is cut short: it says %llx", length);
		return true;
	}
	sum = sum_on(0, bytes, HEADER, length < PAGE ? (uint32_t)length : PAGE);
	for (uint64_t at = PAGE; at < length; at += PAGE)
		sum = sum_on(sum, page(at / PAGE), 0, length - at < PAGE ? (uint32_t)(length - at) : PAGE);
	fact("initrd %llx bytes, sum %x", length, sum);
	if (sum != expected)
		wrong("the initrd's bytes changed");
	return true;
}
