/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The block front end, from xenstore to the bytes and back to a disk that nobody has used. */
#include "test_blkfront.h"

static void read_all_ways(void)
{
	static const uint64_t shifts[] = { 0, 512, 4096, 3584, 1, 777 };
	static const uint64_t offsets[] = { 0, 512, 4096, 1, 700, 5000, FAKE_DISK_SIZE - SOME - 9 };
	static const uint64_t sizes[] = { 1, 511, 512, 513, 4096, 5000, 70000, SOME };

	for (unsigned i = 0; i < sizeof(shifts) / sizeof(shifts[0]); i++)
		for (unsigned j = 0; j < sizeof(offsets) / sizeof(offsets[0]); j++)
			for (unsigned k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++)
				assert_reads(offsets[j], shifts[i], sizes[k]);
}

static void reads_eleven_pages_at_a_time(void **state)
{
	(void)state;
	open_one();
	assert_string_equal(disks.disk[0].disk.name, "xvda");
	assert_int_equal(disks.disk[0].disk.size, 12296 * 512);
	read_all_ways();
	assert_int_equal(fake_xen.most_pages, 11);
	assert_int_equal(fake_xen.most_at_once, 32);
	assert_int_equal(fake_xen.indirect, 0);
	assert_unused();
}

static void reads_a_megabyte_at_a_time(void **state)
{
	(void)state;
	fake_store_set(FAKE_BACKEND "/feature-max-indirect-segments", "256");
	open_one();
	read_all_ways();
	assert_int_equal(fake_xen.most_pages, 256);
	assert_true(fake_xen.most_at_once > 1);
	assert_int_equal(fake_xen.indirect, fake_xen.requests);
	assert_unused();
}

/* While one is answered, the others wait. */
static void slow_disks(void **state)
{
	(void)state;
	for (unsigned indirect = 0; indirect < 2; indirect++) {
		begin(NULL);
		if (indirect)
			fake_store_set(FAKE_BACKEND "/feature-max-indirect-segments", "16");
		fake_xen.disk_slow = true;
		open_one();
		assert_reads(512, 1024, SOME / 512 * 512);
		fake_xen.disk_bad_sector = 900;
		assert_error(disk_read(&disks.disk[0].disk, 0, memory, SOME), ERROR_DISK_READ);
		assert_unused();
	}
}

static void takes_fewer_pages_where_fewer_are_offered(void **state)
{
	(void)state;
	fake_store_set(FAKE_BACKEND "/feature-max-indirect-segments", "40");
	open_one();
	assert_reads(0, 0, SOME);
	assert_int_equal(fake_xen.most_pages, 40);
	assert_unused();
}

static void large_sectors(void **state)
{
	(void)state;
	fake_store_set(FAKE_BACKEND "/sector-size", "4096");
	fake_store_set(FAKE_BACKEND "/sectors", "12296");
	open_one();
	assert_int_equal(disks.disk[0].disk.sector_size, 4096);
	read_all_ways();
	assert_unused();
}

static void strange_sizes(void **state)
{
	static const char *const values[] = { "0", "256", "513", "8192", "-1", "" };

	(void)state;
	for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		begin(NULL);
		fake_store_set(FAKE_BACKEND "/sector-size", values[i]);
		assert_fine(open_all());
		assert_error(connect_one(), ERROR_XENSTORE_VALUE);
		assert_unused();
	}
	begin(NULL);
	fake_store_set(FAKE_BACKEND "/sectors", "36028797018963968");
	assert_fine(open_all());
	assert_error(connect_one(), ERROR_XENSTORE_VALUE);
}

static void drives_and_machines_without(void **state)
{
	(void)state;
	fake_store_set(FRONT "device-type", "cdrom");
	fake_store_set(FAKE_BACKEND "/params", "aio:");
	assert_fine(open_all());
	assert_int_equal(disks.count, 0);
	assert_fine(blkfront_close(&disks));
	begin(NULL);
	fake_store_set(FRONT "device-type", "cdrom");
	open_one();
	assert_unused();
	assert_fine(blkfront_open(&fake_sharing, (struct store_ring){ NULL, 0 }, &info, &disks));
	assert_fine(blkfront_close(&disks));
	for (unsigned i = 0; i < 5; i++)
		fake_store_set((const char *[]){ FRONT "backend", FRONT "backend-id", FRONT "state", FRONT "device-type",
						 FRONT "virtual-device" }[i], NULL);
	memset(&disks, 0, sizeof(disks));
	assert_fine(open_all());
	assert_int_equal(disks.count, 0);
}

