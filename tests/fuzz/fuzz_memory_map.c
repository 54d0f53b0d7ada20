/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The input is a list of regions, 9 bytes each: start and size in pages or in large steps, and a type. */
#include "map_check.h"

static void read_map(struct span input, struct memory_map *map)
{
	map->count = input.size / 9;
	for (uint64_t i = 0; i < map->count && i < BOOT_MAX_REGIONS; i++) {
		unsigned shift = (input.at[9 * i + 8] >> 4) * 4;

		map->region[i].start = (uint64_t)span_u32(input, 9 * i) << shift;
		map->region[i].size = (uint64_t)span_u32(input, 9 * i + 4) << shift;
		map->region[i].type = input.at[9 * i + 8] & 3;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory_map map;
	struct range block;
	uint64_t from = 0, sum = 0;

	read_map(span(data, size), &map);
	check_map(&map);
	if (failed(memory_map_check(&map)))
		return 0;
	while (memory_next_ram(&map, from, &block)) {
		/* Adjacent regions are one block, so that the next one begins behind a hole. */
		PROMISE(block.start < block.end && (from == 0 || block.start > from));
		PROMISE(memory_is_ram(&map, block));
		PROMISE(!memory_is_ram(&map, (struct range){ block.start, block.end + 1 }));
		sum += range_size(block);
		from = block.end;
	}
	PROMISE(sum != 0 && sum == memory_ram_size(&map) && from == memory_top(&map));
	return 0;
}
