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
