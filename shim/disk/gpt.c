/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UEFI specification 2.10, 5.3.2 "GPT Header" and 5.3.3 "GPT Partition Entry Array". */
#include <shim/disk/checksum.h>
#include <shim/disk/partition.h>

enum {
	HEADER_SIZE = 12,
	HEADER_CHECKSUM = 16,
	HEADER_SECTOR = 24,
	HEADER_ENTRIES = 72,
	HEADER_ENTRY_COUNT = 80,
	HEADER_ENTRY_SIZE = 84,
	HEADER_ENTRIES_CHECKSUM = 88,
	HEADER_END = 92,

	ENTRY_TYPE = 0,
	ENTRY_GUID = 16,
	ENTRY_FIRST = 32,
	ENTRY_LAST = 40,
	ENTRY_END = 128,

	/* It may fill its sector; none has more than these bytes. */
	LARGEST_HEADER = 512,
	/* Far beyond any table: 32768 entries of the usual size. */
	LARGEST_TABLE = 4 << 20,
};

/* GUIDs as a table has them: three numbers in little endian, the rest as it is written (UEFI specification, appendix A). */
static const uint8_t type_esp[16] = {
	0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b,
};
static const uint8_t type_xbootldr[16] = {
	0xff, 0xc2, 0x13, 0xbc, 0xe6, 0x59, 0x62, 0x42, 0xa3, 0x52, 0xb2, 0x75, 0xfd, 0x6f, 0x71, 0x72,
};
static const uint8_t type_none[16];

struct gpt {
	uint32_t sector_size;
	/* Of the entries, in bytes. */
	uint64_t start;
	uint32_t count;
	uint32_t entry_size;
	uint32_t checksum;
};

static struct error gpt_wrong(const char *field, uint64_t found)
{
	return error_make(ERROR_GPT_FIELD, field, 0, found);
}

/* Whether the sector begins as a header; of a sector of which the disk has no bytes it does not. */
static struct error has_header(struct disk *disk, uint64_t at, bool *out)
{
	uint8_t bytes[8];

	*out = false;
	if (at >= disk->size || disk->size - at < sizeof(bytes))
		return error_none();
	TRY(disk_read(disk, at, bytes, sizeof(bytes)));
	*out = __builtin_memcmp(bytes, "EFI PART", sizeof(bytes)) == 0;
	return error_none();
}

static struct error check_entries(struct disk *disk, const struct gpt *gpt)
{
	const uint64_t size = (uint64_t)gpt->count * gpt->entry_size;
	uint32_t sum = UINT32_MAX;
	uint8_t bytes[512];

	for (uint64_t at = 0; at < size; at += sizeof(bytes)) {
		const size_t part = size - at < sizeof(bytes) ? (size_t)(size - at) : sizeof(bytes);

		TRY(disk_read(disk, gpt->start + at, bytes, part));
		sum = checksum_crc32(sum, span(bytes, part));
	}
	if (~sum != gpt->checksum)
		return error_make(ERROR_GPT_CHECKSUM, "entries", gpt->checksum, (uint32_t)~sum);
	return error_none();
}

/* The header's checksum counts its own field as 0. */
static uint32_t header_sum(struct span header)
{
	static const uint8_t zero[4];
	uint32_t sum = checksum_crc32(UINT32_MAX, span(header.at, HEADER_CHECKSUM));

	sum = checksum_crc32(sum, span(zero, sizeof(zero)));
	return ~checksum_crc32(sum, span(header.at + HEADER_CHECKSUM + 4, header.size - HEADER_CHECKSUM - 4));
}

/* Reads the header at a byte of the disk, in sectors of this size, and checks it and the entries that it names. */
static struct error read_header(struct disk *disk, uint64_t at, uint32_t sector_size, struct gpt *out)
{
	uint8_t bytes[LARGEST_HEADER] = { 0 };
	const struct span sector = span(bytes, sizeof(bytes));
	uint32_t size, sum;

