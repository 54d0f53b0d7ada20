/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <shim/disk/checksum.h>

/* The check values of "123456789", as catalogues of checksums give them. */
static void check_values(void **state)
{
	const struct span digits = span("123456789", 9);

	(void)state;
	assert_int_equal((uint32_t)~checksum_crc32(UINT32_MAX, digits), 0xcbf43926);
	assert_int_equal((uint32_t)~checksum_crc32c(UINT32_MAX, digits), 0xe3069283);
	assert_int_equal(checksum_crc16(0xffff, digits), 0x4b37);
	assert_int_equal(checksum_crc32c(5, span(NULL, 0)), 5);
	assert_int_equal(checksum_crc32c(checksum_crc32c(UINT32_MAX, span("1234", 4)), span("56789", 5)),
			 checksum_crc32c(UINT32_MAX, digits));
}

int main(void)
{
	return RUN_TESTS("checksum", check_values);
}
