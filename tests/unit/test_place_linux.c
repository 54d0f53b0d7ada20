/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where place() puts a Linux: a bzImage, and a vmlinux that is entered by startup_64. */
#include "place_scene.h"

static void linux_where_it_wants_to_be(void **state)
{
	const uint64_t sizes[] = { 69 * MIB, 256 * MIB, 3 * GIB };
	struct scene scene;
	struct layout layout;

	(void)state;
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		scene_begin(&scene, sizes[i]);
		set_linux(&scene, 2 * MIB);
		assert_layout(&scene, &layout);
		assert_int_equal(layout.load, 16 * MIB);
		assert_int_equal(layout.entry, 16 * MIB + 0x200);
		assert_int_equal(layout.mode, LEAVE_LINUX64);
		assert_int_equal(layout.move_count, 1);
		assert_true(range_empty(layout.initrd));
	}
}

/* The wanted address is not RAM; a relocatable kernel goes higher, another one nowhere. */
static void linux_elsewhere(void **state)
{
	struct scene scene;
	struct layout layout;

	(void)state;
	scene_begin(&scene, 12 * MIB);
	scene.memory.region[1] = (struct region){ 33 * MIB, 200 * MIB, REGION_RAM };
	scene.memory.count = 2;
	set_linux(&scene, 150 * MIB);
	assert_layout(&scene, &layout);
	assert_int_equal(layout.load, 34 * MIB);
	scene.payload.bzimage.relocatable = false;
	assert_error(place(&scene.request, &layout), ERROR_PLACE_KERNEL);
	scene.payload.bzimage.pref_address = UINT64_MAX - MIB;
	assert_error(place(&scene.request, &layout), ERROR_PLACE_KERNEL);
	scene.payload.bzimage.pref_address = 4 * GIB - MIB;
	assert_error(place(&scene.request, &layout), ERROR_PLACE_KERNEL);
	scene.memory.region[scene.memory.count++] = (struct region){ 3 * GIB, 2 * GIB, REGION_RAM };
	assert_error(place(&scene.request, &layout), ERROR_PLACE_KERNEL);
	scene.memory.count--;
	/* A wanted address that the kernel's own alignment forbids. */
	scene.payload.bzimage.relocatable = true;
	scene.payload.bzimage.pref_address = 33 * MIB;
	assert_layout(&scene, &layout);
	assert_int_equal(layout.load, 34 * MIB);
}

/* Beside a kernel at 16 MiB neither hole holds this initrd; with the kernel at the top, the one below does. */
static void linux_makes_room(void **state)
{
	struct scene scene;
	struct layout layout;

	(void)state;
	scene_begin(&scene, 96 * MIB);
	set_linux(&scene, 2 * MIB);
	scene.payload.bzimage.code_offset = 0;
	set_initrd(&scene, 30 * MIB, 29 * MIB);
	assert_layout(&scene, &layout);
	assert_int_equal(layout.load, 44 * MIB);
}

/* A vmlinux that is entered by startup_64, linked at 16 MiB, with a gap between its segments. */
static void set_vmlinux(struct scene *scene, uint64_t start)
{
	set_kernel(scene, start, 40 * MIB);
	scene->payload.kind = PAYLOAD_LINUX_ELF64;
	scene->payload.elf.entry = va(16 * MIB + 0x40);
	add_segment(scene, 0x200000, 20 * MIB, 16 * MIB, 20 * MIB);
	add_segment(scene, 24 * MIB, 8 * MIB, 38 * MIB, 12 * MIB);
}

static void vmlinux_where_it_is_linked(void **state)
{
	struct scene scene;
	struct layout layout;

	(void)state;
	scene_begin(&scene, 256 * MIB);
	set_vmlinux(&scene, 100 * MIB);
	assert_layout(&scene, &layout);
	assert_int_equal(layout.load, 16 * MIB);
	assert_int_equal(layout.entry, 16 * MIB + 0x40);
	assert_int_equal(layout.mode, LEAVE_LINUX64);
	assert_int_equal(layout.image.end, 50 * MIB);
	/* The hand-over block may lie above 1 GiB, as for a bzImage. */
	scene_begin(&scene, 0xa0000);
	scene.memory.count = 3;
	scene.memory.region[1] = (struct region){ MIB, 49 * MIB, REGION_RAM };
	scene.memory.region[2] = (struct region){ 2 * GIB, GIB, REGION_RAM };
	set_vmlinux(&scene, 2 * GIB);
	scene.request.keep_count = 1;
	scene.request.keep[0] = (struct range){ MIB, 16 * MIB };
	assert_layout(&scene, &layout);
	assert_true(layout.handover.start >= 2 * GIB);
}

/* Where 16 MiB is not RAM it goes to the first large page that is, or, where that leaves no room beside it, to the last. */
static void vmlinux_elsewhere(void **state)
{
	struct scene scene;
	struct layout layout;

	(void)state;
	scene_begin(&scene, 17 * MIB);
	scene.memory.count = 2;
	scene.memory.region[1] = (struct region){ 19 * MIB, 200 * MIB, REGION_RAM };
	set_vmlinux(&scene, 100 * MIB);
	assert_layout(&scene, &layout);
	assert_int_equal(layout.load, 20 * MIB);
	assert_int_equal(layout.entry, 20 * MIB + 0x40);
	/* A kernel's own alignment counts. */
	scene.payload.bzimage.kernel_alignment = 16 * MIB;
	assert_layout(&scene, &layout);
	assert_int_equal(layout.load, 32 * MIB);
	/* Where KASLR has moved it there is no RAM: it goes no lower than where it is linked. */
	scene_begin(&scene, 200 * MIB);
	set_vmlinux(&scene, 100 * MIB);
	scene.payload.moved.physical = 8 * MIB;
	scene.memory.region[0].size = 49 * MIB;
	scene.memory.count = 2;
	scene.memory.region[1] = (struct region){ 60 * MIB, 200 * MIB, REGION_RAM };
	assert_layout(&scene, &layout);
	assert_int_equal(layout.load, 8 * MIB);
	/* One that is not aligned stays where it is, or is refused. */
	scene.payload.elf.memory.start += PAGE_SIZE;
	scene.payload.elf.segment[0].memory.start += PAGE_SIZE;
	assert_error(place(&scene.request, &layout), ERROR_PLACE_KERNEL);
	scene_begin(&scene, 200 * MIB);
	set_vmlinux(&scene, 100 * MIB);
	scene.payload.elf.memory.start += PAGE_SIZE;
	scene.payload.elf.segment[0].memory.start += PAGE_SIZE;
	scene.payload.elf.segment[0].file_size -= PAGE_SIZE;
	assert_layout(&scene, &layout);
	/* The initrd fits only below it. */
	scene_begin(&scene, 60 * MIB);
	scene.memory.count = 2;
	scene.memory.region[1] = (struct region){ 62 * MIB, 42 * MIB, REGION_RAM };
	set_vmlinux(&scene, 62 * MIB);
	set_initrd(&scene, 2 * MIB + 512, 45 * MIB);
	assert_layout(&scene, &layout);
	assert_int_equal(layout.load, 70 * MIB);
	/* Nowhere. */
	scene_begin(&scene, 40 * MIB);
	set_vmlinux(&scene, 2 * MIB);
	assert_error(place(&scene.request, &layout), ERROR_PLACE_KERNEL);
}

int main(void)
{
	return RUN_TESTS("place linux", linux_where_it_wants_to_be, linux_elsewhere, linux_makes_room,
			 vmlinux_where_it_is_linked, vmlinux_elsewhere);
}
