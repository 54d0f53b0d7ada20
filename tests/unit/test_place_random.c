/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * place() on thousands of made-up machines and payloads, each layout judged by layout_check.c.  The seed is printed;
 * LULL_SEED=number runs that one again, LULL_ROUNDS=number sets how many machines.
 */
#include "unit.h"

#include "layout_check.h"

#include <shim/memory/memory_map.h>

#define ROUNDS 20000

struct scene {
	struct memory_map memory;
	struct payload payload;
	struct place_request request;
};

static uint64_t seed;

/* xorshift64* (Marsaglia, Vigna). */
static uint64_t any(void)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return seed * UINT64_C(2685821657736338717);
}

static uint64_t below(uint64_t bound)
{
	return bound ? any() % bound : 0;
}

/* Small numbers as likely as large ones, bytes as likely as pages. */
static uint64_t some_size(uint64_t bound)
{
	uint64_t size = below(bound >> below(12)) + 1;

	return below(2) ? size : (size + PAGE_MASK) & ~PAGE_MASK;
}

static void add_region(struct memory_map *map, uint64_t *at, uint64_t size, uint32_t type)
{
	map->region[map->count++] = (struct region){ *at, size, type };
	*at += size;
}

/* Xen's map with RAM from 0 on, a PC's with its holes, and maps in pieces. */
static void make_memory(struct memory_map *map)
{
	static const uint64_t sizes[] = { 24 * MIB, 64 * MIB, 96 * MIB, 256 * MIB, 3 * GIB };
	uint64_t size = sizes[below(5)], at = 0;
	unsigned pieces = below(2) ? 1 : (unsigned)below(12) + 1;

	map->count = 0;
	if (below(2)) {
		add_region(map, &at, 0x9fc00, REGION_RAM);
		add_region(map, &at, 0x60400, REGION_RESERVED);
	}
	for (unsigned i = 0; i < pieces; i++) {
		add_region(map, &at, (size / pieces) & ~PAGE_MASK, REGION_RAM);
		if (below(3) == 0)
			at += some_size(MIB);
		if (below(3) == 0)
			add_region(map, &at, some_size(MIB), below(2) ? REGION_RESERVED : REGION_ACPI);
		if (below(4) == 0)
			add_region(map, &at, 0, REGION_RAM);
	}
	if (below(3) == 0 && at <= 4 * GIB) {
		at = 4 * GIB;
		add_region(map, &at, GIB, REGION_RAM);
	}
}

/* A place in memory for something that a loader put there: in RAM below 4 GiB, clear of the ranges before it. */
static bool make_place(const struct memory_map *map, const struct range *taken, unsigned count, uint64_t size,
		       struct range *out)
{
	for (unsigned tries = 0; tries < 20; tries++) {
		const struct region *region = &map->region[below(map->count)];
		uint64_t room = region->size > size ? region->size - size : 0;
		bool clear = room != 0 && region->type == REGION_RAM;

		/* Half of all lie at the lower end, near each other and near where kernels are linked. */
		out->start = region->start + below(below(2) ? room : room >> 5);
		if (below(4))
			out->start &= ~PAGE_MASK;
		out->end = out->start + size;
		for (unsigned i = 0; i < count; i++)
			clear = clear && !range_overlaps(*out, taken[i]);
		if (clear && out->start >= region->start && out->end <= 4 * GIB)
			return true;
	}
	return false;
}

static void make_linux(struct payload *payload, uint64_t file_size)
{
	uint64_t alignment = UINT64_C(1) << (12 + below(10));
	uint64_t code = below(file_size) / 2 + 1;

	payload->kind = PAYLOAD_LINUX_BZIMAGE;
	payload->bzimage = (struct linux_kernel){
		.code_offset = file_size - code, .code_size = code, .relocatable = below(4) != 0,
		.pref_address = MIB + alignment * below(16 * MIB / alignment), .kernel_alignment = alignment,
		.init_size = code + some_size(16 * MIB), .initrd_addr_max = below(2) ? 0x7fffffff : 0xffffffff,
	};
}

static void make_multiboot(struct payload *payload)
{
	payload->kind = below(2) ? PAYLOAD_MULTIBOOT1 : PAYLOAD_MULTIBOOT2;
	payload->multiboot = (struct multiboot_kernel){ .entry = payload->elf.memory.start, .alignment = 1 };
	if (below(2))
		return;
	payload->multiboot.relocatable = true;
	payload->multiboot.lowest = below(2) * MIB * below(16);
	payload->multiboot.end = below(2) ? UINT32_MAX : payload->elf.memory.end + MIB * below(64);
	payload->multiboot.alignment = UINT64_C(1) << below(23);
	payload->multiboot.preference = (enum multiboot_preference)below(3);
}

/* Segments one after the other in memory, their bytes in any order in the file. */
static void make_elf(struct payload *payload, uint64_t file_size)
{
	uint64_t at = below(4) ? MIB * (1 + below(2)) : MIB + some_size(8 * MIB);
	uint32_t count = (uint32_t)below(5) + 1;

	payload->kind = PAYLOAD_PVH_ELF64;
	payload->elf = (struct elf_image){ .segment_count = count, .memory = { at, at } };
	payload->pvh_entry = at;
	for (uint32_t i = 0; i < count; i++) {
		struct elf_segment *segment = &payload->elf.segment[i];

		segment->file_size = below(file_size / count + 1);
		segment->offset = below(file_size - segment->file_size + 1);
		segment->memory.start = at;
		segment->memory.end = at + segment->file_size + (below(2) ? some_size(MIB) : 1);
		at = segment->memory.end + (below(2) ? 0 : some_size(MIB));
		payload->elf.memory.end = segment->memory.end;
	}
	if (below(2))
		return;
	payload->kind = PAYLOAD_LINUX_ELF64;
	payload->elf.entry = va(payload->elf.memory.start + below(16));
	if (below(2))
		make_multiboot(payload);
}

