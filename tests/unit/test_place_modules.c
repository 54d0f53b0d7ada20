/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several modules, and multiboot kernels, which may be relocatable. */
#include "place_scene.h"

/* A kernel of 1 MiB linked at 16 MiB, whose file lies at 40 MiB. */
static void set_scene(struct scene *scene, enum payload_kind kind, uint64_t ram)
{
	scene_begin(scene, ram);
	scene->payload.kind = kind;
	scene->payload.kernel = (struct image){ span(NULL, MIB), 40 * MIB };
	scene->payload.pvh_entry = 16 * MIB + 16;
	scene->payload.elf = (struct elf_image){
		.segment_count = 1, .memory = { 16 * MIB, 17 * MIB }, .entry = va(16 * MIB + 16),
		.segment = { { .file_size = MIB / 2, .memory = { 16 * MIB, 17 * MIB } } },
	};
	scene->payload.multiboot = (struct multiboot_kernel){ .entry = 16 * MIB + 32, .alignment = 1 };
}

static void parts_are_joined(void **state)
{
	struct scene scene;
	struct layout layout;

	(void)state;
	set_scene(&scene, PAYLOAD_LINUX_ELF64, 128 * MIB);
	add_module(&scene, 50 * MIB, 5);
	add_module(&scene, 60 * MIB, 4096);
	add_module(&scene, 70 * MIB, 1);
	assert_layout(&scene, &layout);
	assert_int_equal(layout.initrd.end - layout.initrd.start, 8 + 4096 + 1);
	assert_int_equal(layout.module[1].start, layout.initrd.start + 8);
	assert_int_equal(layout.module[2].start, layout.initrd.start + 8 + 4096);
	assert_int_equal(layout.initrd.end, 128 * MIB - PAGE_SIZE - 4096 + 8 + 4096 + 1);
	/* One alone stays where it is. */
	scene.payload.module_count = 1;
	assert_layout(&scene, &layout);
	assert_int_equal(layout.initrd.start, 50 * MIB);
	/* Nowhere. */
	add_module(&scene, 60 * MIB, 127 * MIB);
	assert_error(place(&scene.request, &layout), ERROR_PLACE_INITRD);
}

static void modules_stay_or_are_moved(void **state)
{
	struct scene scene;
	struct layout layout;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		bool multiboot = i == 1;

		set_scene(&scene, multiboot ? PAYLOAD_MULTIBOOT2 : PAYLOAD_PVH_ELF64, 128 * MIB);
		add_module(&scene, 50 * MIB, 5000);
		add_module(&scene, 60 * MIB + 16, 5000);
		add_module(&scene, 16 * MIB + 2 * PAGE_SIZE, 5000);
		assert_layout(&scene, &layout);
		assert_int_equal(layout.module[0].start, 50 * MIB);
		assert_true(range_empty(layout.initrd));
		assert_int_equal(layout.mode, multiboot ? LEAVE_MULTIBOOT : LEAVE_PVH);
		if (!multiboot) {
			assert_int_equal(layout.module[1].start, 128 * MIB - 2 * PAGE_SIZE);
			assert_int_equal(layout.module[2].start, 128 * MIB - 4 * PAGE_SIZE);
			continue;
		}
		/* Low, above the kernel and what it is told. */
		assert_int_equal(layout.handover.start, 17 * MIB);
		assert_int_equal(layout.module[1].start, 17 * MIB + 64 * KIB);
		assert_int_equal(layout.module[2].start, 17 * MIB + 64 * KIB + 2 * PAGE_SIZE);
	}
	/* As many as there can be, each in the way of the next one's place. */
	set_scene(&scene, PAYLOAD_MULTIBOOT1, 128 * MIB);
	for (unsigned i = 0; i < BOOT_MAX_MODULES; i++)
		add_module(&scene, 17 * MIB + 64 * KIB + i * 2 * PAGE_SIZE + 8, 2 * PAGE_SIZE - 16);
	for (unsigned i = 0; i < PLACE_MAX_KEEP; i++)
		scene.request.keep[scene.request.keep_count++] = (struct range){ (80 + i) * MIB, (80 + i) * MIB + 1 };
	assert_layout(&scene, &layout);
	/* Below the kernel, where nothing is free above it. */
	set_scene(&scene, PAYLOAD_MULTIBOOT1, 42 * MIB);
	add_module(&scene, 18 * MIB + 8, 12 * MIB);
	add_module(&scene, 31 * MIB + 8, 8 * MIB);
	scene.request.keep_count = 1;
	scene.request.keep[0] = (struct range){ 17 * MIB + 128 * KIB, 41 * MIB };
	assert_layout(&scene, &layout);
}

