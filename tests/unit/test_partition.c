/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "memory_disk.h"
#include "partition_builder.h"

#include <shim/disk/partition.h>

static struct partition_table table;
static const struct gpt_layout usual = { 512, 128, 16 };

static struct error read_table(struct file disk, uint32_t sector_size)
{
	struct memory_disk memory;

	memory_disk_open(&memory, file_span(disk))->sector_size = sector_size;
	return partition_table_read(&memory.disk, &table);
}

static void check(unsigned index, uint32_t number, enum partition_role role, uint64_t start, uint64_t size)
{
	assert_true(index < table.count);
	assert_int_equal(table.partition[index].number, number);
	assert_int_equal(table.partition[index].role, role);
	assert_int_equal(table.partition[index].start, start);
	assert_int_equal(table.partition[index].size, size);
}

/* Sectors of both sizes, entries of several, and the partitions where they are. */
static void gpt(void **state)
{
	static const struct gpt_layout layouts[] = { { 512, 128, 16 }, { 4096, 128, 128 }, { 512, 256, 8 }, { 512, 136, 15 } };

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		const struct gpt_layout layout = layouts[i];
		const uint64_t unit = layout.sector_size;
		struct file disk = build_gpt(layout);

		gpt_put(disk, layout, 0, gpt_linux, 10, 19);
		gpt_put(disk, layout, 2, gpt_esp, 20, 20);
		gpt_put(disk, layout, 7, gpt_xbootldr, 21, 40);
		/* One that ends before it begins, and one behind the disk. */
		gpt_put(disk, layout, 3, gpt_linux, 20, 19);
		gpt_put(disk, layout, 4, gpt_linux, GPT_SECTORS, GPT_SECTORS + 9);
		gpt_put(disk, layout, 5, gpt_linux, 0, UINT64_MAX);
		/* The disk says another size than the table was written for. */
		assert_fine(read_table(disk, i % 2 ? 4096 : 512));
		assert_int_equal(table.scheme, PARTITION_GPT);
		assert_false(table.is_backup);
		assert_int_equal(table.count, 3);
		check(0, 1, PARTITION_OTHER, 10 * unit, 10 * unit);
		check(1, 3, PARTITION_ESP, 20 * unit, unit);
		check(2, 8, PARTITION_XBOOTLDR, 21 * unit, 20 * unit);
		assert_int_equal(table.partition[1].guid[15], 3);
		file_free(&disk);
	}
}

/* A partition that begins on the disk and ends behind it ends with it. */
static void beyond(void **state)
{
	struct file disk = build_gpt(usual);

	(void)state;
	gpt_put(disk, usual, 0, gpt_linux, 90, UINT64_MAX - 5);
	gpt_put(disk, usual, 1, gpt_linux, 90, 100);
	gpt_put(disk, usual, 2, gpt_linux, UINT64_MAX / 512 + 2, UINT64_MAX / 512 + 5);
	assert_fine(read_table(disk, 512));
	assert_int_equal(table.count, 2);
	check(0, 1, PARTITION_OTHER, 90 * 512, 6 * 512);
	check(1, 2, PARTITION_OTHER, 90 * 512, 6 * 512);
	file_free(&disk);
}

/* What is wrong with the first copy does not matter while the second is whole; of two broken ones the second is named. */
static void backup(void **state)
{
	static const struct {
		uint32_t offset, value;
		bool sealed;
		enum error_code code;
	} faults[] = {
		{ 0, 0, true, ERROR_GPT_FIELD }, { 12, 91, false, ERROR_GPT_FIELD }, { 12, 513, false, ERROR_GPT_FIELD },
		{ 16, 5, false, ERROR_GPT_CHECKSUM }, { 40, 5, false, ERROR_GPT_CHECKSUM }, { 24, 7, true, ERROR_GPT_FIELD },
		{ 84, 127, true, ERROR_GPT_FIELD }, { 80, 0x8001, true, ERROR_GPT_FIELD }, { 72, GPT_SECTORS, true, ERROR_GPT_FIELD },
		{ 76, 0x10000000, true, ERROR_GPT_FIELD }, { 80, 15, true, ERROR_GPT_CHECKSUM }, { 80, 0x8000, true, ERROR_DISK_END },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct file disk = build_gpt(usual);

		gpt_put(disk, usual, 0, gpt_linux, 10, 19);
		for (unsigned copy = 0; copy < 2; copy++) {
			uint64_t header = gpt_header(usual, copy);

			file_put(disk, header + faults[i].offset, faults[i].value, 4);
			if (faults[i].sealed) {
				/* Only the header's: the sum of the entries stays what it was. */
				file_put(disk, header + 16, 0, 4);
				file_put(disk, header + 16, (uint32_t)~checksum_crc32(UINT32_MAX, span(disk.at + header, 92)), 4);
			}
			assert_error(read_table(disk, 512), copy == 0 ? ERROR_NONE : faults[i].code);
			assert_int_equal(table.count, copy == 0 ? 1 : 0);
			assert_true(table.is_backup);
		}
		file_free(&disk);
	}
}

