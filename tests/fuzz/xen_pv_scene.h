/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A Xen PV domain made up by chance, on real memory: shim, kernel and initrd as its builder puts them, a kernel of noise with
 * notes of any sort, page numbers in no order, and what the builder adds.
 */
#ifndef LULL_TESTS_XEN_PV_SCENE_H
#define LULL_TESTS_XEN_PV_SCENE_H

#include <string.h>

#include <core/boot_info.h>
#include <shim/memory/memory_map.h>
#include <shim/payload/payload.h>
#include <xen/xen.h>

#include "choices.h"
#include "fuzz.h"
#include "real_memory.h"

#define MOST_PAGES 8192
/* Machine frames of the domain: an order of their own in as many from here on. */
#define FIRST_FRAME 0x7654000

static struct choices c;
static struct boot_info info;
static struct payload payload;
static char line[XEN_PV_CMDLINE_LIMIT + 1];
static const uint8_t *kernel, *initrd;
static uint64_t pages, frames_step, frames_first;
static struct start_info given;
/* For each frame, the page whose address it had at first and keeps until the end; for each page, its first frame. */
static uint32_t owner[MOST_PAGES];
static uint64_t first_frame[MOST_PAGES];

static uint64_t *p2m(void) { return (uint64_t *)given.mfn_list; }

static uint64_t take_pages(uint64_t *at, uint64_t count)
{
	uint64_t start = *at;

	*at += count * PAGE_SIZE;
	return start;
}

static uint64_t pages_of(uint64_t size) { return (size + PAGE_MASK) / PAGE_SIZE; }

static void number_frames(void)
{
	frames_step = any(&c) | 1;
	frames_first = any(&c);
	memset(owner, 0xff, sizeof(owner));
	for (uint64_t i = 0; i < pages; i++) {
		uint64_t frame = (frames_first + i * frames_step) % MOST_PAGES;

		owner[frame] = (uint32_t)i;
		p2m()[i] = first_frame[i] = FIRST_FRAME + frame;
	}
}

/* The memory of a frame; that of page 0 cannot be had. */
static uint8_t *frame_bytes(uint64_t frame)
{
	PROMISE(frame >= FIRST_FRAME && frame - FIRST_FRAME < MOST_PAGES && owner[frame - FIRST_FRAME] < pages);
	return real((uint64_t)owner[frame - FIRST_FRAME] * PAGE_SIZE);
}

/*
 * Segments, in ascending order and sometimes in one page, whose bytes may be shared; most are as far into a page in memory as
 * in the file, so that whole pages of it are pages of the kernel.
 */
static void describe_segments(uint64_t file_size)
{
	uint64_t at = below(&c, 3) * MIB + below(&c, 4) * PAGE_SIZE + (once_in(&c, 3) ? below(&c, PAGE_SIZE) : 0);
	uint32_t count = 1 + (uint32_t)below(&c, once_in(&c, 8) ? ELF_MAX_SEGMENTS : 5);
	uint64_t skew = payload.kernel.start;

	payload.elf.segment_count = count;
	payload.elf.memory = (struct range){ at, at };
	for (uint32_t i = 0; i < count; i++) {
		struct elf_segment *segment = &payload.elf.segment[i];

		segment->file_size = below(&c, file_size / (1 + below(&c, count)) + 1);
		segment->offset = below(&c, file_size - segment->file_size + 1);
		if (!once_in(&c, 3) && segment->offset >= PAGE_SIZE)
			segment->offset -= (segment->offset + skew - at) & PAGE_MASK;
		segment->memory.start = at;
		segment->memory.end = at + segment->file_size + (once_in(&c, 2) ? some_size(&c, MIB) : segment->file_size == 0);
		at = segment->memory.end + (once_in(&c, 2) ? 0 : some_size(&c, MIB / 4));
		payload.elf.memory.end = segment->memory.end;
	}
}

static void describe_symbols(uint64_t file_size)
{
	struct bsd_symbols *symbols = &payload.xen_pv.symbols;
	uint64_t start = (payload.xen_pv.image.end + 7) & ~UINT64_C(7), offset = below(&c, file_size);

	symbols->present = true;
	fill(&c, symbols->head, sizeof(symbols->head));
	symbols->symbols = span(payload.kernel.bytes.at + offset, below(&c, file_size - offset));
	offset = below(&c, file_size);
	symbols->strings = span(payload.kernel.bytes.at + offset, below(&c, file_size - offset));
	symbols->symbols_at = start + sizeof(symbols->head);
	symbols->strings_at = symbols->symbols_at + symbols->symbols.size;
	symbols->memory = (struct range){ start, symbols->strings_at + symbols->strings.size };
	payload.xen_pv.image.end = symbols->memory.end;
}

/* Addresses as kernels have them, at the edges of what is theirs, and anywhere. */
static uint64_t some_address(void)
{
	const uint64_t known[] = { 0xffffffff80000000, 0xffffffff80000000, 0xffff880000000000, 0, 0x8000000000, 0x7fffffe00000,
				   0xffffffffff000000, any(&c) };

	return (known[below(&c, 8)] + (once_in(&c, 2) ? 0 : below(&c, 1024) * PAGE_SIZE)) & ~PAGE_MASK;
}

