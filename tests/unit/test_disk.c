/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "memory_disk.h"

/* What is inside is read, what is not is not asked of the driver. */
static void bounds(void **state)
{
	static const char text[] = "0123456789";
	struct memory_disk memory;
	struct disk *disk = memory_disk_open(&memory, span(text, 10));
	char to[10];

	(void)state;
	assert_fine(disk_read(disk, 0, to, 10));
	assert_memory_equal(to, text, 10);
	assert_fine(disk_read(disk, 9, to, 1));
	assert_int_equal(to[0], '9');
	assert_int_equal(memory.reads, 2);
	assert_fine(disk_read(disk, 10, to, 0));
	assert_error(disk_read(disk, 9, to, 2), ERROR_DISK_END);
	assert_error(disk_read(disk, 11, to, 0), ERROR_DISK_END);
	assert_error(disk_read(disk, UINT64_MAX, to, 2), ERROR_DISK_END);
	assert_error(disk_read(disk, 0, to, SIZE_MAX), ERROR_DISK_END);
	assert_int_equal(memory.reads, 2);
	memory.bad = 5;
	assert_error(disk_read(disk, 5, to, 1), ERROR_DISK_READ);
	assert_fine(disk_read(disk, 6, to, 1));
	assert_fine(disk_read(disk, 0, to, 5));
}

int main(void)
{
	return RUN_TESTS("disk", bounds);
}
