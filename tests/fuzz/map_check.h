/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What memory_map.h says of a map that can be used, and of sorting it, in words of its own.
 */
#ifndef LULL_TESTS_MAP_CHECK_H
#define LULL_TESTS_MAP_CHECK_H

#include <shim/memory/memory_map.h>

#include "fuzz.h"

static inline bool same_region(const struct region *one, const struct region *other)
{
	return one->start == other->start && one->size == other->size && one->type == other->type;
}

typedef unsigned __int128 wide;

static inline wide end_of(const struct region *region)
{
	return (wide)region->start + region->size;
}

static inline bool is_ram(const struct region *region)
{
	return region->type == REGION_RAM && region->size != 0;
}

/* What memory_map.h says of a map that can be used, in numbers that do not wrap. */
static inline bool map_is_good(const struct memory_map *map)
{
	bool ram = false;

	if (map->count > BOOT_MAX_REGIONS)
		return false;
	for (uint64_t i = 0; i < map->count; i++) {
		const struct region *here = &map->region[i];

		if (end_of(here) > UINT64_MAX)
			return false;
		for (uint64_t j = 0; j < i; j++) {
			const struct region *there = &map->region[j];

			if (here->size && there->size && here->start < end_of(there) && there->start < end_of(here))
				return false;
		}
		ram |= is_ram(here);
	}
	return ram;
}

/* Sorting loses no region; what is said of the RAM then is what the map had. */
static inline void check_sorted(struct memory_map *map)
{
	static struct memory_map before;
	bool used[BOOT_MAX_REGIONS] = { false };
	uint64_t size = 0, top = 0;

	before = *map;
	for (uint64_t i = 0; i < map->count; i++) {
		if (!is_ram(&map->region[i]))
			continue;
		size += map->region[i].size;
		if (top < map->region[i].start + map->region[i].size)
			top = map->region[i].start + map->region[i].size;
	}
	memory_map_sort(map);
	PROMISE(map->count == before.count && !failed(memory_map_check(map)));
	PROMISE(memory_ram_size(map) == size && memory_top(map) == top);
	for (uint64_t i = 0; i < map->count; i++) {
		uint64_t j = 0;

		PROMISE(i == 0 || map->region[i - 1].start <= map->region[i].start);
		while (j < map->count && (used[j] || !same_region(&before.region[j], &map->region[i])))
			j++;
		PROMISE(j < map->count);
		used[j] = true;
	}
}

static inline void check_map(struct memory_map *map)
{
	bool good = map_is_good(map);

	PROMISE(failed(memory_map_check(map)) == !good);
	if (good)
		check_sorted(map);
}

#endif