static void more_than_there_is_room_for(void **state)
{
	char path[64];

	(void)state;
	fake_store_set("device/vbd/none/state", "1");
	for (unsigned i = 0; i < MACHINE_MAX_DISKS + 1; i++) {
		snprintf(path, sizeof(path), "device/vbd/%u/state", 51712 + 16 * i);
		fake_store_set(path, "1");
	}
	assert_fine(open_all());
	assert_int_equal(disks.count, MACHINE_MAX_DISKS);
	assert_int_equal(disks.passed_over, 1);
	assert_fine(connect_one());
	assert_error(machine_disk_connect(&disks.disk[1]), ERROR_XENSTORE_NODE);
	assert_string_equal(disks.disk[1].name, "xvdb");
	assert_reads(0, 0, 4096);
	assert_unused();
}

static void broken_devices(void **state)
{
	char path[200];

	(void)state;
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	fake_store_set(FRONT "backend", path);
	assert_fine(open_all());
	assert_error(connect_one(), ERROR_XENSTORE_VALUE);
	begin(NULL);
	fake_store_set(FRONT "backend-id", "40000");
	assert_fine(open_all());
	assert_error(connect_one(), ERROR_XENSTORE_VALUE);
	begin(NULL);
	fake_store_set(FRONT "device-type", NULL);
	assert_fine(open_all());
	assert_error(connect_one(), ERROR_XENSTORE_NODE);
	begin(NULL);
	fake_store_set(FRONT "state", NULL);
	assert_fine(open_all());
	assert_error(connect_one(), ERROR_XENSTORE_NODE);
	assert_fine(blkfront_close(&disks));
}

/* Pages above 16 TiB: of the destination, of the lists of segments, and of the ring. */
static void frames_out_of_reach(void **state)
{
	static uint8_t to[4 * PAGE_SIZE] __attribute__((aligned(4096)));

	(void)state;
	assert_fine(open_all());
	assert_fine(connect_one());
	for (unsigned page = 1; page <= 5; page++) {
		fake_xen.high_frame = page;
		assert_error(disk_read(&disks.disk[0].disk, 0, to, sizeof(to)), ERROR_XEN_GRANT_FRAME);
	}
	fake_xen.high_frame = 0;
	assert_fine(disk_read(&disks.disk[0].disk, 0, to, sizeof(to)));
	assert_unused();
	begin(NULL);
	assert_fine(open_all());
	fake_xen.high_frame = 1;
	assert_error(connect_one(), ERROR_XEN_GRANT_FRAME);
	assert_fine(blkfront_close(&disks));
}

static void what_somebody_left_is_reset(void **state)
{
	(void)state;
	fake_store_set(FRONT "state", "6");
	fake_store_set(FAKE_BACKEND "/state", "4");
	fake_store_set(FRONT "ring-page-order", "4");
	fake_store_set(FRONT "multi-queue-num-queues", "2");
	assert_fine(open_all());
	assert_fine(connect_one());
	assert_reads(4096, 0, 4096);
	assert_unused();
	assert_null(fake_store_get(FRONT "ring-page-order"));
	assert_null(fake_store_get(FRONT "multi-queue-num-queues"));
}

int main(void)
{
	return RUN_TESTS_WITH(begin, NULL, "blkfront", reads_eleven_pages_at_a_time, reads_a_megabyte_at_a_time,
			 slow_disks, takes_fewer_pages_where_fewer_are_offered, large_sectors, strange_sizes,
			 drives_and_machines_without, more_than_there_is_room_for, broken_devices, frames_out_of_reach,
			 what_somebody_left_is_reset);
}
