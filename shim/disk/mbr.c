/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/disk/partition.h>

enum {
	TYPE_EXTENDED = 0x05,
	TYPE_EXTENDED_LBA = 0x0f,
	TYPE_EXTENDED_LINUX = 0x85,
	/* UAPI.1, "Type #1 Boot Loader Specification Entries": XBOOTLDR on an MBR disk. */
	TYPE_XBOOTLDR = 0xea,
	TYPE_ESP = 0xef,

	FIRST_LOGICAL = 5,
};

struct mbr_entry mbr_entry(struct span sector, unsigned index)
{
	const uint64_t at = MBR_ENTRIES + index * MBR_ENTRY_SIZE;

	return (struct mbr_entry){
		.flag = span_u8(sector, at),
		.type = span_u8(sector, at + 4),
		.first = span_u32(sector, at + 8),
		.count = span_u32(sector, at + 12),
	};
}

static bool is_extended(uint8_t type)
{
	return type == TYPE_EXTENDED || type == TYPE_EXTENDED_LBA || type == TYPE_EXTENDED_LINUX;
}

static void add_entry(struct partition_table *table, const struct disk *disk, const struct mbr_entry *entry, uint64_t first,
		      uint32_t number)
{
	struct partition partition = { .number = number };

	if (entry->type == TYPE_ESP)
		partition.role = PARTITION_ESP;
	else if (entry->type == TYPE_XBOOTLDR)
		partition.role = PARTITION_XBOOTLDR;
	partition_add(table, disk, partition, first, entry->count, disk->sector_size);
}

/* One link of a chain: at most one logical partition, and at most one next link. */
struct link {
	struct mbr_entry partition;
	/* Counted from the extended partition; 0: this is the last. */
	uint32_t next;
};

static struct error read_link(struct disk *disk, uint64_t sector, struct link *out)
{
	uint8_t bytes[512] = { 0 };
	const struct span link = span(bytes, sizeof(bytes));

	*out = (struct link){ .next = 0 };
	/* Sums of two 32-bit numbers, and a sector's size has at most 32 bits. */
	if (sector > disk->size / disk->sector_size)
		return error_make(ERROR_MBR_CHAIN, "a link", 0, sector);
	TRY(disk_read(disk, sector * disk->sector_size, bytes, sizeof(bytes)));
	if (span_u16(link, 510) != 0xaa55)
		return error_make(ERROR_MBR_CHAIN, "the signature of a link", 0, sector);
	for (unsigned i = 0; i < 4; i++) {
		const struct mbr_entry entry = mbr_entry(link, i);

		if (is_extended(entry.type))
			out->next = entry.first;
		else if (entry.type != 0 && entry.count != 0 && out->partition.type == 0)
			out->partition = entry;
	}
	return error_none();
}

/*
 * A chain may go back and forth on the disk, so a loop is noticed by meeting again the link that was kept at the last power
 * of two (R. P. Brent, "An improved Monte Carlo factorization algorithm", 1980).
 */
static struct error add_logical(struct disk *disk, uint32_t extended, struct partition_table *table, uint32_t *number)
{
	uint32_t at = 0, kept = 0;
	uint64_t steps = 0, power = 1;

	do {
		const uint64_t sector = (uint64_t)extended + at;
		struct link link;

		TRY(read_link(disk, sector, &link));
		if (link.partition.type != 0)
			add_entry(table, disk, &link.partition, sector + link.partition.first, (*number)++);
		at = link.next;
		if (at != 0 && at == kept)
			return error_make(ERROR_MBR_CHAIN, "an end", 0, sector);
		if (++steps == power) {
			kept = at;
			power *= 2;
		}
	} while (at != 0);
	return error_none();
}

struct error partition_read_mbr(struct disk *disk, struct span first_sector, struct partition_table *out)
{
	uint32_t logical = FIRST_LOGICAL;

	out->scheme = PARTITION_MBR;
	for (unsigned i = 0; i < 4; i++) {
		const struct mbr_entry entry = mbr_entry(first_sector, i);

		/* As Linux does, of any type: a hybrid image of Debian's installer has its ISO 9660 in an entry of type 0. */
		if (!is_extended(entry.type))
			add_entry(out, disk, &entry, entry.first, i + 1);
	}
	for (unsigned i = 0; i < 4; i++) {
		const struct mbr_entry entry = mbr_entry(first_sector, i);

		if (is_extended(entry.type))
			TRY(add_logical(disk, entry.first, out, &logical));
	}
	return error_none();
}
