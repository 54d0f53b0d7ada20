/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/handover/place_xen_pv.h>

/* xen.h, start-of-day layout, points 2 and 7. */
#define SLACK     (512 * KIB)
#define ALIGNMENT (4 * MIB)

#define FRESH UINT32_MAX

static uint64_t pages_of(uint64_t bytes)
{
	return bytes / PAGE_SIZE + (bytes % PAGE_SIZE != 0);
}

static struct error no_room(uint64_t needed, uint64_t pages)
{
	return error_make(ERROR_PLACE_XEN_PV, NULL, needed * (PAGE_SIZE / KIB), pages * (PAGE_SIZE / KIB));
}

/* Tables of one level that map [a, b) and [c, d), of `shift` bits each; the two may share one. */
static uint64_t tables_at(struct range first, struct range second, unsigned shift)
{
	struct range a = { first.start >> shift, ((first.end - 1) >> shift) + 1 };
	struct range b = { second.start >> shift, ((second.end - 1) >> shift) + 1 };
	uint64_t count = range_size(a);

	if (range_empty(second))
		return count;
	count += range_size(b);
	if (range_overlaps(a, b))
		count -= (a.end < b.end ? a.end : b.end) - (a.start > b.start ? a.start : b.start);
	return count;
}

/* Tables of all four levels (SDM volume 3A, figure 4-8). */
static uint64_t tables_for(struct range mapped, struct range p2m)
{
	return tables_at(mapped, p2m, 21) + tables_at(mapped, p2m, 30) + tables_at(mapped, p2m, 39) + 1;
}

static pfn_t take_pfns(uint64_t *next, uint64_t pages)
{
	pfn_t first = { *next };

	*next += pages;
	return first;
}

/* The end of the initial mapping when its last element ends at pfn `end`. */
static struct error mapping_of(const struct xen_pv_kernel *kernel, uint64_t end, struct range *out)
{
	uint64_t base = kernel->virtual_base.v, last;

	*out = (struct range){ base, base };
	if (__builtin_add_overflow(base, end * PAGE_SIZE + SLACK, &last) || !round_up(last, ALIGNMENT, &out->end) ||
	    !xen_pv_is_guests(base, out->end - base))
		return error_make(ERROR_ELF_PV_NOTE, xen_note_name(XEN_NOTE_VIRT_BASE), 0, base);
	return error_none();
}

/* More tables map more tables, so their number is found by trying; it grows by less each time. */
static struct error place_tables(const struct xen_pv_request *request, uint64_t *next, struct xen_pv_layout *out)
{
	const struct xen_pv_kernel *kernel = request->kernel;
	const uint64_t p2m_start = kernel->p2m_address.v, p2m_size = out->p2m_pages * PAGE_SIZE;
	struct range p2m = { 0, 0 }, mapping;
	uint64_t needed = 1;

	if (kernel->has_p2m_address) {
		if (!xen_pv_is_guests(p2m_start, p2m_size))
			return error_make(ERROR_ELF_PV_NOTE, xen_note_name(XEN_NOTE_INIT_P2M), 0, p2m_start);
		p2m = (struct range){ p2m_start, p2m_start + p2m_size };
	}
	do {
		out->table_count = needed;
		TRY(mapping_of(kernel, *next + needed + 1, &mapping));
		needed = tables_for(mapping, p2m);
	} while (needed > out->table_count);
	if (range_overlaps(mapping, p2m))
		return error_make(ERROR_ELF_PV_NOTE, xen_note_name(XEN_NOTE_INIT_P2M), 0, p2m_start);
	out->tables = take_pfns(next, out->table_count);
	out->stack = take_pfns(next, 1);
	out->mapped_pages = range_size(mapping) / PAGE_SIZE;
	*next = out->mapped_pages;
	return error_none();
}

struct error xen_pv_layout_make(const struct xen_pv_request *request, struct xen_pv_layout *out)
{
	const struct xen_pv_kernel *kernel = request->kernel;
	uint64_t next = pages_of(kernel->image.end);

	*out = (struct xen_pv_layout){
		.initrd_pages = pages_of(request->initrd_size),
		.p2m_pages = pages_of(request->pages * sizeof(uint64_t)),
	};
	if (next > request->pages)
		return no_room(next, request->pages);
	if (!kernel->initrd_by_pfn)
		out->initrd = take_pfns(&next, out->initrd_pages);
	if (!kernel->has_p2m_address)
		out->p2m = take_pfns(&next, out->p2m_pages);
	out->start_info = take_pfns(&next, 1);
	if (request->has_store)
		out->store = take_pfns(&next, 1);
	if (request->has_console)
		out->console = take_pfns(&next, 1);
	TRY(place_tables(request, &next, out));
	if (kernel->has_p2m_address)
		out->p2m = take_pfns(&next, out->p2m_pages);
	if (kernel->initrd_by_pfn)
		out->initrd = take_pfns(&next, out->initrd_pages);
	out->page_count = next;
	return next <= request->pages ? error_none() : no_room(next, request->pages);
}

