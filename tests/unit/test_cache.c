/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "builder.h"
#include "memory_disk.h"

#include <shim/disk/cache.h>

#define LINES (CACHE_LINES + 8)
/* The last line of the disk is not whole. */
#define SIZE  (LINES * CACHE_LINE - 1000)

static struct file content;
static struct memory_disk memory;
static struct disk_cache cache;
static uint8_t cached[CACHE_MEMORY];

static struct disk *begin(void)
{
	return disk_cache_open(&cache, memory_disk_open(&memory, file_span(content)), cached);
}

static void check_read(struct disk *disk, uint64_t offset, size_t size)
{
	uint8_t to[CACHE_SMALL + 1];

	assert_fine(disk_read(disk, offset, to, size));
	assert_memory_equal(to, content.at + offset, size);
}

/* What was read once is not read again, in whatever pieces. */
static void small_reads(void **state)
{
	struct disk *disk = begin();

	(void)state;
	check_read(disk, 10, 20);
	check_read(disk, 0, CACHE_LINE);
	assert_int_equal(memory.reads, 1);
	assert_int_equal(memory.bytes_read, CACHE_LINE);
	check_read(disk, CACHE_LINE - 1, 2);
	check_read(disk, 100, CACHE_SMALL);
	assert_int_equal(memory.reads, 5);
	check_read(disk, SIZE - 1, 1);
	check_read(disk, SIZE - 5000, 5000);
	assert_int_equal(memory.reads, 7);
	assert_error(disk_read(disk, SIZE, cached, 1), ERROR_DISK_END);
}

/* A large read goes by, in one piece. */
static void large_read(void **state)
{
	struct disk *disk = begin();

	(void)state;
	check_read(disk, 5, CACHE_SMALL + 1);
	assert_int_equal(memory.reads, 1);
	assert_int_equal(memory.bytes_read, CACHE_SMALL + 1);
}

/* The line that was not used for longest goes. */
static void oldest_goes(void **state)
{
	struct disk *disk = begin();

	(void)state;
	for (unsigned i = 0; i < CACHE_LINES; i++)
		check_read(disk, i * CACHE_LINE, 1);
	check_read(disk, 0, 1);
	assert_int_equal(memory.reads, CACHE_LINES);
	check_read(disk, CACHE_LINES * CACHE_LINE, 1);
	check_read(disk, 0, 1);
	assert_int_equal(memory.reads, CACHE_LINES + 1);
	check_read(disk, CACHE_LINE, 1);
	assert_int_equal(memory.reads, CACHE_LINES + 2);
}

/* A line that could not be read is not there; neither is the one that was in its place. */
static void failing(void **state)
{
	struct disk *disk = begin();
	uint8_t to[2];

	(void)state;
	for (unsigned i = 0; i < CACHE_LINES; i++)
		check_read(disk, i * CACHE_LINE, 1);
	memory.bad = CACHE_LINES * CACHE_LINE + 5;
	assert_error(disk_read(disk, CACHE_LINES * CACHE_LINE, to, 1), ERROR_DISK_READ);
	assert_error(disk_read(disk, CACHE_LINES * CACHE_LINE, to, 1), ERROR_DISK_READ);
	memory.bad = UINT64_MAX;
	check_read(disk, 0, 1);
	check_read(disk, CACHE_LINES * CACHE_LINE, 1);
	assert_int_equal(memory.reads, CACHE_LINES + 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_reads),
		cmocka_unit_test(large_read),
		cmocka_unit_test(oldest_goes),
		cmocka_unit_test(failing),
	};
	int status;

	content = file_new(SIZE);
	for (unsigned i = 0; i < SIZE; i++)
		content.at[i] = (uint8_t)(i * 7 + i / CACHE_LINE);
	status = cmocka_run_group_tests_name("cache", tests, NULL, NULL);
	file_free(&content);
	return status;
}
