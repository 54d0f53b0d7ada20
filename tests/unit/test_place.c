/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What place() chooses for any kernel: the initrd, the hand-over block, what it keeps clear of; and the judge of these tests. */
#include "place_scene.h"

/* Memory above 4 GiB and a hole below: nothing goes above the hole. */
static void five_gib(void **state)
{
	struct scene scene;
	struct layout layout;

	(void)state;
	scene_begin(&scene, 0xa0000);
	scene.memory.count = 3;
	scene.memory.region[1] = (struct region){ MIB, 3 * GIB - MIB, REGION_RAM };
	scene.memory.region[2] = (struct region){ 4 * GIB, 2 * GIB, REGION_RAM };
	set_linux(&scene, 2 * GIB + MIB);
	set_initrd(&scene, 2 * GIB + 100 * MIB, 30 * MIB);
	assert_layout(&scene, &layout);
	assert_true(layout.initrd.end <= 2 * GIB);
	/* A PVH kernel takes it where it is. */
	scene_begin(&scene, 3 * GIB);
	set_elf(&scene, 2 * GIB);
	set_initrd(&scene, 2 * GIB + 100 * MIB, 30 * MIB);
	assert_layout(&scene, &layout);
	assert_int_equal(layout.initrd.start, 2 * GIB + 100 * MIB);
}

static void initrd_stays_or_moves(void **state)
{
	struct scene scene;
	struct layout layout;

	(void)state;
	scene_begin(&scene, 256 * MIB);
	set_linux(&scene, 100 * MIB);
	set_initrd(&scene, 120 * MIB, 10 * MIB + 5);
	assert_layout(&scene, &layout);
	assert_int_equal(layout.initrd.start, 120 * MIB);
	set_initrd(&scene, 120 * MIB + 512, 10 * MIB + 5);
	assert_layout(&scene, &layout);
	assert_int_not_equal(layout.initrd.start, 120 * MIB + 512);
	set_initrd(&scene, 20 * MIB, 10 * MIB);
	assert_layout(&scene, &layout);
	/* initrd_addr_max is the last address, not the end. */
	scene_begin(&scene, 3 * GIB);
	set_linux(&scene, 100 * MIB);
	set_initrd(&scene, 2 * GIB - 10 * MIB, 10 * MIB);
	assert_layout(&scene, &layout);
	assert_int_equal(layout.initrd.end, 2 * GIB);
	scene_begin(&scene, 256 * MIB);
	set_linux(&scene, 100 * MIB);
	scene.memory.region[1] = (struct region){ 256 * MIB, 64 * MIB, REGION_RESERVED };
	scene.memory.count = 2;
	set_initrd(&scene, 260 * MIB, 10 * MIB);
	assert_layout(&scene, &layout);
}

/* In a UKI at the end of a small machine's memory: there is room below the kernel too, and Linux would miss it. */
static void initrd_moves_high(void **state)
{
	struct scene scene;
	struct layout layout;

	(void)state;
	scene_begin(&scene, 84 * MIB);
	set_linux(&scene, 69 * MIB);
	set_initrd(&scene, 83 * MIB + 512, MIB - 512);
	assert_layout(&scene, &layout);
	assert_int_equal(layout.load, 16 * MIB);
	assert_true(layout.initrd.start >= layout.image.end);
}

/* No memory below 1 GiB is free: enough for a bzImage, which finds what it is told anywhere, and nothing for PVH. */
static void told_below_1_gib(void **state)
{
	struct scene scene;
	struct layout layout;

	(void)state;
	scene_begin(&scene, 128 * MIB);
	scene.memory.region[1] = (struct region){ 2 * GIB, GIB, REGION_RAM };
	scene.memory.count = 2;
	scene.request.keep_count = 1;
	scene.request.keep[0] = (struct range){ MIB, 128 * MIB };
	set_linux(&scene, 2 * GIB);
	assert_layout(&scene, &layout);
	assert_true(layout.handover.start >= 2 * GIB);
	set_elf(&scene, 2 * GIB);
	assert_error(place(&scene.request, &layout), ERROR_PLACE_HANDOVER);
	scene.request.keep[0].end -= 64 * KIB;
	assert_layout(&scene, &layout);
	assert_int_equal(layout.handover.end, 128 * MIB);
}