/* A header of another size counts as many bytes in its checksum. */
static void long_header(void **state)
{
	struct file disk = build_gpt(usual);

	(void)state;
	file_put(disk, 512 + 12, 512, 4);
	file_put(disk, 512 + 16, 0, 4);
	file_put(disk, 512 + 500, 0x55, 1);
	file_put(disk, 512 + 16, (uint32_t)~checksum_crc32(UINT32_MAX, span(disk.at + 512, 512)), 4);
	assert_fine(read_table(disk, 512));
	assert_false(table.is_backup);
	file_free(&disk);
}

/* Whichever read fails, the table is read, from its second copy maybe, or the error is the disk's. */
static void failing(void **state)
{
	struct file disk = build_gpt(usual);
	struct memory_disk memory;
	unsigned errors = 0, backups = 0;
	uint64_t n = 0;

	(void)state;
	gpt_put(disk, usual, 0, gpt_linux, 10, 19);
	do {
		struct error error;

		memory_disk_open(&memory, file_span(disk));
		memory.fails = n++;
		error = partition_table_read(&memory.disk, &table);
		if (failed(error)) {
			assert_error(error, ERROR_DISK_READ);
			errors++;
		} else {
			assert_int_equal(table.count, 1);
			backups += table.is_backup;
		}
	} while (memory.reads > memory.fails);
	/* The first sector, and each entry when the checksum has been found right. */
	assert_int_equal(errors, 1 + usual.count);
	/* The header's signature, the rest of it, and the entries in four pieces. */
	assert_int_equal(backups, 6);
	file_free(&disk);
	disk = file_new(512 * 200);
	mbr_put(disk, 0, 0, 0x05, 100, 100);
	memory_disk_open(&memory, file_span(disk));
	memory.bad = 100 * 512;
	assert_error(partition_table_read(&memory.disk, &table), ERROR_DISK_READ);
	file_free(&disk);
}

static void many_entries(void **state)
{
	const struct gpt_layout layout = { 4096, 128, 128 };
	struct file disk = build_gpt(layout);

	(void)state;
	for (unsigned i = 0; i < 128; i++)
		gpt_put(disk, layout, i, gpt_linux, 50 + i % 10, 60);
	assert_fine(read_table(disk, 4096));
	assert_int_equal(table.count, 128);
	assert_int_equal(table.left_out, 0);
	partition_add(&table, &(struct disk){ .size = 100 }, (struct partition){ .number = 129 }, 0, 1, 1);
	assert_int_equal(table.count, 128);
	assert_int_equal(table.left_out, 1);
	file_free(&disk);
}

static void mbr(void **state)
{
	struct file disk = file_new(512 * 200);

	(void)state;
	mbr_put(disk, 0, 0, 0x83, 1, 9);
	mbr_put(disk, 0, 1, 0xef, 10, 10);
	mbr_put(disk, 0, 2, 0x05, 100, 100);
	mbr_put(disk, 0, 3, 0xea, 20, 10);
	file_put(disk, 446, 0x80, 1);
	mbr_put(disk, 100, 0, 0x83, 2, 8);
	mbr_put(disk, 100, 1, 0x0f, 50, 10);
	/* A link whose entries are the other way round, and one without a partition. */
	mbr_put(disk, 150, 0, 0x85, 20, 20);
	mbr_put(disk, 150, 1, 0x07, 1, 3);
	mbr_put(disk, 150, 2, 0x83, 2, 3);
	mbr_put(disk, 120, 1, 0x05, 70, 20);
	mbr_put(disk, 120, 0, 0x83, 2, 0);
	mbr_put(disk, 170, 0, 0xef, 1, 100);
	assert_fine(read_table(disk, 512));
	assert_int_equal(table.scheme, PARTITION_MBR);
	assert_int_equal(table.count, 6);
	check(0, 1, PARTITION_OTHER, 512, 9 * 512);
	check(1, 2, PARTITION_ESP, 10 * 512, 10 * 512);
	check(2, 4, PARTITION_XBOOTLDR, 20 * 512, 10 * 512);
	check(3, 5, PARTITION_OTHER, 102 * 512, 8 * 512);
	check(4, 6, PARTITION_OTHER, 151 * 512, 3 * 512);
	check(5, 7, PARTITION_ESP, 171 * 512, 29 * 512);
	/* A loop: what was found before it is there. */
	mbr_put(disk, 170, 1, 0x05, 50, 20);
	assert_error(read_table(disk, 512), ERROR_MBR_CHAIN);
	assert_true(table.count > 6 && table.count < 20);
	mbr_put(disk, 170, 1, 0x05, 500, 20);
	assert_error(read_table(disk, 512), ERROR_MBR_CHAIN);
	assert_int_equal(table.count, 6);
	mbr_put(disk, 170, 1, 0x05, 100, 20);
	assert_error(read_table(disk, 512), ERROR_DISK_END);
	mbr_put(disk, 170, 1, 0x05, 99, 20);
	assert_error(read_table(disk, 512), ERROR_MBR_CHAIN);
	file_free(&disk);
}

