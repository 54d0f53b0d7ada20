/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <shim/memory/memory_map.h>

/* As QEMU's PVH passes it: two blocks of RAM that touch, a hole, memory above 4 GiB, and regions of no size. */
static const struct memory_map pc = {
	.count = 8,
	.region = {
		{ 0, 0x9fc00, REGION_RAM },
		{ 0x9fc00, 0x400, REGION_RESERVED },
		{ 0xf0000, 0x10000, REGION_RESERVED },
		{ 0x100000, 0x100000, REGION_RAM },
		{ 0x180000, 0, REGION_RESERVED },
		{ 0x200000, 0x300000, REGION_RAM },
		{ 0x500000, 0x1000, REGION_ACPI },
		{ 4 * GIB, 1 * GIB, REGION_RAM },
	},
};

static struct error check_of(uint64_t count, struct region a, struct region b)
{
	struct memory_map map = { .count = count, .region = { a, b } };

	return memory_map_check(&map);
}

static void good_maps(void **state)
{
	struct region one = { 0, 64 * MIB, REGION_RAM };

	(void)state;
	assert_fine(memory_map_check(&pc));
	assert_fine(check_of(1, one, one));
	assert_fine(check_of(2, (struct region){ 5, 0, REGION_RAM }, one));
	assert_fine(check_of(2, one, (struct region){ 5, 0, REGION_RAM }));
}

/* As many regions as there is room for, and one more. */
static void full_maps(void **state)
{
	struct memory_map map = { .count = BOOT_MAX_REGIONS };

	(void)state;
	for (unsigned i = 0; i < BOOT_MAX_REGIONS; i++)
		map.region[i] = (struct region){ i * MIB, MIB, REGION_RAM };
	assert_fine(memory_map_check(&map));
	assert_int_equal(memory_ram_size(&map), BOOT_MAX_REGIONS * MIB);
	map.count++;
	assert_error(memory_map_check(&map), ERROR_MEMORY_MAP_ENTRIES);
}

static void bad_maps(void **state)
{
	struct region low = { 0, MIB, REGION_RAM }, high = { MIB, MIB, REGION_RAM };

	(void)state;
	assert_error(check_of(0, low, low), ERROR_MEMORY_MAP_EMPTY);
	assert_error(check_of(1, (struct region){ 0, MIB, REGION_ACPI }, low), ERROR_MEMORY_MAP_EMPTY);
	assert_error(check_of(1, (struct region){ 0, 0, REGION_RAM }, low), ERROR_MEMORY_MAP_EMPTY);
	assert_error(check_of(BOOT_MAX_REGIONS + 1, low, high), ERROR_MEMORY_MAP_ENTRIES);
	assert_error(check_of(200, low, high), ERROR_MEMORY_MAP_ENTRIES);
	assert_error(check_of(2, low, (struct region){ MIB - 1, 2, REGION_ACPI }), ERROR_MEMORY_MAP_OVERLAP);
	assert_error(check_of(2, low, low), ERROR_MEMORY_MAP_OVERLAP);
	assert_error(check_of(2, low, (struct region){ 4 * GIB, -4 * GIB, REGION_RAM }), ERROR_MEMORY_MAP_WRAP);
	assert_error(check_of(2, low, (struct region){ 4 * GIB, -4 * GIB, REGION_ACPI }), ERROR_MEMORY_MAP_WRAP);
	assert_int_equal(check_of(2, low, low).found, 1);
}

