/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/memory/memory_map.h>

static bool is_ram(const struct region *region)
{
	return region->type == REGION_RAM && region->size != 0;
}

/* Only for regions that do not wrap. */
static uint64_t region_end(const struct region *region)
{
	return region->start + region->size;
}

/* Whether a region shares a byte with one before it in the map. */
static bool overlaps_earlier(const struct memory_map *map, uint64_t index)
{
	const struct region *region = &map->region[index];
	struct range here = { region->start, region_end(region) };

	for (uint64_t i = 0; i < index; i++)
		if (range_overlaps(here, (struct range){ map->region[i].start, region_end(&map->region[i]) }))
			return true;
	return false;
}

struct error memory_map_check(const struct memory_map *map)
{
	struct range here;
	bool ram = false;

	if (map->count > BOOT_MAX_REGIONS)
		return error_make(ERROR_MEMORY_MAP_ENTRIES, NULL, BOOT_MAX_REGIONS, map->count);
	for (uint64_t i = 0; i < map->count; i++) {
		const struct region *region = &map->region[i];

		if (!range_make(region->start, region->size, &here))
			return error_make(ERROR_MEMORY_MAP_WRAP, NULL, 0, i);
		if (overlaps_earlier(map, i))
			return error_make(ERROR_MEMORY_MAP_OVERLAP, NULL, 0, i);
		ram |= is_ram(region);
	}
	return ram ? error_none() : error_make(ERROR_MEMORY_MAP_EMPTY, NULL, 1, map->count);
}

void memory_map_sort(struct memory_map *map)
{
	for (uint64_t i = 1; i < map->count; i++) {
		struct region region = map->region[i];
		uint64_t at = i;

		for (; at > 0 && map->region[at - 1].start > region.start; at--)
			map->region[at] = map->region[at - 1];
		map->region[at] = region;
	}
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

bool memory_is_listed(const struct memory_map *map, struct range range)
{
	for (uint64_t i = 0; i < map->count && !range_empty(range); i++)
		if (map->region[i].start <= range.start && region_end(&map->region[i]) > range.start)
			range.start = region_end(&map->region[i]);
	return range_empty(range);
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
