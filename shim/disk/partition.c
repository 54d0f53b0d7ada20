/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/disk/letters.h>
#include <shim/disk/partition.h>

#define TYPE_PROTECTIVE 0xee

void partition_add(struct partition_table *table, const struct disk *disk, struct partition partition, uint64_t first,
		   uint64_t count, uint32_t sector_size)
{
	if (__builtin_mul_overflow(first, sector_size, &partition.start) || partition.start >= disk->size)
		return;
	if (__builtin_mul_overflow(count, sector_size, &partition.size) || partition.size > disk->size - partition.start)
		partition.size = disk->size - partition.start;
	if (partition.size == 0)
		return;
	if (table->count == PARTITION_MOST)
		table->left_out++;
	else
		table->partition[table->count++] = partition;
}

/*
 * The signature alone is no table: a boot sector of FAT, and GRUB's on a disk without partitions, have it too.  What they
 * have in place of the entries is text or code, or nothing.
 */
static bool is_mbr(struct span sector)
{
	bool has_entry = false;

	if (span_u16(sector, 510) != 0xaa55)
		return false;
	for (unsigned i = 0; i < 4; i++) {
		const struct mbr_entry entry = mbr_entry(sector, i);

		if ((entry.flag & 0x7f) != 0)
			return false;
		has_entry = has_entry || (entry.type != 0 && entry.count != 0);
	}
	return has_entry;
}

static bool is_protective(struct span sector)
{
	for (unsigned i = 0; i < 4; i++)
		if (mbr_entry(sector, i).type == TYPE_PROTECTIVE)
			return true;
	return false;
}

struct error partition_table_read(struct disk *disk, struct partition_table *out)
{
	uint8_t bytes[512] = { 0 };
	const struct span sector = span(bytes, sizeof(bytes));

	*out = (struct partition_table){ .scheme = PARTITION_NONE };
	if (disk->size < sizeof(bytes))
		return error_none();
	TRY(disk_read(disk, 0, bytes, sizeof(bytes)));
	if (!is_mbr(sector))
		return error_none();
	if (is_protective(sector))
		return partition_read_gpt(disk, out);
	return partition_read_mbr(disk, sector, out);
}

static struct error part_read(struct disk *disk, uint64_t offset, void *to, size_t size)
{
	const struct disk_part *part = disk->context;

	return disk_read(part->whole, part->start + offset, to, size);
}

static void name_part(struct disk_part *part, uint32_t number)
{
	const size_t length = __builtin_strlen(part->whole->name);
	/* Of at most ten digits, the last one first. */
	char digits[10];
	size_t used = length < sizeof(part->name) - 12 ? length : sizeof(part->name) - 12;
	unsigned count = 0;

	__builtin_memcpy(part->name, part->whole->name, used);
	if (used != 0 && is_digit(part->name[used - 1]))
		part->name[used++] = 'p';
	do {
		digits[count++] = (char)('0' + number % 10);
		number /= 10;
	} while (number != 0);
	while (count != 0)
		part->name[used++] = digits[--count];
	part->name[used] = '\0';
}

struct disk *disk_part_open(struct disk_part *part, struct disk *whole, const struct partition *partition)
{
	part->whole = whole;
	part->start = partition->start;
	name_part(part, partition->number);
	part->disk = (struct disk){ partition->size, whole->sector_size, part->name, part_read, part };
	return &part->disk;
}
