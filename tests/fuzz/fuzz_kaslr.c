/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KASLR's choice: a memory map, a kernel and a command line made of the input.  Whatever place is chosen is RAM, aligned,
 * clear of the initrd and of what the line excludes, and there are no more than fit.
 */
#include <shim/handover/kaslr.h>
#include <shim/memory/memory_map.h>
#include <shim/payload/cmdline_memory.h>

#include "choices.h"
#include "fuzz.h"

static struct choices c;
static struct memory_map memory;

static void make_memory(void)
{
	uint64_t at = once_in(&c, 2) ? 0 : below(&c, GIB);

	memory.count = 1 + below(&c, once_in(&c, 4) ? BOOT_MAX_REGIONS : 6);
	for (uint64_t i = 0; i < memory.count; i++) {
		uint64_t size = some_size(&c, once_in(&c, 4) ? 8 * GIB : 512 * MIB);

		memory.region[i] = (struct region){ at, size, once_in(&c, 5) ? REGION_RESERVED : REGION_RAM };
		at += size + (once_in(&c, 2) ? 0 : some_size(&c, GIB));
	}
}

static void check_slot(const struct kaslr_request *request, const struct linux_memory_words *words, uint64_t start)
{
	struct range image = { start, start + request->size };

	PROMISE(start % request->alignment == 0 && image.end <= request->limit && image.end <= words->limit);
	PROMISE(start >= (request->linked < 512 * MIB ? request->linked : 512 * MIB));
	PROMISE(memory_is_ram(&memory, image));
	for (uint32_t i = 0; i < request->initrd_count; i++)
		PROMISE(!range_overlaps(image, request->initrd[i]));
	for (uint32_t i = 0; i < words->memmap_count; i++)
		PROMISE(!range_overlaps(image, words->memmap[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct kaslr_slots slots;
	struct linux_memory_words words;
	struct kaslr_request request = { .memory = &memory, .cmdline = span(data, size) };
	uint64_t places;

	c = choices_of(span(data, size));
	make_memory();
	request.alignment = 2 * MIB << below(&c, 4);
	request.linked = once_in(&c, 8) ? below(&c, GIB) : 16 * MIB;
	request.size = some_size(&c, 256 * MIB);
	request.limit = once_in(&c, 2) ? 512 * GIB : GIB;
	request.initrd_count = below(&c, 4);
	for (uint32_t i = 0; i < request.initrd_count; i++) {
		request.initrd[i].start = below(&c, 2 * GIB);
		request.initrd[i].end = request.initrd[i].start + some_size(&c, 64 * MIB);
	}
	linux_memory_words_read(request.cmdline, &words);
	PROMISE(words.memmap_count <= LINUX_MEMMAPS);
	kaslr_is_forbidden(request.cmdline);
	kaslr_physical_slots(&request, &slots);
	PROMISE(slots.area_count <= KASLR_AREAS && (!words.too_many || slots.total == 0));
	for (unsigned i = 0; i < 16 && slots.total != 0; i++)
		check_slot(&request, &words, kaslr_slot(&slots, request.alignment, i == 0 ? 0 : i == 1 ? slots.total - 1 :
										below(&c, slots.total)));
	places = kaslr_virtual_slots(&request);
	PROMISE(places == 0 || request.linked + (places - 1) * request.alignment + request.size <= KASLR_IMAGE_SIZE);
	return 0;
}