	TRY(disk_read(disk, at, bytes, sizeof(bytes)));
	size = span_u32(sector, HEADER_SIZE);
	if (size < HEADER_END || size > sizeof(bytes))
		return gpt_wrong("a header of 92 to 512 bytes", size);
	sum = header_sum(span(bytes, size));
	if (sum != span_u32(sector, HEADER_CHECKSUM))
		return error_make(ERROR_GPT_CHECKSUM, "a header", span_u32(sector, HEADER_CHECKSUM), sum);
	if (span_u64(sector, HEADER_SECTOR) != at / sector_size)
		return gpt_wrong("the header's own place in it", span_u64(sector, HEADER_SECTOR));
	*out = (struct gpt){
		.sector_size = sector_size,
		.count = span_u32(sector, HEADER_ENTRY_COUNT),
		.entry_size = span_u32(sector, HEADER_ENTRY_SIZE),
		.checksum = span_u32(sector, HEADER_ENTRIES_CHECKSUM),
	};
	if (out->entry_size < ENTRY_END)
		return gpt_wrong("entries of 128 bytes or more", out->entry_size);
	if ((uint64_t)out->count * out->entry_size > LARGEST_TABLE)
		return gpt_wrong("at most 4 MiB of entries", out->count);
	if (__builtin_mul_overflow(span_u64(sector, HEADER_ENTRIES), sector_size, &out->start) || out->start >= disk->size)
		return gpt_wrong("the place of the entries on the disk", span_u64(sector, HEADER_ENTRIES));
	return check_entries(disk, out);
}

/*
 * The first copy is in the second sector, the other in the last one.  The sector's size is that of the disk that the table was
 * written for, not of this one: images are carried from disks with sectors of 512 bytes to those with 4096, and back.
 */
static struct error find_header(struct disk *disk, struct partition_table *table, struct gpt *out)
{
	static const uint32_t sizes[] = { 512, 4096 };
	struct error error = gpt_wrong("a header \"EFI PART\" in the second or the last sector", 0);

	for (unsigned copy = 0; copy < 2; copy++) {
		table->is_backup = copy == 1;
		for (unsigned i = 0; i < 2; i++) {
			const uint64_t at = copy == 0 ? sizes[i] : (disk->size / sizes[i] - 1) * sizes[i];
			bool found;
			const struct error unread = has_header(disk, at, &found);

			if (failed(unread))
				error = unread;
			if (!found)
				continue;
			error = read_header(disk, at, sizes[i], out);
			if (!failed(error))
				return error;
		}
	}
	return error;
}

static void add_entry(struct partition_table *table, const struct disk *disk, const struct gpt *gpt, uint32_t index,
		      struct span entry)
{
	const uint64_t first = span_u64(entry, ENTRY_FIRST), last = span_u64(entry, ENTRY_LAST);
	struct partition partition = { .number = index + 1 };

	if (span_is(entry, ENTRY_TYPE, type_none, sizeof(type_none)) || last < first)
		return;
	if (span_is(entry, ENTRY_TYPE, type_esp, sizeof(type_esp)))
		partition.role = PARTITION_ESP;
	else if (span_is(entry, ENTRY_TYPE, type_xbootldr, sizeof(type_xbootldr)))
		partition.role = PARTITION_XBOOTLDR;
	__builtin_memcpy(partition.guid, entry.at + ENTRY_GUID, sizeof(partition.guid));
	partition_add(table, disk, partition, first, last - first + 1, gpt->sector_size);
}

struct error partition_read_gpt(struct disk *disk, struct partition_table *out)
{
	struct gpt gpt = { 0 };
	uint8_t bytes[ENTRY_END] = { 0 };

	out->scheme = PARTITION_GPT;
	TRY(find_header(disk, out, &gpt));
	for (uint32_t i = 0; i < gpt.count; i++) {
		TRY(disk_read(disk, gpt.start + (uint64_t)i * gpt.entry_size, bytes, sizeof(bytes)));
		add_entry(out, disk, &gpt, i, span(bytes, sizeof(bytes)));
	}
	return error_none();
}
