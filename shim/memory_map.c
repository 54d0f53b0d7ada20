/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/memory_map.h>

static bool is_ram(const struct region *region)
{
	return region->type == REGION_RAM && region->size != 0;
}

/* Only for regions that do not wrap. */
static uint64_t region_end(const struct region *region)
{
	return region->start + region->size;
}

struct error memory_map_check(const struct memory_map *map)
{
	struct range before = { 0, 0 }, here;
	bool ram = false;

	if (map->count > BOOT_MAX_REGIONS)
		return error_make(ERROR_MEMORY_MAP_ENTRIES, NULL, BOOT_MAX_REGIONS, map->count);
	for (uint64_t i = 0; i < map->count; i++) {
		const struct region *region = &map->region[i];

		if (region->size == 0)
			continue;
		if (!range_make(region->start, region->size, &here))
			return error_make(ERROR_MEMORY_MAP_WRAP, NULL, 0, i);
		if (here.start < before.start)
			return error_make(ERROR_MEMORY_MAP_ORDER, NULL, 0, i);
		if (here.start < before.end)
			return error_make(ERROR_MEMORY_MAP_OVERLAP, NULL, 0, i);
		before = here;
		ram = ram || is_ram(region);
	}
	return ram ? error_none() : error_make(ERROR_MEMORY_MAP_EMPTY, NULL, 1, map->count);
}

bool memory_next_ram(const struct memory_map *map, uint64_t from, struct range *out)
{
	*out = (struct range){ from, from };
	for (uint64_t i = 0; i < map->count; i++) {
		const struct region *region = &map->region[i];

		if (!is_ram(region) || region_end(region) <= from)
			continue;
		if (range_empty(*out))
			out->start = region->start > from ? region->start : from;
		else if (region->start != out->end)
			break;
		out->end = region_end(region);
	}
	return !range_empty(*out);
}

bool memory_is_ram(const struct memory_map *map, struct range range)
{
	struct range block;

	if (range_empty(range))
		return true;
	return memory_next_ram(map, range.start, &block) && range_contains(block, range);
}

uint64_t memory_top(const struct memory_map *map)
{
	uint64_t top = 0;
	struct range block;

	while (memory_next_ram(map, top, &block))
		top = block.end;
	return top;
}

uint64_t memory_ram_size(const struct memory_map *map)
{
	uint64_t size = 0, from = 0;
	struct range block;

	while (memory_next_ram(map, from, &block)) {
		size += range_size(block);
		from = block.end;
	}
	return size;
}
