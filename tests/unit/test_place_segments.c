/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How place() moves the segments of an ELF kernel, which may lie upon each other's bytes, the shim or the initrd. */
#include "place_scene.h"

static void elf_over_the_shim(void **state)
{
	struct scene scene;
	struct layout layout;

	(void)state;
	scene_begin(&scene, 64 * MIB);
	set_elf(&scene, 4 * MIB);
	assert_layout(&scene, &layout);
	assert_int_equal(layout.load, MIB);
	assert_int_equal(layout.entry, MIB + 0x40);
	assert_int_equal(layout.mode, LEAVE_PVH);
	assert_int_equal(layout.move_count, 2);
	assert_true(layout.handover.start >= layout.image.end);
}

/* Two segments that cover each other's bytes in the file; the second one has as much memory as is said. */
static void set_ring(struct scene *scene, uint64_t start, uint64_t memory_size)
{
	set_kernel(scene, start, 4 * MIB);
	scene->payload.kind = PAYLOAD_PVH_ELF32;
	add_segment(scene, 0, 2 * MIB, start + 2 * MIB, memory_size);
	add_segment(scene, 2 * MIB, 2 * MIB, start, 2 * MIB);
}

/* Only with the file laid aside can the segments be moved. */
static void ring_of_segments(void **state)
{
	struct scene scene;
	struct layout layout;

	(void)state;
	scene_begin(&scene, 64 * MIB);
	set_ring(&scene, 4 * MIB, 2 * MIB);
	assert_layout(&scene, &layout);
	assert_int_equal(layout.move_count, 3);
	assert_int_equal(layout.move[0].size, 4 * MIB);
	scene.memory.region[0].size = 11 * MIB;
	scene.request.handover_size = 2 * MIB;
	assert_error(place(&scene.request, &layout), ERROR_PLACE_ASIDE);
}

/* The file laid aside lies neither where the kernel will be nor upon the hand-over block, though both are higher up. */
static void aside_is_clear(void **state)
{
	struct scene scene;
	struct layout layout;

	(void)state;
	scene_begin(&scene, 64 * MIB);
	set_ring(&scene, 52 * MIB, 10 * MIB);
	assert_layout(&scene, &layout);
	assert_int_equal(layout.move_count, 3);
	assert_true(layout.move[0].to + 4 * MIB <= 52 * MIB);
	/* The block can only be right above the kernel. */
	scene_begin(&scene, 64 * MIB);
	set_ring(&scene, 40 * MIB, 2 * MIB);
	scene.request.handover_size = 17 * MIB;
	scene.request.keep_count = 1;
	scene.request.keep[0] = (struct range){ 2 * MIB, 30 * MIB };
	assert_layout(&scene, &layout);
	assert_int_equal(layout.move_count, 3);
	assert_true(layout.move[0].to + 4 * MIB <= layout.handover.start);
}

/* The same ring over the initrd, which goes to the top; the file laid aside goes below that, and not upon it. */
static void ring_over_the_initrd(void **state)
{
	struct scene scene;
	struct layout layout;

	(void)state;
	scene_begin(&scene, 64 * MIB);
	set_ring(&scene, 4 * MIB, 3 * MIB);
	set_initrd(&scene, 8 * MIB, MIB);
	assert_layout(&scene, &layout);
	assert_int_equal(layout.initrd.start, 63 * MIB);
	assert_int_equal(layout.move[0].to, 59 * MIB);
}

static void segments_outside_ram(void **state)
{
	struct scene scene;
	struct layout layout;

	(void)state;
	scene_begin(&scene, 64 * MIB);
	set_elf(&scene, 4 * MIB);
	add_segment(&scene, 0, 1, 64 * MIB - 1, 2);
	assert_error(place(&scene.request, &layout), ERROR_PLACE_SEGMENT_RAM);
}

static void nothing_to_move(void **state)
{
	struct scene scene;
	struct layout layout;

	(void)state;
	scene_begin(&scene, 64 * MIB);
	set_kernel(&scene, 4 * MIB, MIB);
	scene.payload.kind = PAYLOAD_PVH_ELF64;
	add_segment(&scene, 0, MIB, 4 * MIB, MIB);
	assert_layout(&scene, &layout);
	assert_int_equal(layout.move_count, 0);
	add_segment(&scene, MIB, 0, 5 * MIB, MIB);
	assert_layout(&scene, &layout);
	assert_int_equal(layout.move_count, 1);
}

int main(void)
{
	return RUN_TESTS("place segments", elf_over_the_shim, ring_of_segments, aside_is_clear,
			 ring_over_the_initrd, segments_outside_ram, nothing_to_move);
}
