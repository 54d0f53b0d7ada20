/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The block front end, where xenstore, the backend or Xen does what it must not. */
#include "test_blkfront.h"

#include <arch/x86/paging.h>
#include <pv/xen/blk_ring.h>
#include <pv/xen/store.h>
#include <xen/io/xs_wire.h>

static bool unreachable;

bool paging_reach(struct range range) { return range.start < range.end && !unreachable; }

static void backends_that_do_not_come(void **state)
{
	(void)state;
	machine_stub_step = 100000000;
	fake_store_set(FAKE_BACKEND "/state", "1");
	assert_fine(open_all());
	assert_error(connect_one(), ERROR_BLK_BACKEND);
	assert_fine(blkfront_close(&disks));
	assert_string_equal(fake_store_get(FRONT "state"), "1");
	for (unsigned wrong = 3; wrong <= 40; wrong = wrong == 6 ? 40 : wrong + (wrong == 3 ? 2 : 1)) {
		begin(NULL);
		machine_stub_step = 100000000;
		fake_xen.backend_state = wrong;
		assert_fine(open_all());
		assert_error(connect_one(), ERROR_BLK_BACKEND);
		assert_unused();
	}
	/* Gone altogether. */
	begin(NULL);
	fake_store_set(FAKE_BACKEND "/state", NULL);
	machine_stub_step = 100000000;
	assert_fine(open_all());
	assert_error(connect_one(), ERROR_BLK_BACKEND);
}

static void a_backend_that_does_not_close(void **state)
{
	(void)state;
	open_one();
	machine_stub_step = 100000000;
	fake_xen.backend_stays = true;
	assert_fine(blkfront_close(&disks));
	assert_error(disks.left[0], ERROR_BLK_BACKEND);
	assert_int_equal(fake_grants(), 0);
	assert_int_equal(fake_channels(), 0);
}

static struct error read_some(void) { return disk_read(&disks.disk[0].disk, 0, memory, SOME); }

static void bad_sectors(void **state)
{
	(void)state;
	fake_xen.disk_bad_sector = 1000;
	open_one();
	assert_error(read_some(), ERROR_DISK_READ);
	assert_error(disk_read(&disks.disk[0].disk, 512001, memory, 10), ERROR_DISK_READ);
	/* The rest can be read. */
	assert_reads(0, 0, 1000 * 512);
	assert_unused();
}

static void answers_that_are_none(void **state)
{
	(void)state;
	open_one();
	machine_stub_step = 100000000;
	fake_xen.disk_silent = true;
	assert_error(disk_read(&disks.disk[0].disk, 0, memory, 4096), ERROR_BLK_SILENT);
	assert_error(read_some(), ERROR_BLK_SILENT);
	/* It is not asked again. */
	assert_error(read_some(), ERROR_BLK_SILENT);
	assert_unused();

	begin(NULL);
	open_one();
	fake_xen.disk_wrong_id = true;
	assert_error(read_some(), ERROR_BLK_ANSWER_ID);
	assert_unused();

	begin(NULL);
	open_one();
	fake_xen.disk_twice = true;
	assert_error(read_some(), ERROR_BLK_ANSWERS);
	assert_unused();
}

/* Who was answered before waits no more. */
static void answers_to_nobody(void **state)
{
	const struct blk_slot slots[] = { { false, 7, 0, 1 }, { true, 8, 4096, 1 } };
	struct blkif_response answer = { .id = 7 };
	uint32_t slot;

	(void)state;
	assert_error(blk_answer(&answer, slots, 2, "xvda", &slot), ERROR_BLK_ANSWER_ID);
	answer.id = 8;
	assert_fine(blk_answer(&answer, slots, 2, "xvda", &slot));
	assert_int_equal(slot, 1);
}

static void pages_that_are_kept(void **state)
{
	(void)state;
	fake_store_set(FAKE_BACKEND "/feature-max-indirect-segments", "64");
	open_one();
	machine_stub_step = 100000000;
	fake_xen.keeps_grants = true;
	assert_error(read_some(), ERROR_BLK_LENT);
	/* Nor are they another disk's. */
	fake_xen.keeps_grants = false;
	assert_error(read_some(), ERROR_BLK_LENT);
	assert_error(blkfront_close(&disks), ERROR_BLK_LENT);
}

static void grant_tables_in_use(void **state)
{
	struct grant_entry_v1 *table;

	(void)state;
	assert_fine(fake_sharing.map_grants(&info, &table));
	table[100].flags = GTF_permit_access;
	assert_error(open_all(), ERROR_XEN_GRANT_USED);
	assert_fine(blkfront_close(&disks));
	table[100].flags = 0;
	fake_xen.version_result = -38;
	open_one();
	assert_unused();
	begin(NULL);
	fake_xen.version_result = -16;
	assert_error(open_all(), ERROR_HYPERCALL);
}

