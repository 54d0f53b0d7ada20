/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <core/check.h>
#include <shim/memory/free_memory.h>

void free_memory_take(struct free_memory *room, struct range range)
{
	CHECK(room->taken_count < FREE_MAX_TAKEN);
	room->taken[room->taken_count++] = range;
}

/* Cuts a block short where something in it is taken.  When its first byte is taken: false, and `next` says where to go on. */
static bool cut_taken(const struct free_memory *room, struct range *block, uint64_t *next)
{
	for (uint32_t i = 0; i < room->taken_count; i++) {
		struct range taken = room->taken[i];

		if (!range_overlaps(taken, *block))
			continue;
		if (taken.start <= block->start) {
			*next = taken.end;
			return false;
		}
		block->end = taken.start;
	}
	return true;
}

bool free_memory_next(const struct free_memory *room, uint64_t from, struct range *out)
{
	if (from < room->limits.start)
		from = room->limits.start;
	while (memory_next_ram(room->memory, from, out) && out->start < room->limits.end) {
		if (out->end > room->limits.end)
			out->end = room->limits.end;
		if (cut_taken(room, out, &from))
			return true;
	}
	return false;
}

bool free_memory_lowest(const struct free_memory *room, uint64_t size, uint64_t alignment, struct range *out)
{
	struct range block;

	for (uint64_t from = 0; free_memory_next(room, from, &block); from = block.end) {
		uint64_t start;

		if (round_up(block.start, alignment, &start) && range_make(start, size, out) &&
		    range_contains(block, *out))
			return true;
	}
	return false;
}

bool free_memory_highest(const struct free_memory *room, uint64_t size, uint64_t alignment, struct range *out)
{
	struct range block;
	bool found = false;

	for (uint64_t from = 0; free_memory_next(room, from, &block); from = block.end) {
		uint64_t start;

		if (range_size(block) < size)
			continue;
		start = round_down(block.end - size, alignment);
		if (start < block.start)
			continue;
		*out = (struct range){ start, start + size };
		found = true;
	}
	return found;
}

uint64_t free_memory_largest(const struct free_memory *room)
{
	uint64_t largest = 0;
	struct range block;

	for (uint64_t from = 0; free_memory_next(room, from, &block); from = block.end)
		if (range_size(block) > largest)
			largest = range_size(block);
	return largest;
}
