/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory_map.c: questions about the memory map that a door filled (struct memory_map of boot_info.h).
 *
 * Regions of no size are legal anywhere and count as nothing.  RAM regions that touch count as one.
 */
#ifndef LULL_SHIM_MEMORY_MEMORY_MAP_H
#define LULL_SHIM_MEMORY_MEMORY_MAP_H

#include <core/boot_info.h>

/*
 * Whether the map can be used at all.  Its regions may stand in any order: xl's own map for a PVH guest has what is reserved
 * anywhere, and Firecracker's has the RAM above 4 GiB before the RAM below.  Errors: MEMORY_MAP_EMPTY, MEMORY_MAP_ENTRIES,
 * MEMORY_MAP_WRAP, MEMORY_MAP_OVERLAP (`found` is the index of the region at fault).
 */
struct error memory_map_check(const struct memory_map *map);

/* Puts the regions of a map that passed in ascending order. Every function below takes such a map. */
void memory_map_sort(struct memory_map *map);

/*
 * The first block of RAM that ends above `from`, adjacent regions merged, its start never below `from`.
 * False, and an empty range, when there is none.  Start at 0 and go on at the end of each to see them all.
 */
bool memory_next_ram(const struct memory_map *map, uint64_t from, struct range *out);

/* True when every byte of a range is RAM; an empty range is. */
bool memory_is_ram(const struct memory_map *map, struct range range);

/* True when every byte of a range is in a region, of whatever type; an empty range is. */
bool memory_is_listed(const struct memory_map *map, struct range range);

/* The end of the highest RAM: its last byte's address plus one. */
uint64_t memory_top(const struct memory_map *map);

/* Bytes of RAM in all. */
uint64_t memory_ram_size(const struct memory_map *map);

#endif
