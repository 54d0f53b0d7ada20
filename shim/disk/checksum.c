/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/disk/checksum.h>

/*
 * A bit at a time, without a table: what is summed up is some KiB of metadata.  The polynomials are reflected, as all
 * three checksums take the lowest bit first.
 */
static uint32_t crc(uint32_t sum, struct span bytes, uint32_t polynomial)
{
	for (uint64_t i = 0; i < bytes.size; i++) {
		sum ^= bytes.at[i];
		for (unsigned bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1) * polynomial;
	}
	return sum;
}

uint32_t checksum_crc32(uint32_t sum, struct span bytes) { return crc(sum, bytes, 0xedb88320); }
uint32_t checksum_crc32c(uint32_t sum, struct span bytes) { return crc(sum, bytes, 0x82f63b78); }
uint16_t checksum_crc16(uint16_t sum, struct span bytes) { return (uint16_t)crc(sum, bytes, 0xa001); }