static void channels_that_fail(void **state)
{
	(void)state;
	fake_xen.channel_fails = 6; /* EVTCHNOP_alloc_unbound */
	assert_fine(open_all());
	assert_error(connect_one(), ERROR_HYPERCALL);
	fake_xen.channel_fails = ~0u;
	assert_unused();
	begin(NULL);
	open_one();
	fake_xen.channel_fails = 3; /* EVTCHNOP_close */
	assert_error(blkfront_close(&disks), ERROR_HYPERCALL);
}

static void xenstore_that_fails(void **state)
{
	(void)state;
	machine_stub_step = 100000000;
	fake_xen.store_silent = true;
	assert_error(open_all(), ERROR_XENSTORE_SILENT);
	/* So it is for good. */
	fake_xen.store_silent = false;
	{
		struct span value;

		assert_error(store_read("device/vbd/51712", "state", &value), ERROR_XENSTORE_SILENT);
	}
	begin(NULL);
	fake_xen.store_excess = 1025;
	assert_error(open_all(), ERROR_XENSTORE_RING);
	begin(NULL);
	fake_xen.store_wrong_number = 1;
	assert_error(open_all(), ERROR_XENSTORE_REPLY);
	begin(NULL);
	fake_xen.store_wrong_type = XS_RM;
	assert_error(open_all(), ERROR_XENSTORE_REPLY);
	begin(NULL);
	fake_xen.store_wrong_length = 4097;
	assert_error(open_all(), ERROR_XENSTORE_REPLY);
	begin(NULL);
	fake_xen.store_read_only = "EACCES";
	assert_fine(open_all());
	assert_error(connect_one(), ERROR_XENSTORE_NODE);
	assert_int_equal(connect_one().found, 13);
}

/* xenstored ends at each moment: nothing stays shared, and nothing waits for ever. */
static void xenstore_that_dies(void **state)
{
	unsigned answers = 1;

	(void)state;
	for (bool done = false; !done; answers++) {
		begin(NULL);
		fake_store_set(FRONT "state", "6");
		fake_store_set(FRONT "device-type", "cdrom");
		fake_store_set(FAKE_BACKEND "/state", "4");
		machine_stub_step = 100000000;
		fake_xen.store_answers_left = answers;
		if (!failed(open_all()) && disks.count != 0 && !failed(connect_one()))
			assert_reads(0, 0, 4096);
		assert_fine(blkfront_close(&disks));
		assert_int_equal(fake_grants(), 0);
		assert_int_equal(fake_channels(), 0);
		done = fake_xen.store_answers_left != 0;
		if (done)
			assert_fine(disks.left[0]);
	}
	assert_true(answers > 40);
}

static void rings_that_are_kept(void **state)
{
	(void)state;
	open_one();
	fake_xen.keeps_ring = 3;
	assert_unused();
	begin(NULL);
	open_one();
	machine_stub_step = 100000000;
	fake_xen.keeps_ring = 1000000;
	assert_error(blkfront_close(&disks), ERROR_BLK_LENT);
}

static void memory_calls_that_fail(void **state)
{
	struct grant_entry_v1 *table;

	(void)state;
	fake_xen.grants_fail = true;
	assert_error(open_all(), ERROR_HYPERCALL);
	info.memory.count = 0;
	unreachable = true;
	assert_error(hvm_sharing.map_grants(&info, &table), ERROR_XEN_GRANT_ROOM);
	unreachable = false;
	fake_xen.memory_calls_left = 2;
	assert_error(hvm_sharing.map_grants(&info, &table), ERROR_HYPERCALL);
	assert_error(hvm_sharing.unmap_grants(), ERROR_HYPERCALL);
	fake_xen.memory_calls_left = 100;
	assert_fine(hvm_sharing.unmap_grants());
}

/* A Xen that cannot take frames back, such as QEMU plays: they stay, each of them having been asked for, and another error is one. */
static void frames_that_stay(void **state)
{
	struct grant_entry_v1 *table;

	(void)state;
	info.memory.count = 0;
	fake_xen.memory_calls_left = GRANT_FRAMES;
	fake_xen.memory_result = -38;
	assert_fine(hvm_sharing.map_grants(&info, &table));
	assert_fine(hvm_sharing.unmap_grants());
	fake_xen.memory_calls_left = GRANT_FRAMES + 1;
	fake_xen.memory_result = -22;
	assert_fine(hvm_sharing.map_grants(&info, &table));
	assert_error(hvm_sharing.unmap_grants(), ERROR_HYPERCALL);
	/* One that cannot map any has no disks for us. */
	fake_xen.memory_calls_left = 0;
	fake_xen.memory_result = -38;
	assert_error(hvm_sharing.map_grants(&info, &table), ERROR_HYPERCALL);
}

