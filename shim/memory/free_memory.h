/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * free_memory.c: looks for room: RAM inside limits, outside of each range that is taken, that UEFI's boot services did not use.
 */
#ifndef LULL_SHIM_MEMORY_FREE_MEMORY_H
#define LULL_SHIM_MEMORY_FREE_MEMORY_H

#include <shim/memory/memory_map.h>

/* What place.c can ever take: the caller's ranges, shim, kernel, modules, their destinations, the hand-over block. */
#define FREE_MAX_TAKEN 80

struct free_memory {
	const struct memory_map *memory;
	/* Nothing is taken outside of these. */
	struct range limits;
	uint32_t taken_count;
	struct range taken[FREE_MAX_TAKEN];
};

/* Excludes a range; an empty one excludes nothing. */
void free_memory_take(struct free_memory *room, struct range range);

/* The first free block at or above `from`, as large as it goes; false when there is none. */
bool free_memory_next(const struct free_memory *room, uint64_t from, struct range *out);

/* The lowest, and the highest, place for `size` bytes whose address is a multiple of `alignment` (a power of two). */
bool free_memory_lowest(const struct free_memory *room, uint64_t size, uint64_t alignment, struct range *out);
bool free_memory_highest(const struct free_memory *room, uint64_t size, uint64_t alignment, struct range *out);

/* Bytes of the largest free block. */
uint64_t free_memory_largest(const struct free_memory *room);

#endif