/* Whether an earlier segment has bytes of the same part of the file; its pages cannot be two things at once. */
static bool file_is_shared(const struct elf_image *elf, uint32_t index)
{
	const struct elf_segment *segment = &elf->segment[index];
	struct range here = { segment->offset, segment->offset + segment->file_size };

	for (uint32_t i = 0; i < index; i++) {
		const struct elf_segment *other = &elf->segment[i];

		if (range_overlaps(here, (struct range){ other->offset, other->offset + other->file_size }))
			return true;
	}
	return false;
}

static void take_segment(const struct xen_pv_kernel *kernel, const struct xen_pv_now *now, uint32_t index, uint32_t *from)
{
	const struct elf_segment *segment = &now->elf->segment[index];
	struct range memory = xen_pv_segment(kernel, segment);
	uint64_t source = now->elf_start + segment->offset;
	uint64_t end = memory.start + segment->file_size;

	if (((memory.start ^ source) & PAGE_MASK) || file_is_shared(now->elf, index))
		return;
	for (uint64_t page = pages_of(memory.start); (page + 1) * PAGE_SIZE <= end; page++)
		from[page] = (uint32_t)((source + page * PAGE_SIZE - memory.start) / PAGE_SIZE);
}

static void take_run(pfn_t to, uint64_t pages, uint64_t start, uint32_t *from)
{
	for (uint64_t i = 0; i < pages; i++)
		from[to.v + i] = (uint32_t)(start / PAGE_SIZE + i);
}

/*
 * The shim cannot fill page 0, because a pointer to it is a null pointer.  So its frame becomes the last page of the slack,
 * which nobody fills, and not a page of a kernel that is linked there.
 */
static void set_page_0_aside(const struct xen_pv_layout *layout, const struct free_memory *room, uint32_t *from)
{
	struct range block;

	if (free_memory_next(room, 0, &block) && block.start == 0 && block.end >= PAGE_SIZE)
		from[layout->mapped_pages - 1] = 0;
}

/* A fresh page whose own frame is free keeps it. */
static void keep_free(const struct xen_pv_layout *layout, const struct free_memory *room, uint32_t *from)
{
	struct range block;

	for (uint64_t at = 0; free_memory_next(room, at, &block); at = block.end)
		for (uint64_t page = pages_of(block.start); (page + 1) * PAGE_SIZE <= block.end; page++)
			if (page != 0 && page < layout->page_count && from[page] == FRESH)
				from[page] = (uint32_t)page;
}

/* Every other fresh page takes the next free frame that none of them kept. */
static struct error take_free(const struct xen_pv_layout *layout, const struct xen_pv_now *now, uint32_t *from)
{
	const struct free_memory *room = now->room;
	uint64_t lacking = 0, target = 0;
	struct range block;

	for (uint64_t at = 0; free_memory_next(room, at, &block); at = block.end)
		for (uint64_t page = pages_of(block.start); (page + 1) * PAGE_SIZE <= block.end; page++) {
			if (page == 0 || (page < layout->page_count && from[page] == page))
				continue;
			while (target < layout->page_count && from[target] != FRESH)
				target++;
			if (target == layout->page_count)
				return error_none();
			from[target] = (uint32_t)page;
		}
	for (; target < layout->page_count; target++)
		lacking += from[target] == FRESH;
	return lacking == 0 ? error_none() : no_room(now->pages + lacking, now->pages);
}

struct error xen_pv_frames(const struct xen_pv_kernel *kernel, const struct xen_pv_layout *layout,
			   const struct xen_pv_now *now, uint32_t *from)
{
	for (uint64_t page = 0; page < layout->page_count; page++)
		from[page] = FRESH;
	for (uint32_t i = 0; i < now->elf->segment_count; i++)
		take_segment(kernel, now, i, from);
	take_run(layout->initrd, layout->initrd_pages, now->initrd_start, from);
	take_run(layout->p2m, layout->p2m_pages, now->p2m_start, from);
	if (layout->store.v != 0)
		from[layout->store.v] = (uint32_t)now->store.v;
	if (layout->console.v != 0)
		from[layout->console.v] = (uint32_t)now->console.v;
	set_page_0_aside(layout, now->room, from);
	keep_free(layout, now->room, from);
	return take_free(layout, now, from);
}
