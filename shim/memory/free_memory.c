/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <core/check.h>
#include <core/efi_map.h>
#include <shim/memory/free_memory.h>

void free_memory_take(struct free_memory *room, struct range range)
{
	CHECK(room->taken_count < FREE_MAX_TAKEN);
	room->taken[room->taken_count++] = range;
}

/* Cuts a block short where a range begins in it.  When that has its first byte: false, and `next` says where to go on. */
static bool cut_one(struct range taken, struct range *block, uint64_t *next)
{
	if (!range_overlaps(taken, *block))
		return true;
	if (taken.start <= block->start) {
		*next = taken.end;
		return false;
	}
	block->end = taken.start;
	return true;
}

static bool cut_taken(const struct free_memory *room, struct range *block, uint64_t *next)
{
	for (uint32_t i = 0; i < room->taken_count; i++)
		if (!cut_one(room->taken[i], block, next))
			return false;
	return true;
}

/* The memory of a descriptor whose type says that boot services used it; empty for any other. */
static struct range boot_services(struct span map, uint64_t at)
{
	uint32_t type = span_u32(map, at + EFI_DESCRIPTOR_TYPE);
	struct range range;
	uint64_t size;

	if (type != EFI_TYPE_BOOT_SERVICES_CODE && type != EFI_TYPE_BOOT_SERVICES_DATA)
		return (struct range){ 0, 0 };
	/* Where either overflows the range is empty; Linux takes no memory there. */
	if (__builtin_mul_overflow(span_u64(map, at + EFI_DESCRIPTOR_PAGES), PAGE_SIZE, &size))
		size = 0;
	range_make(span_u64(map, at + EFI_DESCRIPTOR_START), size, &range);
	return range;
}

/*
 * Boot services have ended, but some firmware runs their code when Linux tells it its virtual addresses, and tables that Linux reads
 * lie in their data.  So Linux itself takes no such memory until then (arch/x86/boot/compressed/kaslr.c, process_efi_entries()).
 */
static bool cut_firmware(const struct memory_map *memory, struct range *block, uint64_t *next)
{
	if (memory->efi_step < EFI_DESCRIPTOR_SIZE)
		return true;
	for (uint64_t at = 0; at < memory->efi.size; at += memory->efi_step)
		if (!cut_one(boot_services(memory->efi, at), block, next))
			return false;
	return true;
}

bool free_memory_next(const struct free_memory *room, uint64_t from, struct range *out)
{
	if (from < room->limits.start)
		from = room->limits.start;
	while (memory_next_ram(room->memory, from, out) && out->start < room->limits.end) {
		if (out->end > room->limits.end)
			out->end = room->limits.end;
		if (cut_taken(room, out, &from) && cut_firmware(room->memory, out, &from))
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
