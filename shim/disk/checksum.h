/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * checksum.c: the checksums that partition tables and file systems have for their metadata.
 *
 * Each goes on from `sum`, so that several pieces can be summed up; none inverts at the beginning or end by itself.
 */
#ifndef LULL_SHIM_DISK_CHECKSUM_H
#define LULL_SHIM_DISK_CHECKSUM_H

#include <core/span.h>

/* CRC-32 of ISO 3309, as GPT has it: starts at 0xffffffff, and the result is inverted. */
uint32_t checksum_crc32(uint32_t sum, struct span bytes);

/* CRC-32C (Castagnoli, RFC 3720 B.4), as ext4, XFS and btrfs have it. */
uint32_t checksum_crc32c(uint32_t sum, struct span bytes);

/* CRC-16 (ANSI, reflected), as ext4 has it for group descriptors without metadata_csum. */
uint16_t checksum_crc16(uint16_t sum, struct span bytes);

#endif
