/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "place_scene.h"

static void set_kernel(struct scene *scene, uint64_t start, uint64_t size)
{
	scene->payload.kernel = (struct image){ span(NULL, size), start };
}

static void set_initrd(struct scene *scene, uint64_t start, uint64_t size)
{
	scene->payload.module_count = 0;
	add_module(scene, start, size);
}

/* Debian's 6.1 cloud kernel, in round numbers. */
static void set_linux(struct scene *scene, uint64_t start)
{
	set_kernel(scene, start, 14 * MIB);
	scene->payload.kind = PAYLOAD_LINUX_BZIMAGE;
	scene->payload.bzimage = (struct linux_kernel){
		.protocol = 0x20f, .code_offset = 20480, .code_size = 13 * MIB, .relocatable = true,
		.pref_address = 16 * MIB, .kernel_alignment = 2 * MIB, .init_size = 52 * MIB,
		.initrd_addr_max = 0x7fffffff, .xloadflags = 1,
	};
}

static void add_segment(struct scene *scene, uint64_t offset, uint64_t size, uint64_t start, uint64_t memory_size)
{
	struct elf_image *elf = &scene->payload.elf;

	elf->segment[elf->segment_count++] = (struct elf_segment){
		.offset = offset, .file_size = size, .memory = { start, start + memory_size },
	};
	if (elf->segment_count == 1)
		elf->memory = (struct range){ start, start + memory_size };
	if (start < elf->memory.start)
		elf->memory.start = start;
	if (start + memory_size > elf->memory.end)
		elf->memory.end = start + memory_size;
}

/* A kernel linked at 1 MiB, where the shim is. */
static void set_elf(struct scene *scene, uint64_t start)
{
	set_kernel(scene, start, MIB);
	scene->payload.kind = PAYLOAD_PVH_ELF64;
	scene->payload.pvh_entry = MIB + 0x40;
	add_segment(scene, 0x1000, 0x40000, MIB, 0x40000);
	add_segment(scene, 0x50000, 0x1000, MIB + 0x40000, 0x100000);
}

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

/* The segments cover each other's bytes in the file, both ways: only with the file laid aside can they be moved. */
static void ring_of_segments(void **state)
{
	struct scene scene;
	struct layout layout;

	(void)state;
	scene_begin(&scene, 64 * MIB);
	set_kernel(&scene, 4 * MIB, 4 * MIB);
	scene.payload.kind = PAYLOAD_PVH_ELF32;
	add_segment(&scene, 0, 2 * MIB, 6 * MIB, 2 * MIB);
	add_segment(&scene, 2 * MIB, 2 * MIB, 4 * MIB, 2 * MIB);
	assert_layout(&scene, &layout);
	assert_int_equal(layout.move_count, 3);
	assert_int_equal(layout.move[0].size, 4 * MIB);
	scene.memory.region[0].size = 11 * MIB;
	scene.request.handover_size = 2 * MIB;
	assert_error(place(&scene.request, &layout), ERROR_PLACE_ASIDE);
}

/* The same ring over the initrd, which goes to the top; the file laid aside goes below that, and not upon it. */
static void ring_over_the_initrd(void **state)
{
	struct scene scene;
	struct layout layout;

	(void)state;
	scene_begin(&scene, 64 * MIB);
	set_kernel(&scene, 4 * MIB, 4 * MIB);
	scene.payload.kind = PAYLOAD_PVH_ELF32;
	add_segment(&scene, 0, 2 * MIB, 6 * MIB, 3 * MIB);
	add_segment(&scene, 2 * MIB, 2 * MIB, 4 * MIB, 2 * MIB);
	set_initrd(&scene, 8 * MIB, MIB);
	assert_layout(&scene, &layout);
	assert_int_equal(layout.initrd.start, 63 * MIB);
	assert_int_equal(layout.move[0].to, 59 * MIB);
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
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(linux_where_it_wants_to_be),
		cmocka_unit_test(five_gib),
		cmocka_unit_test(initrd_stays_or_moves),
		cmocka_unit_test(initrd_moves_high),
		cmocka_unit_test(linux_elsewhere),
		cmocka_unit_test(linux_makes_room),
		cmocka_unit_test(elf_over_the_shim),
		cmocka_unit_test(ring_of_segments),
		cmocka_unit_test(ring_over_the_initrd),
		cmocka_unit_test(told_below_1_gib),
		cmocka_unit_test(segments_outside_ram),
		cmocka_unit_test(nothing_to_move),
		cmocka_unit_test(kept_ranges),
		cmocka_unit_test(vmlinux_where_it_is_linked),
		cmocka_unit_test(vmlinux_elsewhere),
		cmocka_unit_test(no_room_for_the_handover),
		cmocka_unit_test(no_room_for_the_initrd),
		cmocka_unit_test(tight_memory),
		cmocka_unit_test(checker_catches),
	};

	return cmocka_run_group_tests_name("place", tests, NULL, NULL);
}
