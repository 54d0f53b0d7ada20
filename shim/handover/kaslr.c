/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/handover/kaslr.h>
#include <shim/memory/free_memory.h>
#include <shim/payload/cmdline_linux.h>
#include <shim/payload/cmdline_memory.h>

/* However high the kernel is linked or loaded, memory from here on is used (choose_random_location()). */
#define LOWEST_MOST (512 * MIB)

/* One that is not linked at a multiple of its alignment cannot come to one by whole steps. */
static bool is_aligned(const struct kaslr_request *request)
{
	return (request->linked & (request->alignment - 1)) == 0;
}

static void store_area(const struct kaslr_request *request, struct range block, struct kaslr_slots *out)
{
	struct kaslr_area *area = &out->area[out->area_count];

	if (out->area_count == KASLR_AREAS || !round_up(block.start, request->alignment, &block.start) ||
	    block.end < block.start || range_size(block) < request->size)
		return;
	*area = (struct kaslr_area){ block.start, (range_size(block) - request->size) / request->alignment + 1 };
	out->total += area->slots;
	out->area_count++;
}

/*
 * Leaves as many pages of 1 GiB in a block as the command line asks for, and that have something behind them, as Linux
 * does: `pages` are those that are not found yet.
 */
static void store_but_huge_pages(const struct kaslr_request *request, struct range block, uint64_t *pages,
				 struct kaslr_slots *out)
{
	struct range huge;
	uint64_t found;

	if (!round_up(block.start, GIB, &huge.start) || huge.start >= block.end) {
		store_area(request, block, out);
		return;
	}
	found = (block.end - huge.start - 1) / GIB;
	if (found > *pages)
		found = *pages;
	*pages -= found;
	huge.end = huge.start + found * GIB;
	if (found == 0) {
		store_area(request, block, out);
		return;
	}
	store_area(request, (struct range){ block.start, huge.start }, out);
	store_area(request, (struct range){ huge.end, block.end }, out);
}

void kaslr_physical_slots(const struct kaslr_request *request, struct kaslr_slots *out)
{
	struct linux_memory_words words;
	struct free_memory room = { .memory = request->memory };
	struct range block;

	*out = (struct kaslr_slots){ 0 };
	linux_memory_words_read(request->cmdline, &words);
	if (words.too_many || !is_aligned(request))
		return;
	room.limits.start = request->linked < LOWEST_MOST ? request->linked : LOWEST_MOST;
	room.limits.end = request->limit < words.limit ? request->limit : words.limit;
	for (uint32_t i = 0; i < request->initrd_count; i++)
		free_memory_take(&room, request->initrd[i]);
	for (uint32_t i = 0; i < words.memmap_count; i++)
		free_memory_take(&room, words.memmap[i]);
	for (uint64_t from = 0; free_memory_next(&room, from, &block); from = block.end)
		store_but_huge_pages(request, block, &words.huge_pages, out);
}

uint64_t kaslr_slot(const struct kaslr_slots *slots, uint64_t alignment, uint64_t number)
{
	const struct kaslr_area *area = slots->area;

	while (number >= area->slots)
		number -= area++->slots;
	return area->start + number * alignment;
}

bool kaslr_is_slot(const struct kaslr_slots *slots, uint64_t alignment, uint64_t address)
{
	for (uint32_t i = 0; i < slots->area_count; i++) {
		const uint64_t distance = address - slots->area[i].start;

		if (distance % alignment == 0 && distance / alignment < slots->area[i].slots)
			return true;
	}
	return false;
}

uint64_t kaslr_virtual_slots(const struct kaslr_request *request)
{
	uint64_t size, room;

	if (!is_aligned(request) || !round_up(request->size, request->alignment, &size) ||
	    __builtin_sub_overflow(KASLR_IMAGE_SIZE, request->linked, &room) || size > room)
		return 0;
	return (room - size) / request->alignment + 1;
}

bool kaslr_is_forbidden(struct span cmdline)
{
	return linux_has_early(cmdline, "nokaslr");
}