/* What is kept is not written to before the end, wherever that leaves the hand-over block. */
static void kept_ranges(void **state)
{
	struct scene scene;
	struct layout layout;

	(void)state;
	scene_begin(&scene, 8 * MIB);
	set_elf(&scene, 4 * MIB);
	scene.request.keep_count = 2;
	scene.request.keep[0] = (struct range){ 2 * MIB, 4 * MIB };
	scene.request.keep[1] = (struct range){ 5 * MIB, 7 * MIB + 5 };
	assert_layout(&scene, &layout);
	assert_int_equal(layout.handover.start, 7 * MIB + PAGE_SIZE);
	scene.request.keep_count = PLACE_MAX_KEEP + 1;
	expect_assert_failure(place(&scene.request, &layout));
}

static void no_room_for_the_handover(void **state)
{
	struct scene scene;
	struct layout layout;
	struct error error;

	(void)state;
	scene_begin(&scene, 8 * MIB);
	set_elf(&scene, 4 * MIB);
	scene.request.handover_size = 3 * MIB + 1;
	error = place(&scene.request, &layout);
	assert_error(error, ERROR_PLACE_HANDOVER);
	assert_int_equal(error.expected, 3 * 1024 + 4);
	assert_int_equal(error.found, 3 * 1024);
	scene.request.handover_size = UINT64_MAX;
	assert_error(place(&scene.request, &layout), ERROR_PLACE_HANDOVER);
}

static void no_room_for_the_initrd(void **state)
{
	struct scene scene;
	struct layout layout;
	struct error error;

	(void)state;
	scene_begin(&scene, 80 * MIB);
	set_linux(&scene, 2 * MIB);
	set_initrd(&scene, 20 * MIB, 40 * MIB + 1);
	error = place(&scene.request, &layout);
	assert_error(error, ERROR_PLACE_INITRD);
	assert_int_equal(error.expected, 40 * 1024 + 1);
	assert_true(error.found < 40 * 1024);
}

/* An initrd that can only go where the kernel file and itself are now. */
static void tight_memory(void **state)
{
	struct scene scene;
	struct layout layout;

	(void)state;
	scene_begin(&scene, 90 * MIB);
	set_linux(&scene, 70 * MIB);
	set_initrd(&scene, 52 * MIB, 17 * MIB);
	assert_layout(&scene, &layout);
	set_initrd(&scene, 4 * MIB + 1, 14 * MIB);
	assert_layout(&scene, &layout);
}

/* The checker must see what place() could get wrong: each of these is a seeded fault. */
static void checker_catches(void **state)
{
	struct scene scene;
	struct layout good, bad;

	(void)state;
	scene_begin(&scene, 64 * MIB);
	set_elf(&scene, MIB + 64 * KIB);
	set_initrd(&scene, 3 * MIB + 1, MIB);
	assert_layout(&scene, &good);
	assert_int_equal(good.move_count, 3);

	bad = good;
	bad.handover = SCENE_SHIM;
	assert_non_null(layout_fault(&scene.request, &bad));
	bad = good;
	bad.move[0].to += 1;
	assert_non_null(layout_fault(&scene.request, &bad));
	bad = good;
	bad.move[good.move_count - 1].zero -= 1;
	bad.move[good.move_count - 1].size += 1;
	assert_non_null(layout_fault(&scene.request, &bad));
	bad = good;
	bad.move_count -= 1;
	assert_non_null(layout_fault(&scene.request, &bad));
	bad = good;
	bad.initrd.start += 1;
	assert_non_null(layout_fault(&scene.request, &bad));
	/* The wrong order. */
	bad = good;
	for (unsigned i = 0; i < good.move_count; i++)
		bad.move[i] = good.move[good.move_count - 1 - i];
	assert_non_null(layout_fault(&scene.request, &bad));
	/* Outside RAM. */
	bad = good;
	scene.memory.region[0].size = good.image.end - 1;
	assert_non_null(layout_fault(&scene.request, &bad));
}

int main(void)
{
	return RUN_TESTS("place", five_gib, initrd_stays_or_moves, initrd_moves_high, told_below_1_gib,
			 kept_ranges, no_room_for_the_handover, no_room_for_the_initrd, tight_memory,
			 checker_catches);
}