/* False when no kernel can have these numbers: xen_pv_kernel_read() refuses them. */
static bool describe_kernel(uint64_t file_size)
{
	struct xen_pv_kernel *wants = &payload.xen_pv;

	payload.kind = PAYLOAD_XEN_PV_ELF64;
	payload.as_xen_pv = true;
	describe_segments(file_size);
	wants->physical_offset = once_in(&c, 3) ? payload.elf.memory.start & ~PAGE_MASK : 0;
	wants->image = (struct range){ payload.elf.memory.start - wants->physical_offset,
				       payload.elf.memory.end - wants->physical_offset };
	if (once_in(&c, 3))
		describe_symbols(file_size);
	wants->virtual_base = va(some_address());
	wants->entry = va(wants->virtual_base.v + wants->image.start);
	wants->has_p2m_address = once_in(&c, 2);
	wants->p2m_address = va(once_in(&c, 2) ? some_address() :
				wants->virtual_base.v + (below(&c, 1 << 20) - (1 << 19)) * PAGE_SIZE);
	wants->initrd_by_pfn = once_in(&c, 2);
	wants->can_be_dom0 = true;
	return xen_pv_is_guests(wants->virtual_base.v, wants->image.end) &&
	       (!wants->has_p2m_address || xen_pv_is_guests(wants->p2m_address.v, 1));
}

/* RAM, but for what the builder put there and for addresses that no program can have.  Page 0 is there, as in any domain. */
static void describe_memory(struct range bootstrap)
{
	struct memory_map *map = &info.memory;

	map->count = 5;
	map->region[0] = (struct region){ 0, PAGE_SIZE, REGION_RAM };
	map->region[1] = (struct region){ PAGE_SIZE, REAL_START - PAGE_SIZE, REGION_RESERVED };
	map->region[2] = (struct region){ REAL_START, bootstrap.start - REAL_START, REGION_RAM };
	map->region[3] = (struct region){ bootstrap.start, range_size(bootstrap), REGION_RESERVED };
	map->region[4] = (struct region){ bootstrap.end, pages * PAGE_SIZE - bootstrap.end, REGION_RAM };
	PROMISE(!failed(memory_map_check(map)));
}

/* What the builder put behind the module: the list, start_info, the rings, tables and a stack. */
static bool make_bootstrap(uint64_t *at)
{
	uint64_t list = take_pages(at, pages_of(pages * 8)), start = take_pages(at, 1), rings = take_pages(at, 2);

	take_pages(at, 2 + below(&c, 20));
	if (*at > pages * PAGE_SIZE)
		return false;
	given = (struct start_info){ .magic = "xen-3.0-x86_64", .nr_pages = pages, .mfn_list = list, .flags = (uint32_t)any(&c) };
	memcpy(given.cmd_line, noise(PAGE_SIZE), sizeof(given.cmd_line));
	number_frames();
	real_control_domain = once_in(&c, 3);
	given.shared_info = any(&c);
	if (!real_control_domain) {
		info.xen_pv.store = (pfn_t){ rings / PAGE_SIZE };
		info.xen_pv.console = (pfn_t){ rings / PAGE_SIZE + 1 };
		given.store_mfn = p2m()[rings / PAGE_SIZE];
		given.console.domU.mfn = p2m()[rings / PAGE_SIZE + 1];
		memcpy(real(rings), noise(PAGE_SIZE), 2 * PAGE_SIZE);
	}
	memcpy(real(start), noise(0), PAGE_SIZE);
	memcpy(real(start), &given, sizeof(given));
	info.xen_pv.start_info = real(start);
	describe_memory((struct range){ list, *at });
	return true;
}

/* Shim, kernel and initrd from low to high, the latter two in one container or apart; then what the builder adds. */
static bool make_scene(void)
{
	uint64_t kernel_size = 64 + some_size(&c, 2 * MIB), initrd_size = once_in(&c, 5) ? 0 : some_size(&c, MIB), at;

	memset(&info, 0, sizeof(info));
	memset(&payload, 0, sizeof(payload));
	real_memory_clear();
	pages = 1024 + below(&c, MOST_PAGES - 1024);
	info.door = DOOR_XEN_PV;
	kernel = noise(below(&c, NOISE / 4));
	initrd = noise(NOISE / 2 + below(&c, NOISE / 4));
	fill_line(&c, line, XEN_PV_CMDLINE_LIMIT);
	at = REAL_START + (once_in(&c, 2) ? 0 : below(&c, 256) * PAGE_SIZE);
	info.shim.start = take_pages(&at, 1 + below(&c, 200));
	info.shim.end = at;
	at += below(&c, 3) * PAGE_SIZE + (once_in(&c, 2) ? 0 : below(&c, PAGE_SIZE));
	if (at + kernel_size + initrd_size + 4 * PAGE_SIZE > pages * PAGE_SIZE)
		return false;
	payload.kernel = put_at(at, kernel, kernel_size);
	at += kernel_size;
	if (!once_in(&c, 4))
		at = (at + PAGE_MASK) & ~PAGE_MASK;
	payload.module[0].image = put_at(at, initrd, initrd_size);
	payload.module_count = initrd_size != 0;
	at = (at + initrd_size + PAGE_MASK) & ~PAGE_MASK;
	return make_bootstrap(&at) && describe_kernel(kernel_size);
}

#endif