static bool make_scene(struct scene *scene)
{
	struct range taken[12];
	unsigned count = 0, modules = below(4) ? (unsigned)below(2) + 1 : (unsigned)below(5);

	*scene = (struct scene){ 0 };
	make_memory(&scene->memory);
	scene->request.memory = &scene->memory;
	scene->request.payload = &scene->payload;
	scene->request.handover_size = some_size(256 * KIB);
	taken[0] = (struct range){ MIB, MIB + some_size(2 * MIB) };
	if (below(4) == 0 && !make_place(&scene->memory, taken, 0, some_size(2 * MIB), &taken[0]))
		return false;
	scene->request.shim = taken[count++];
	if (!make_place(&scene->memory, taken, count, some_size(16 * MIB), &taken[count]))
		return false;
	scene->payload.kernel = (struct image){ span(NULL, range_size(taken[count])), taken[count].start };
	count++;
	while (scene->payload.module_count < modules &&
	       make_place(&scene->memory, taken, count, some_size((32 * MIB) >> modules), &taken[count])) {
		struct payload_module *module = &scene->payload.module[scene->payload.module_count++];

		module->image = (struct image){ span(NULL, range_size(taken[count])), taken[count].start };
		count++;
	}
	scene->request.keep_count = (uint32_t)below(3);
	for (uint32_t i = 0; i < scene->request.keep_count; i++)
		make_place(&scene->memory, taken, count, some_size(64 * KIB), &scene->request.keep[i]);
	if (below(2))
		make_linux(&scene->payload, scene->payload.kernel.bytes.size);
	else
		make_elf(&scene->payload, scene->payload.kernel.bytes.size);
	return true;
}

/*
 * True when the payload's own wish is RAM and one block, clear of everything there is, holds all that place() can
 * want beside it: then it must not fail.
 */
static bool must_fit(const struct scene *scene)
{
	const struct payload *payload = &scene->payload;
	bool is_linux = payload->kind == PAYLOAD_LINUX_BZIMAGE;
	struct range image = payload->elf.memory, taken[12];
	uint64_t needed, limit = is_linux ? payload->bzimage.initrd_addr_max + 1 : GIB;
	unsigned count = 0;

	if (is_linux)
		image = (struct range){ payload->bzimage.pref_address,
					payload->bzimage.pref_address + payload->bzimage.init_size };
	if (payload->multiboot.relocatable || !memory_is_ram(&scene->memory, image))
		return false;
	if (is_linux && payload->bzimage.relocatable && image.start % payload->bzimage.kernel_alignment)
		return false;
	taken[count++] = image;
	taken[count++] = scene->request.shim;
	range_make(payload->kernel.start, payload->kernel.bytes.size, &taken[count++]);
	needed = payload->kernel.bytes.size + scene->request.handover_size + 6 * PAGE_SIZE;
	for (uint32_t i = 0; i < payload->module_count; i++) {
		range_make(payload->module[i].image.start, payload->module[i].image.bytes.size, &taken[count++]);
		needed += payload->module[i].image.bytes.size + PAGE_SIZE;
	}
	for (uint32_t i = 0; i < scene->request.keep_count; i++)
		taken[count++] = scene->request.keep[i];
	return largest_block(&scene->memory, limit, taken, count) >= needed;
}

static void random_layouts(void **state)
{
	unsigned rounds = getenv("LULL_ROUNDS") ? (unsigned)strtoul(getenv("LULL_ROUNDS"), NULL, 0) : ROUNDS;
	unsigned placed = 0, refused = 0, moved = 0, aside = 0, caught = 0;

	(void)state;
	for (unsigned i = 0; i < rounds; i++) {
		uint64_t before = seed;
		struct layout layout;
		struct scene scene;
		const char *fault;
		struct error error;

		if (!make_scene(&scene))
			continue;
		assert_fine(memory_map_check(&scene.memory));
		error = place(&scene.request, &layout);
		if (failed(error)) {
			if (must_fit(&scene))
				fail_msg("LULL_SEED=%#llx: refused (%s) though there is room", (unsigned long long)before,
					 error_text(error.code)->title);
			refused++;
			continue;
		}
		fault = layout_fault(&scene.request, &layout);
		if (fault)
			fail_msg("LULL_SEED=%#llx: %s", (unsigned long long)before, fault);
		placed++;
		moved += layout.module[0].start != scene.payload.module[0].image.start;
		aside += layout.move_count != 0 && layout.move[0].size == scene.payload.kernel.bytes.size &&
			 layout.move[0].from == scene.payload.kernel.start;
		/* A seeded fault: the first two steps changed over. */
		if (layout.move_count >= 2) {
			struct move first = layout.move[0];

			layout.move[0] = layout.move[1];
			layout.move[1] = first;
			caught += layout_fault(&scene.request, &layout) != NULL;
		}
	}
	print_message("%u placed, %u refused, %u initrds moved, %u kernels laid aside, %u swapped orders caught\n", placed,
		      refused, moved, aside, caught);
	if (rounds == ROUNDS) {
		assert_true(placed > rounds / 4);
		assert_true(refused > 0 && moved > 0 && aside > 0 && caught > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_layouts),
	};

	seed = getenv("LULL_SEED") ? strtoull(getenv("LULL_SEED"), NULL, 0) : UINT64_C(0x10cadab1e);
	print_message("seed %#llx\n", (unsigned long long)seed);
	return cmocka_run_group_tests_name("place_random", tests, NULL, NULL);
}
