/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of place() share: everything that it reads, in one piece that a test can bend.
 */
#ifndef LULL_TESTS_PLACE_SCENE_H
#define LULL_TESTS_PLACE_SCENE_H

#include "unit.h"

#include "layout_check.h"

#define SCENE_SHIM ((struct range){ MIB, MIB + 256 * KIB })

struct scene {
	struct memory_map memory;
	struct payload payload;
	struct place_request request;
};

/* RAM from 0 to `ram`, the shim at 1 MiB, and no payload. */
static inline void scene_begin(struct scene *scene, uint64_t ram)
{
	*scene = (struct scene){
		.memory = { .count = 1, .region = { { 0, ram, REGION_RAM } } },
		.request = { .shim = SCENE_SHIM, .handover_size = 64 * KIB },
	};
	scene->request.memory = &scene->memory;
	scene->request.payload = &scene->payload;
}

static inline void add_module(struct scene *scene, uint64_t start, uint64_t size)
{
	scene->payload.module[scene->payload.module_count++].image = (struct image){ span(NULL, size), start };
}

static inline void set_kernel(struct scene *scene, uint64_t start, uint64_t size)
{
	scene->payload.kernel = (struct image){ span(NULL, size), start };
}

static inline void set_initrd(struct scene *scene, uint64_t start, uint64_t size)
{
	scene->payload.module_count = 0;
	add_module(scene, start, size);
}

/* Debian's 6.1 cloud kernel, in round numbers. */
static inline void set_linux(struct scene *scene, uint64_t start)
{
	set_kernel(scene, start, 14 * MIB);
	scene->payload.kind = PAYLOAD_LINUX_BZIMAGE;
	scene->payload.bzimage = (struct linux_kernel){
		.protocol = 0x20f, .code_offset = 20480, .code_size = 13 * MIB, .relocatable = true,
		.pref_address = 16 * MIB, .kernel_alignment = 2 * MIB, .init_size = 52 * MIB,
		.initrd_addr_max = 0x7fffffff, .xloadflags = 1,
	};
}

static inline void add_segment(struct scene *scene, uint64_t offset, uint64_t size, uint64_t start, uint64_t memory_size)
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
static inline void set_elf(struct scene *scene, uint64_t start)
{
	set_kernel(scene, start, MIB);
	scene->payload.kind = PAYLOAD_PVH_ELF64;
	scene->payload.pvh_entry = MIB + 0x40;
	add_segment(scene, 0x1000, 0x40000, MIB, 0x40000);
	add_segment(scene, 0x50000, 0x1000, MIB + 0x40000, 0x100000);
}

/* place() finds a layout, and the layout is right. */
static inline void assert_layout(const struct scene *scene, struct layout *layout)
{
	const char *fault;

	assert_fine(place(&scene->request, layout));
	fault = layout_fault(&scene->request, layout);
	if (fault)
		fail_msg("%s", fault);
}

#endif