/* xl passes the reserved regions of a PVH guest in no order; a kernel gets the map in order. */
static void unsorted_reserved_regions(void **state)
{
	struct memory_map map = {
		.count = 4,
		.region = {
			{ 4 * GIB, GIB, REGION_RESERVED },
			{ 0, MIB, REGION_RAM },
			{ 2 * MIB, MIB, REGION_RAM },
			{ MIB, MIB, REGION_RESERVED },
		},
	};

	(void)state;
	assert_fine(memory_map_check(&map));
	assert_false(memory_is_ram(&map, (struct range){ 0, 3 * MIB }));
	memory_map_sort(&map);
	for (unsigned i = 0; i < 3; i++)
		assert_true(map.region[i].start < map.region[i + 1].start);
	assert_int_equal(map.region[1].type, REGION_RESERVED);
	assert_fine(memory_map_check(&map));
	map.region[3].start = 3 * MIB - 1;
	assert_error(memory_map_check(&map), ERROR_MEMORY_MAP_OVERLAP);
	/* With a region that is not the one before it. */
	map.region[3] = (struct region){ MIB / 2, 1, REGION_RESERVED };
	assert_error(memory_map_check(&map), ERROR_MEMORY_MAP_OVERLAP);
}

/* Firecracker's, with more memory than there is room for below 4 GiB. */
static void unsorted_ram(void **state)
{
	struct memory_map map = {
		.count = 3,
		.region = { { 0, 0x9fc00, REGION_RAM }, { 4 * GIB, GIB, REGION_RAM }, { MIB, 3 * GIB, REGION_RAM } },
	};

	(void)state;
	assert_fine(memory_map_check(&map));
	memory_map_sort(&map);
	assert_int_equal(memory_top(&map), 5 * GIB);
	assert_true(memory_is_ram(&map, (struct range){ MIB, MIB + 3 * GIB }));
}

static void listed(void **state)
{
	(void)state;
	assert_true(memory_is_listed(&pc, (struct range){ 0x10, 0x10 }));
	assert_true(memory_is_listed(&pc, (struct range){ 6 * GIB, 6 * GIB }));
	/* Across regions that touch, whatever their types. */
	assert_true(memory_is_listed(&pc, (struct range){ 0x9f000, 0xa0000 }));
	assert_false(memory_is_listed(&pc, (struct range){ 0x9f000, 0xa0001 }));
	assert_true(memory_is_listed(&pc, (struct range){ 0x1ff000, 0x501000 }));
	assert_false(memory_is_listed(&pc, (struct range){ 0x1ff000, 0x501001 }));
	assert_false(memory_is_listed(&pc, (struct range){ 0xa0000, 0xf0001 }));
	assert_false(memory_is_listed(&pc, (struct range){ 6 * GIB, 6 * GIB + 1 }));
	assert_false(memory_is_listed(&pc, (struct range){ MIB, 5 * GIB }));
}

static void ram_blocks(void **state)
{
	struct range block;

	(void)state;
	assert_true(memory_next_ram(&pc, 0, &block));
	assert_int_equal(block.end, 0x9fc00);
	assert_true(memory_next_ram(&pc, 0x9fc00, &block));
	assert_int_equal(block.start, 0x100000);
	assert_int_equal(block.end, 0x500000);
	assert_true(memory_next_ram(&pc, 0x250000, &block));
	assert_int_equal(block.start, 0x250000);
	assert_true(memory_next_ram(&pc, 0x500000, &block));
	assert_int_equal(block.start, 4 * GIB);
	assert_false(memory_next_ram(&pc, 5 * GIB, &block));
	assert_true(range_empty(block));
}

static void questions(void **state)
{
	(void)state;
	assert_true(memory_is_ram(&pc, (struct range){ 0x1ff000, 0x201000 }));
	assert_true(memory_is_ram(&pc, (struct range){ 0xa0000, 0xa0000 }));
	assert_false(memory_is_ram(&pc, (struct range){ 0x4ff000, 0x501000 }));
	assert_false(memory_is_ram(&pc, (struct range){ 0xff000, 0x101000 }));
	assert_false(memory_is_ram(&pc, (struct range){ 6 * GIB, 7 * GIB }));
	assert_int_equal(memory_top(&pc), 5 * GIB);
	assert_int_equal(memory_ram_size(&pc), 0x9fc00 + 0x400000 + GIB);
}

int main(void)
{
	return RUN_TESTS("memory_map", good_maps, full_maps, bad_maps, unsorted_reserved_regions, unsorted_ram, ram_blocks,
			 questions, listed);
}
