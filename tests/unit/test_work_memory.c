/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <shim/memory/work_memory.h>
#include <tests/unit/machine_stub.h>

static const struct memory_map map = { .count = 1, .region = { { MIB, 4 * MIB, REGION_RAM } } };

static struct free_memory all_of_it(void)
{
	return (struct free_memory){ .memory = &map, .limits = { 0, UINT64_MAX } };
}

static void room_is_taken_once(void **state)
{
	struct free_memory memory = all_of_it();
	struct range low, high;

	(void)state;
	assert_fine(room_take(&memory, 100, ROOM_LOWEST, ERROR_SITES_ROOM, &low));
	assert_int_equal(low.start, MIB);
	assert_int_equal(range_size(low), 100);
	assert_fine(room_take(&memory, MIB, ROOM_HIGHEST, ERROR_SITES_ROOM, &high));
	assert_int_equal(high.end, 5 * MIB);
	assert_fine(room_take(&memory, 100, ROOM_LOWEST, ERROR_SITES_ROOM, &low));
	assert_int_equal(low.start, MIB + PAGE_SIZE);
}

static void nothing_takes_nothing(void **state)
{
	struct free_memory memory = all_of_it();
	struct range room = { 1, 2 };

	(void)state;
	assert_fine(room_take(&memory, 0, ROOM_LOWEST, ERROR_SITES_ROOM, &room));
	assert_int_equal(room.start, 0);
	assert_int_equal(room.end, 0);
	assert_int_equal(memory.taken_count, 0);
}

static void what_is_not_there_is_said(void **state)
{
	struct free_memory memory = all_of_it();
	struct range room;
	struct error error = room_take(&memory, 8 * MIB, ROOM_HIGHEST, ERROR_UNPACK_MEMORY, &room);

	(void)state;
	assert_int_equal(error.code, ERROR_UNPACK_MEMORY);
	assert_int_equal(error.expected, 8 * KIB + 1);
	assert_int_equal(error.found, 4 * KIB);
	machine_stub_unreachable = true;
	assert_error(room_take(&memory, MIB, ROOM_HIGHEST, ERROR_UNPACK_MEMORY, &room), ERROR_REACH);
	machine_stub_unreachable = false;
}

/* The shim's working memory is clear of everything that it still needs. */

#define AT(index) ((10 + (index)) * MIB)

static struct range at(unsigned index) { return (struct range){ AT(index), AT(index) + MIB }; }

static struct span bytes(struct range range) { return span((const void *)range.start, range_size(range)); }

/* Nine MiB from 10 MiB on, each of them taken for something, but for one. */
#define TAKEN 9
static struct free_memory all_but(unsigned left)
{
	static struct boot_info info;
	struct range range[TAKEN];
	struct payload payload = { 0 };

	for (unsigned i = 0; i < TAKEN; i++)
		range[i] = i == left ? (struct range){ 0, 0 } : at(i);
	info = (struct boot_info){
		.memory = { .count = 1, .region = { { AT(0), TAKEN * MIB, REGION_RAM } } },
		.shim = range[0],
		.embedded = bytes(range[1]),
		.module_count = 2,
		.module = { { range[3], NULL }, { range[4], NULL } },
		.added = { NULL, range[8] },
		.linux_boot = { .data_count = 2, .data = { bytes(range[5]), bytes(range[6]) }, .efi_map = bytes(range[7]) },
	};
	payload.kernel = (struct image){ span(NULL, range_size(range[2])), range[2].start };
	return work_memory(&info, &payload);
}

static void clear_of_all(void **state)
{
	struct range found;

	(void)state;
	for (unsigned left = 0; left < TAKEN; left++) {
		struct free_memory room = all_but(left);

		assert_true(free_memory_next(&room, 0, &found));
		assert_int_equal(found.start, AT(left));
		assert_int_equal(found.end, AT(left) + MIB);
		assert_false(free_memory_next(&room, found.end, &found));
	}
}

/* What a Linux loader told lies in memory that the map has, RAM or not. */
static void loaders_data(void **state)
{
	struct boot_info info = {
		.memory = { .count = 2, .region = { { MIB, MIB, REGION_RAM }, { 2 * MIB, MIB, REGION_RESERVED } } },
		.linux_boot = { .data_count = 2, .data = { span((void *)MIB, 16), span((void *)(2 * MIB), 16) },
				.efi_map = span((void *)(2 * MIB), 4096) },
	};
	struct error error;

	(void)state;
	assert_fine(loader_data_check(&info));
	/* The length of a node has 32 bits. */
	info.linux_boot.data[1].size = 4 * GIB + 15;
	error = loader_data_check(&info);
	assert_error(error, ERROR_BOOT_PARAMS);
	assert_int_equal(error.found, 2 * MIB);
	info.linux_boot.data_count = 1;
	assert_fine(loader_data_check(&info));
	info.linux_boot.efi_map.size = 2 * MIB;
	assert_error(loader_data_check(&info), ERROR_BOOT_PARAMS);
}

int main(void)
{
	return RUN_TESTS("work_memory", clear_of_all, room_is_taken_once, nothing_takes_nothing,
			 what_is_not_there_is_said, loaders_data);
}
