/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Partition tables, for the tests and the fuzzers; fields are then changed, and gpt_seal() makes the checksums right. */
#ifndef LULL_TESTS_PARTITION_BUILDER_H
#define LULL_TESTS_PARTITION_BUILDER_H

#include <string.h>

#include <shim/disk/checksum.h>

#include "builder.h"

/* Where build_gpt() puts things, in sectors. */
enum { GPT_SECTORS = 96, GPT_TABLE = 2, GPT_TABLE_SECTORS = 4 };

struct gpt_layout {
	uint32_t sector_size;
	uint32_t entry_size;
	uint32_t count;
};

static const uint8_t gpt_esp[16] = { 0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b };
static const uint8_t gpt_xbootldr[16] = { 0xff, 0xc2, 0x13, 0xbc, 0xe6, 0x59, 0x62, 0x42, 0xa3, 0x52, 0xb2, 0x75, 0xfd, 0x6f, 0x71, 0x72 };
static const uint8_t gpt_linux[16] = { 0xaf, 0x3d, 0xc6, 0x0f, 0x83, 0x84, 0x72, 0x47, 0x8e, 0x79, 0x3d, 0x69, 0xd8, 0x47, 0x7d, 0xe4 };

static inline uint64_t gpt_header(struct gpt_layout layout, bool backup)
{
	return (uint64_t)(backup ? GPT_SECTORS - 1 : 1) * layout.sector_size;
}

static inline uint64_t gpt_entries(struct gpt_layout layout, bool backup)
{
	return (uint64_t)(backup ? GPT_SECTORS - 1 - GPT_TABLE_SECTORS : GPT_TABLE) * layout.sector_size;
}

/* Makes the checksums of one copy right again. */
static inline void gpt_seal(struct file disk, struct gpt_layout layout, bool backup)
{
	const uint64_t header = gpt_header(layout, backup);
	const uint64_t size = (uint64_t)layout.count * layout.entry_size;

	file_put(disk, header + 88, (uint32_t)~checksum_crc32(UINT32_MAX, span(disk.at + gpt_entries(layout, backup), size)), 4);
	file_put(disk, header + 16, 0, 4);
	file_put(disk, header + 16, (uint32_t)~checksum_crc32(UINT32_MAX, span(disk.at + header, 92)), 4);
}

static inline void mbr_put(struct file disk, uint64_t sector, unsigned index, uint8_t type, uint32_t first, uint32_t count)
{
	const uint64_t at = sector * 512 + 446 + index * 16;

	file_put(disk, at + 4, type, 1);
	file_put(disk, at + 8, first, 4);
	file_put(disk, at + 12, count, 4);
	file_put(disk, sector * 512 + 510, 0xaa55, 2);
}

static inline void gpt_put(struct file disk, struct gpt_layout layout, unsigned index, const uint8_t *type, uint64_t first,
			   uint64_t last)
{
	for (unsigned backup = 0; backup < 2; backup++) {
		const uint64_t at = gpt_entries(layout, backup) + (uint64_t)index * layout.entry_size;

		memcpy(disk.at + at, type, 16);
		memset(disk.at + at + 16, (int)(index + 1), 16);
		file_put(disk, at + 32, first, 8);
		file_put(disk, at + 40, last, 8);
		gpt_seal(disk, layout, backup);
	}
}

/* A disk with both copies of an empty table. */
static inline struct file build_gpt(struct gpt_layout layout)
{
	struct file disk = file_new((uint64_t)GPT_SECTORS * layout.sector_size);

	mbr_put(disk, 0, 0, 0xee, 1, GPT_SECTORS - 1);
	for (unsigned backup = 0; backup < 2; backup++) {
		const uint64_t header = gpt_header(layout, backup);

		memcpy(disk.at + header, "EFI PART", 8);
		file_put(disk, header + 8, 0x10000, 4);
		file_put(disk, header + 12, 92, 4);
		file_put(disk, header + 24, header / layout.sector_size, 8);
		file_put(disk, header + 32, gpt_header(layout, !backup) / layout.sector_size, 8);
		file_put(disk, header + 72, gpt_entries(layout, backup) / layout.sector_size, 8);
		file_put(disk, header + 80, layout.count, 4);
		file_put(disk, header + 84, layout.entry_size, 4);
		gpt_seal(disk, layout, backup);
	}
	return disk;
}

#endif