/* A ring that is full ends each part of a request. */
static void rings_that_are_full(void **state)
{
	static char directory[2001];
	struct span value;

	(void)state;
	for (unsigned length = 1000; length <= 2000; length += length < 1009 ? 1 : 991) {
		begin(NULL);
		machine_stub_step = 100000000;
		fake_xen.store_silent = true;
		memset(directory, 'd', length);
		directory[length] = '\0';
		store_start(fake_ring().page, fake_ring().port);
		assert_error(store_read(directory, "node", &value), ERROR_XENSTORE_SILENT);
	}
	begin(NULL);
	fake_ring().page->req_cons -= 2000;
	assert_error(open_all(), ERROR_XENSTORE_RING);
	/* An answer that does not come whole. */
	begin(NULL);
	machine_stub_step = 100000000;
	fake_xen.store_wrong_length = 100;
	assert_error(open_all(), ERROR_XENSTORE_SILENT);
}

static void nodes_that_stay(void **state)
{
	(void)state;
	store_start(fake_ring().page, fake_ring().port);
	assert_fine(store_remove("device/vbd/51712", "nothing"));
	fake_xen.store_read_only = "EACCES";
	assert_error(store_remove("device/vbd/51712", "state"), ERROR_XENSTORE_NODE);
}

static void an_entry_in_use(void **state)
{
	(void)state;
	open_one();
	expect_assert_failure(grant_page(GRANT_FIRST, 0, 0));
	assert_unused();
	fake_store_set(FRONT "backend", "");
	assert_fine(open_all());
	assert_error(machine_disk_connect(&disks.disk[1]), ERROR_XENSTORE_VALUE);
}

/* More than fits into the ring, both ways, and events between. */
static void long_values(void **state)
{
	static char text[3000];
	struct span value;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	fake_store_set("a/b", text);
	fake_xen.store_watch = true;
	store_start(fake_ring().page, fake_ring().port);
	assert_fine(store_read("a", "b", &value));
	assert_int_equal(value.size, sizeof(text) - 1);
	assert_int_equal(value.at[value.size - 1], 'x');
	assert_true(fake_store_is_quiet());
	assert_fine(store_write("a", "c", text));
	assert_int_equal(strlen(fake_store_get("a/c")), 127);
	assert_true(fake_store_is_quiet());
}

static void holes_for_the_grant_table(void **state)
{
	struct grant_entry_v1 *table;

	(void)state;
	/* In no order, as xl's map is. */
	info.memory = (struct memory_map){ .count = 4, .region = { { 0, 0xa0000, REGION_RAM },
		{ 0xff00000, 0x100800, REGION_RESERVED }, { 0x100000, 0xfe00000, REGION_RAM }, { UINT64_MAX, 2, REGION_RESERVED } } };
	assert_fine(hvm_sharing.map_grants(&info, &table));
	assert_int_equal((uint64_t)table, 0x10001000);
	assert_int_equal(hvm_sharing.frame(0x12345678), 0x12345);
	assert_fine(hvm_sharing.unmap_grants());
	assert_fine(hvm_sharing.unmap_grants());
	info.memory.region[3] = (struct region){ 0x10000000, 4 * GIB, REGION_RAM };
	assert_error(hvm_sharing.map_grants(&info, &table), ERROR_XEN_GRANT_ROOM);
	info.memory.region[3] = (struct region){ 0x10000000, UINT64_MAX - 0x10000000, REGION_RAM };
	assert_error(hvm_sharing.map_grants(&info, &table), ERROR_XEN_GRANT_ROOM);
	info.memory.count = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(backends_that_do_not_come, begin),
		cmocka_unit_test_setup(a_backend_that_does_not_close, begin),
		cmocka_unit_test_setup(bad_sectors, begin),
		cmocka_unit_test_setup(answers_that_are_none, begin),
		cmocka_unit_test_setup(answers_to_nobody, begin),
		cmocka_unit_test_setup(grant_tables_in_use, begin),
		cmocka_unit_test_setup(channels_that_fail, begin),
		cmocka_unit_test_setup(xenstore_that_fails, begin),
		cmocka_unit_test_setup(xenstore_that_dies, begin),
		cmocka_unit_test_setup(rings_that_are_kept, begin),
		cmocka_unit_test_setup(memory_calls_that_fail, begin),
		cmocka_unit_test_setup(frames_that_stay, begin),
		cmocka_unit_test_setup(rings_that_are_full, begin),
		cmocka_unit_test_setup(nodes_that_stay, begin),
		cmocka_unit_test_setup(an_entry_in_use, begin),
		cmocka_unit_test_setup(long_values, begin),
		cmocka_unit_test_setup(holes_for_the_grant_table, begin),
		/* The last: after it nothing is read any more. */
		cmocka_unit_test_setup(pages_that_are_kept, begin),
	};

	return cmocka_run_group_tests_name("blkfront_faults", tests, NULL, NULL);
}
