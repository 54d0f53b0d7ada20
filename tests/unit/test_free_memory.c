/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <core/efi_map.h>
#include <shim/handover/move_order.h>
#include <shim/memory/free_memory.h>

static const struct memory_map map = {
	.count = 3,
	.region = { { 0, 0xa0000, REGION_RAM }, { MIB, 7 * MIB, REGION_RAM }, { 16 * MIB, 4 * MIB, REGION_RAM } },
};

static struct free_memory window(uint64_t start, uint64_t end)
{
	return (struct free_memory){ .memory = &map, .limits = { start, end } };
}

static void blocks_are_cut(void **state)
{
	struct free_memory room = window(MIB, 17 * MIB);
	struct range block;

	(void)state;
	free_memory_take(&room, (struct range){ 4 * MIB, 5 * MIB });
	free_memory_take(&room, (struct range){ MIB / 2, 2 * MIB });
	free_memory_take(&room, (struct range){ 3 * MIB, 3 * MIB });
	assert_true(free_memory_next(&room, 0, &block));
	assert_int_equal(block.start, 2 * MIB);
	assert_int_equal(block.end, 4 * MIB);
	assert_true(free_memory_next(&room, block.end, &block));
	assert_int_equal(block.start, 5 * MIB);
	assert_int_equal(block.end, 8 * MIB);
	assert_true(free_memory_next(&room, block.end, &block));
	assert_int_equal(block.start, 16 * MIB);
	assert_int_equal(block.end, 17 * MIB);
	assert_false(free_memory_next(&room, block.end, &block));
	assert_int_equal(free_memory_largest(&room), 3 * MIB);
}

static void places_are_found(void **state)
{
	struct free_memory room = window(MIB + 1, 20 * MIB);
	struct range found;

	(void)state;
	assert_true(free_memory_lowest(&room, MIB, PAGE_SIZE, &found));
	assert_int_equal(found.start, MIB + PAGE_SIZE);
	assert_true(free_memory_lowest(&room, MIB, 16 * MIB, &found));
	assert_int_equal(found.start, 16 * MIB);
	assert_false(free_memory_lowest(&room, 7 * MIB, 1, &found));
	assert_false(free_memory_lowest(&room, UINT64_MAX, 1, &found));
	assert_true(free_memory_highest(&room, MIB, PAGE_SIZE, &found));
	assert_int_equal(found.start, 19 * MIB);
	assert_true(free_memory_highest(&room, 5 * MIB, MIB, &found));
	assert_int_equal(found.start, 3 * MIB);
	assert_false(free_memory_highest(&room, 7 * MIB, 1, &found));
	assert_true(free_memory_highest(&room, 7 * MIB - 1, 1, &found));
	assert_int_equal(found.start, MIB + 1);
	assert_true(free_memory_lowest(&room, 7 * MIB - 1, 1, &found));
	assert_int_equal(found.end, 8 * MIB);
	assert_true(free_memory_highest(&room, 5 * MIB, MIB, &found));
	assert_false(free_memory_highest(&room, 4 * MIB - 1, 32 * MIB, &found));
	assert_int_equal(found.start, 3 * MIB);
}

/* A descriptor of the UEFI memory map: 40 bytes of it have a meaning. */
static void descriptor(uint8_t *at, uint32_t type, uint64_t start, uint64_t pages)
{
	memcpy(at + EFI_DESCRIPTOR_TYPE, &type, 4);
	memcpy(at + EFI_DESCRIPTOR_START, &start, 8);
	memcpy(at + EFI_DESCRIPTOR_PAGES, &pages, 8);
}

static void boot_services_are_left_alone(void **state)
{
	static uint8_t efi[5 * 48];
	struct memory_map memory = map;
	struct free_memory room = { .memory = &memory, .limits = { MIB, 20 * MIB } };
	struct range found;

	(void)state;
	/* Conventional; boot services' code and data; two that wrap, which is said of no memory. */
	descriptor(efi, 7, MIB, 256);
	descriptor(efi + 48, EFI_TYPE_BOOT_SERVICES_CODE, MIB, 256);
	descriptor(efi + 96, EFI_TYPE_BOOT_SERVICES_DATA, 7 * MIB, 256);
	descriptor(efi + 144, EFI_TYPE_BOOT_SERVICES_DATA, 4 * MIB, UINT64_MAX / 2);
	descriptor(efi + 192, EFI_TYPE_BOOT_SERVICES_DATA, UINT64_MAX - MIB, 512);
	memory.efi = span(efi, sizeof(efi));
	memory.efi_step = 48;
	assert_true(free_memory_lowest(&room, MIB, PAGE_SIZE, &found));
	assert_int_equal(found.start, 2 * MIB);
	room.limits.end = 8 * MIB;
	assert_true(free_memory_highest(&room, MIB, PAGE_SIZE, &found));
	assert_int_equal(found.start, 6 * MIB);
	/* Descriptors that lack their end say nothing. */
	memory.efi = span(efi + 96, 48);
	memory.efi_step = EFI_DESCRIPTOR_SIZE - 1;
	assert_true(free_memory_highest(&room, MIB, PAGE_SIZE, &found));
	assert_int_equal(found.start, 7 * MIB);
}

static void the_end_of_the_address_space(void **state)
{
	const struct memory_map top = { .count = 1, .region = { { -(2 * MIB), MIB, REGION_RAM } } };
	struct free_memory room = { .memory = &top, .limits = { MIB, UINT64_MAX } };
	struct range found;

	(void)state;
	assert_false(free_memory_lowest(&room, PAGE_SIZE, UINT64_C(1) << 63, &found));
	assert_false(free_memory_lowest(&room, 4 * MIB, PAGE_SIZE, &found));
	assert_true(free_memory_lowest(&room, MIB, PAGE_SIZE, &found));
}

static void taking_too_much_is_our_own_fault(void **state)
{
	static struct free_memory room;
	static const struct range nothing;

	(void)state;
	for (unsigned i = 0; i < FREE_MAX_TAKEN; i++)
		free_memory_take(&room, nothing);
	expect_assert_failure(free_memory_take(&room, nothing));
}

static void moves_are_ordered(void **state)
{
	/* Each writes what the next one reads. */
	struct move chain[] = { { 0x2000, 0x1000, 0x1000, 0 }, { 0x3000, 0x2000, 0x1000, 0 },
				{ 0x4000, 0x3000, 0x1000, 0x1000 }, { 0x9000, 0x5000, 0, 0x1000 } };
	struct move ring[] = { { 0x2000, 0x1000, 0x1000, 0 }, { 0x1000, 0x2000, 0x1000, 0 } };
	struct move self[] = { { 0x1800, 0x1000, 0x1000, 0x1000 } };

	(void)state;
	assert_true(move_order(chain, 4));
	assert_int_equal(chain[0].from, 0x3000);
	assert_int_equal(chain[1].from, 0x2000);
	assert_int_equal(chain[2].from, 0x1000);
	assert_int_equal(chain[3].from, 0x5000);
	assert_false(move_order(ring, 2));
	assert_true(move_order(self, 1));
	assert_true(move_order(self, 0));
	/* The zeros behind a move overwrite too. */
	ring[1] = (struct move){ 0x500, 0x2000, 0x100, 0xb00 };
	assert_false(move_order(ring, 2));
}

int main(void)
{
	return RUN_TESTS("free_memory", blocks_are_cut, places_are_found, boot_services_are_left_alone,
			 the_end_of_the_address_space, taking_too_much_is_our_own_fault, moves_are_ordered);
}
