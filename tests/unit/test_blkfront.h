/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the block front end share; the other side is fake_xen.c. */
#ifndef LULL_TESTS_TEST_BLKFRONT_H
#define LULL_TESTS_TEST_BLKFRONT_H

#include "unit.h"

#include "fake_xen.h"
#include "machine_stub.h"


#define FRONT "device/vbd/51712/"
#define SOME (2 * MIB + 12345)

static struct boot_info info;
static struct machine_disks disks;
static uint8_t memory[4 * MIB] __attribute__((aligned(4096)));

static inline int begin(void **state)
{
	(void)state;
	fake_xen_start();
	machine_stub_step = 1000;
	memset(&disks, 0, sizeof(disks));
	return 0;
}

static inline struct error open_all(void) { return blkfront_open(&fake_sharing, fake_ring(), &info, &disks); }

static inline struct error connect_one(void) { return machine_disk_connect(&disks.disk[0]); }

static inline void open_one(void)
{
	assert_fine(open_all());
	assert_int_equal(disks.count, 1);
	/* Nobody has touched it yet. */
	assert_string_equal(fake_store_get(FAKE_BACKEND "/state"), "2");
	assert_fine(connect_one());
	assert_fine(connect_one());
}

/* Everything as it was before the disk was opened. */
static inline void assert_unused(void)
{
	assert_fine(blkfront_close(&disks));
	assert_fine(disks.left[0]);
	assert_int_equal(fake_grants(), 0);
	assert_int_equal(fake_channels(), 0);
	assert_true(fake_store_is_quiet());
	assert_string_equal(fake_store_get(FRONT "state"), "1");
	assert_string_equal(fake_store_get(FAKE_BACKEND "/state"), "2");
	assert_null(fake_store_get(FRONT "ring-ref"));
	assert_null(fake_store_get(FRONT "event-channel"));
	assert_null(fake_store_get(FRONT "protocol"));
}

static inline void assert_reads(uint64_t offset, uint64_t shift, uint64_t size)
{
	memset(memory, 0xa5, sizeof(memory));
	assert_fine(disk_read(&disks.disk[0].disk, offset, memory + shift, size));
	assert_memory_equal(memory + shift, fake_disk + offset, size);
	/* Nothing beside it. */
	assert_int_equal(memory[shift + size], 0xa5);
	assert_true(shift == 0 || memory[shift - 1] == 0xa5);
}

#endif