/* Every sector of a disk of 4096 is as large. */
static void mbr_of_large_sectors(void **state)
{
	struct file disk = file_new(4096 * 20);

	(void)state;
	mbr_put(disk, 0, 0, 0x83, 1, 9);
	assert_fine(read_table(disk, 4096));
	check(0, 1, PARTITION_OTHER, 4096, 9 * 4096);
	file_free(&disk);
}

/* An image that is a CD and a disk: the whole of it is a partition without a type, and in it is an ESP. */
static void mbr_of_hybrid(void **state)
{
	struct file disk = file_new(512 * 200);

	(void)state;
	mbr_put(disk, 0, 0, 0, 0, 200);
	mbr_put(disk, 0, 1, 0xef, 60, 10);
	assert_fine(read_table(disk, 512));
	assert_int_equal(table.count, 2);
	check(0, 1, PARTITION_OTHER, 0, 200 * 512);
	check(1, 2, PARTITION_ESP, 60 * 512, 10 * 512);
	file_free(&disk);
}

static void no_table(void **state)
{
	struct file disk = file_new(511);

	(void)state;
	assert_fine(read_table(disk, 512));
	assert_int_equal(table.scheme, PARTITION_NONE);
	file_free(&disk);
	disk = file_new(515);
	assert_fine(read_table(disk, 512));
	assert_int_equal(table.scheme, PARTITION_NONE);
	/* A signature and no entry, as a boot sector of GRUB; an entry without sectors; and text in place of entries. */
	file_put(disk, 510, 0xaa55, 2);
	assert_fine(read_table(disk, 512));
	assert_int_equal(table.scheme, PARTITION_NONE);
	file_put(disk, 446 + 4, 0x83, 1);
	assert_fine(read_table(disk, 512));
	assert_int_equal(table.scheme, PARTITION_NONE);
	mbr_put(disk, 0, 0, 0x83, 0, 1);
	assert_fine(read_table(disk, 512));
	assert_int_equal(table.scheme, PARTITION_MBR);
	file_put(disk, 446 + 48, 'n', 1);
	assert_fine(read_table(disk, 512));
	assert_int_equal(table.scheme, PARTITION_NONE);
	/* A protective entry and nothing else. */
	file_put(disk, 446 + 48, 0, 1);
	mbr_put(disk, 0, 3, 0xee, 1, 1);
	assert_error(read_table(disk, 512), ERROR_GPT_FIELD);
	assert_int_equal(table.scheme, PARTITION_GPT);
	file_free(&disk);
}

static const char *part_name(const char *whole, uint32_t number)
{
	static struct disk_part part;

	return disk_part_open(&part, &(struct disk){ 1000, 512, whole, NULL, NULL },
			      &(struct partition){ .number = number, .start = 10, .size = 20 })->name;
}

static void part(void **state)
{
	struct memory_disk memory;
	struct disk_part part;
	struct disk *disk;
	char to[4];

	(void)state;
	memory_disk_open(&memory, span("0123456789", 10));
	disk = disk_part_open(&part, &memory.disk, &(struct partition){ .number = 1, .start = 4, .size = 4 });
	assert_int_equal(disk->size, 4);
	assert_int_equal(disk->sector_size, 512);
	assert_fine(disk_read(disk, 0, to, 4));
	assert_memory_equal(to, "4567", 4);
	assert_error(disk_read(disk, 1, to, 4), ERROR_DISK_END);
	assert_string_equal(part_name("xvda", 2), "xvda2");
	assert_string_equal(part_name("nvme0n1", 15), "nvme0n1p15");
	assert_string_equal(part_name("a:", UINT32_MAX), "a:4294967295");
	assert_string_equal(part_name("disk-", 10), "disk-10");
	assert_string_equal(part_name("", 0), "0");
	assert_string_equal(part_name("0123456789012345678901234567890123456789", 4294967295), "0123456789012345678901234567p4294967295");
}

int main(void)
{
	return RUN_TESTS("partition", gpt, beyond, backup, long_header, failing, many_entries, mbr,
			 mbr_of_large_sectors, mbr_of_hybrid, no_table, part);
}
