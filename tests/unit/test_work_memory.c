/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <shim/memory/work_memory.h>
#include <tests/unit/machine_stub.h>

static const struct memory_map map = { .count = 1, .region = { { MIB, 4 * MIB, REGION_RAM } } };

static struct free_memory all_of_it(void)
{
	return (struct free_memory){ .memory = &map, .window = { 0, UINT64_MAX } };
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(room_is_taken_once),
		cmocka_unit_test(nothing_takes_nothing),
		cmocka_unit_test(what_is_not_there_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
