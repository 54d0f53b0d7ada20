/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory map, and whether what it calls RAM is RAM.
 */
#include "pvh.h"

#define GIB (UINT64_C(1) << 30)
/* Every page below this is tried; above it, the last page of each area. */
#define TRIED_END (UINT64_C(64) << 20)
#define TRIED_PAGES (TRIED_END / PAGE)

extern const char image_start[], image_end[];

static uint32_t saved[TRIED_PAGES];

#ifdef __x86_64__
/* head.S maps the first 4 GiB; the GiB of an address above is mapped when it is asked for, into one spare table. */
static uint64_t *map_gib(uint64_t address)
{
	extern uint64_t pointers[512];
	static uint64_t spare[512] __attribute__((aligned(PAGE)));
	uint64_t gib = address / GIB;

	for (unsigned i = 4; i < 512; i++)
		pointers[i] = 0;
	for (unsigned i = 0; i < 512; i++)
		spare[i] = (gib * GIB + i * (UINT64_C(2) << 20)) | 0x83;
	pointers[gib] = (uintptr_t)spare | 3;
	__asm__ volatile("movq %%cr3, %%rax; movq %%rax, %%cr3" : : : "rax", "memory");
	return spare;
}
#endif

void *reach(uint64_t address)
{
	if (address == 0)
		return NULL;
	if (address >= 4 * GIB) {
#ifdef __x86_64__
		if (address >= 512 * GIB)
			return NULL;
		map_gib(address);
#else
		return NULL;
#endif
	}
	return (void *)(uintptr_t)address;
}

bool inside_ram(uint64_t start, uint64_t end)
{
	uint64_t at = start;

	/* An area may continue the one before it. */
	for (uint32_t i = 0; i < found.area_count; i++)
		if (found.area[i].ram && found.area[i].start <= at && at < found.area[i].end)
			at = found.area[i].end;
	return start <= end && at >= end && at > start;
}

/* The first and the last area of RAM change places. */
static void swap_ram(void)
{
	uint32_t first = 0, last = 0;
	struct area kept;

	while (first < found.area_count && !found.area[first].ram)
		first++;
	for (uint32_t i = first; i < found.area_count; i++)
		if (found.area[i].ram)
			last = i;
	kept = found.area[first];
	found.area[first] = found.area[last];
	found.area[last] = kept;
}

/* The map that xl makes does not sort what is not RAM, so only RAM has to ascend. */
void check_memory_map(void)
{
	uint64_t ram = 0, last_ram = 0;

	if (fault("map-order"))
		swap_ram();
	if (fault("map-overlap"))
		found.area[0].end = found.area[1].start + 1;
	if (fault("map-rom"))	/* the system ROM, where writes go nowhere */
		for (uint32_t i = 0; i < found.area_count; i++)
			found.area[i].ram |= found.area[i].start == 0xf0000;
	if (fault("map-empty"))
		found.area_count = 0;
	for (uint32_t i = 0; i < found.area_count; i++) {
		struct area *a = &found.area[i];

		fact("area %llx-%llx %s", a->start, a->end, a->ram ? "ram" : "other");
		if (a->end < a->start)
			wrong("an area of the memory map wraps: %u", i);
		if (a->ram && a->start < last_ram)
			wrong("the RAM of the memory map is not in order: %u", i);
		for (uint32_t k = 0; k < i; k++)
			if ((a->ram || found.area[k].ram) && a->start < found.area[k].end && found.area[k].start < a->end)
				wrong("areas of the memory map overlap: %u and %u", k, i);
		if (a->ram) {
			last_ram = a->start;
			ram += a->end - a->start;
		}
	}
	fact("ram %llx bytes in the map", ram);
	if (ram == 0)
		wrong("the memory map has no RAM");
	if (!inside_ram((uintptr_t)image_start, (uintptr_t)image_end))
		wrong("the kernel itself is not in RAM of the map");
}

static bool in_use(uint64_t page)
{
	if (page + PAGE > (uintptr_t)image_start && page < (uintptr_t)image_end)
		return true;
	for (uint32_t i = 0; i < found.kept_count; i++)
		if (page + PAGE > found.kept[i].start && page < found.kept[i].end)
			return true;
	return false;
}

static bool to_try(uint64_t page)
{
	return !in_use(page) && inside_ram(page, page + PAGE);
}

static uint32_t pattern(uint64_t page) { return (uint32_t)(page >> 12) * 0x9e3779b1u ^ 0x5a5a5a5a; }

/* One page above TRIED_END, by itself. */
static void check_last_page(uint64_t page, const char *when)
{
	volatile uint32_t *word = reach(page);
	uint32_t before;
	bool kept;

	if (word == NULL || in_use(page))
		return;
	before = *word;
	*word = pattern(page);
	kept = *word == pattern(page);
	*word = before;
	if (!kept)
		wrong("the last page of an area does not keep what is written, %s pass: %llx", when, page);
}

void check_memory(const char *when)
{
	uint32_t tried = 0, bad = 0;
	uint64_t first_bad = 0;

	/* All are written before one is read, so that one page behind two addresses is seen too. */
	for (uint64_t page = PAGE; page < TRIED_END; page += PAGE)
		if (to_try(page)) {
			saved[page / PAGE] = *(volatile uint32_t *)(uintptr_t)page;
			*(volatile uint32_t *)(uintptr_t)page = pattern(page);
		}
	for (uint64_t page = PAGE; page < TRIED_END; page += PAGE)
		if (to_try(page)) {
			tried++;
			if (*(volatile uint32_t *)(uintptr_t)page != pattern(page)) {
				first_bad = bad++ ? first_bad : page;
				continue;
			}
			*(volatile uint32_t *)(uintptr_t)page = saved[page / PAGE];
		}
	fact("%u pages below %llx tried, %s pass", tried, TRIED_END, when);
	if (bad)
		wrong("RAM does not keep what is written, %s pass: %u pages, first %llx", when, bad, first_bad);
	for (uint32_t i = 0; i < found.area_count; i++)
		if (found.area[i].ram && found.area[i].end > TRIED_END && found.area[i].end - found.area[i].start >= 2 * PAGE)
			check_last_page((found.area[i].end & ~(uint64_t)(PAGE - 1)) - PAGE, when);
}