static void multiboot_where_it_is_linked(void **state)
{
	struct scene scene;
	struct layout layout;

	(void)state;
	set_scene(&scene, PAYLOAD_MULTIBOOT1, 64 * MIB);
	assert_layout(&scene, &layout);
	assert_int_equal(layout.load, 16 * MIB);
	assert_int_equal(layout.entry, 16 * MIB + 32);
	assert_int_equal(layout.mode, LEAVE_MULTIBOOT);
	set_scene(&scene, PAYLOAD_MULTIBOOT2, 12 * MIB);
	assert_error(place(&scene.request, &layout), ERROR_PLACE_SEGMENT_RAM);
}

static void load(struct scene *scene, struct multiboot_kernel kernel, uint64_t wanted)
{
	struct layout layout;

	kernel.entry = scene->payload.multiboot.entry;
	kernel.relocatable = true;
	scene->payload.multiboot = kernel;
	assert_layout(scene, &layout);
	assert_int_equal(layout.load, wanted);
	assert_int_equal(layout.entry, wanted + 32);
}

static void multiboot_elsewhere(void **state)
{
	const enum multiboot_preference any = MULTIBOOT_ANYWHERE, low = MULTIBOOT_LOWEST, high = MULTIBOOT_HIGHEST;
	const uint64_t end = UINT32_MAX;
	struct scene scene;
	struct layout layout;

	(void)state;
	set_scene(&scene, PAYLOAD_MULTIBOOT2, 64 * MIB);
	load(&scene, (struct multiboot_kernel){ .preference = any, .end = end, .alignment = 4096 }, 16 * MIB);
	load(&scene, (struct multiboot_kernel){ .preference = any, .end = 17 * MIB, .alignment = 16 * MIB }, 16 * MIB);
	load(&scene, (struct multiboot_kernel){ .preference = any, .lowest = 16 * MIB, .end = end, .alignment = 1 }, 16 * MIB);
	/* Out of its bounds, or not aligned, where it is linked. */
	load(&scene, (struct multiboot_kernel){ .preference = any, .lowest = 16 * MIB + 1, .end = end, .alignment = 4096 },
	     16 * MIB + 4096);
	load(&scene, (struct multiboot_kernel){ .preference = any, .end = 17 * MIB - 1, .alignment = 1 }, MIB);
	load(&scene, (struct multiboot_kernel){ .preference = any, .end = end, .alignment = 32 * MIB }, 32 * MIB);
	load(&scene, (struct multiboot_kernel){ .preference = low, .lowest = 3 * MIB, .end = end, .alignment = 2 * MIB }, 4 * MIB);
	load(&scene, (struct multiboot_kernel){ .preference = high, .end = end, .alignment = 1 }, 63 * MIB);
	load(&scene, (struct multiboot_kernel){ .preference = high, .end = 32 * MIB, .alignment = 2 * MIB }, 30 * MIB);
	/* No RAM where it is linked. */
	set_scene(&scene, PAYLOAD_MULTIBOOT2, 16 * MIB);
	scene.payload.kernel.start = 4 * MIB;
	load(&scene, (struct multiboot_kernel){ .preference = any, .lowest = 2 * MIB, .end = end, .alignment = 1 }, 2 * MIB);
	scene.payload.multiboot.end = 3 * MIB - 1;
	assert_error(place(&scene.request, &layout), ERROR_PLACE_KERNEL);
}

int main(void)
{
	return RUN_TESTS("place_modules", parts_are_joined, modules_stay_or_are_moved,
			 multiboot_where_it_is_linked, multiboot_elsewhere);
}
