/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hand-over to a Xen PV kernel, on real memory.  The pages of a domain that is made up (xen_pv_scene.h) get their places and
 * their numbers (place_xen_pv.c, xen_pv.c), the list is relabelled and the tables are built (pv_tables.c); then a walker that
 * knows only the CPU's tables and the machine's frames looks for everything where start_info and the notes say it is.
 */
#include <pv/xen/pv_tables.h>
#include <shim/handover/handover.h>

#include "xen_pv_scene.h"

static struct handover handover;

static void check_frames(const struct xen_pv_leave *leave)
{
	static bool used[MOST_PAGES];

	PROMISE(leave->page_count <= pages && leave->mapped_pages <= leave->page_count);
	PROMISE(leave->stack.v + 1 + 128 <= leave->mapped_pages);
	PROMISE((leave->virtual_base.v + leave->mapped_pages * PAGE_SIZE) % (4 * MIB) == 0);
	memset(used, 0, sizeof(used));
	for (uint64_t i = 0; i < leave->page_count; i++) {
		uint32_t from = leave->from[i];

		PROMISE(from < pages && !used[from]);
		/* Page 0 is the end of the slack, which nobody fills. */
		PROMISE(from != 0 || (i == leave->mapped_pages - 1 && i > leave->stack.v));
		PROMISE(from == 0 || from >= REAL_START / PAGE_SIZE);
		used[from] = true;
	}
}

/* Every frame has one number, and those of the layout the ones that they are to have. */
static void check_relabelled(const struct xen_pv_leave *leave, const uint64_t *list, const uint32_t *from)
{
	static bool used[MOST_PAGES];

	memset(used, 0, sizeof(used));
	for (uint64_t i = 0; i < pages; i++) {
		PROMISE(list[i] >= FIRST_FRAME && list[i] - FIRST_FRAME < MOST_PAGES && !used[list[i] - FIRST_FRAME]);
		used[list[i] - FIRST_FRAME] = true;
		PROMISE(i >= leave->page_count || list[i] == first_frame[from[i]]);
	}
}

static uint64_t *table_bytes(const void *context, uint64_t index)
{
	const struct xen_pv_leave *leave = context;

	return (uint64_t *)((uint64_t)leave->from[leave->tables.v + index] * PAGE_SIZE);
}

/* What machine_leave_xen_pv() does, but for what Xen is told of it. */
static void leave_machine(const struct xen_pv_leave *leave)
{
	struct xen_pv_builder builder = {
		.p2m = p2m(), .first = leave->tables, .count = leave->table_count, .table = table_bytes, .context = leave,
	};

	for (uint64_t i = 0; i < leave->table_count; i++)
		memset(table_bytes(leave, i), 0, PAGE_SIZE);
	memset(real((uint64_t)leave->from[leave->stack.v] * PAGE_SIZE), 0, PAGE_SIZE);
	xen_pv_relabel(p2m(), leave->from, leave->page_count);
	xen_pv_build(&builder, leave->virtual_base, (pfn_t){ 0 }, leave->mapped_pages);
	if (leave->has_p2m_address)
		xen_pv_build(&builder, leave->p2m_address, leave->p2m, leave->p2m_pages);
}

/* By SDM volume 3A, figure 4-8: the last entry for an address, 0 where nothing is mapped. */
static uint64_t walk(const struct xen_pv_leave *leave, const uint64_t *list, uint64_t address)
{
	uint64_t entry = list[leave->tables.v] << 12;

	for (int shift = 39; shift >= 12; shift -= 9) {
		memcpy(&entry, frame_bytes(entry >> 12 & 0xffffffffff) + (address >> shift & 511) * 8, 8);
		if (!(entry & 1))
			return 0;
		/* Present, writable, user, accessed, dirty. */
		PROMISE(shift == 12 || (entry & 0xfff0000000000fff) == 0x67);
	}
	return entry;
}

/* All that a table of some level leads to: pages mapped, and tables, itself included. */
static uint64_t count_mapped(uint64_t frame, int shift, uint64_t *tables)
{
	const uint64_t *entry = (const uint64_t *)frame_bytes(frame);
	uint64_t count = 0;

	++*tables;
	for (unsigned i = 0; i < 512; i++)
		if (entry[i] & 1)
			count += shift == 12 ? 1 : count_mapped(entry[i] >> 12 & 0xffffffffff, shift - 9, tables);
	return count;
}

/* A page is mapped to the frame that has its number, and a table read-only. */
static void check_page(const struct xen_pv_leave *leave, const uint64_t *list, uint64_t address, uint64_t pfn)
{
	bool is_table = pfn >= leave->tables.v && pfn < leave->tables.v + leave->table_count;

	PROMISE(walk(leave, list, address) == (list[pfn] << 12 | (is_table ? 0x21 : 0x23)));
}

static void check_tables(const struct xen_pv_leave *leave, const uint64_t *list)
{
	uint64_t expected = leave->mapped_pages, tables = 0;
	struct range mapping = { leave->virtual_base.v, leave->virtual_base.v + leave->mapped_pages * PAGE_SIZE }, own = { 0, 0 };

	for (uint64_t i = 0; i < leave->mapped_pages; i++)
		check_page(leave, list, leave->virtual_base.v + i * PAGE_SIZE, i);
	if (leave->has_p2m_address) {
		own = (struct range){ leave->p2m_address.v, leave->p2m_address.v + leave->p2m_pages * PAGE_SIZE };
		for (uint64_t i = 0; i < leave->p2m_pages; i++)
			check_page(leave, list, leave->p2m_address.v + i * PAGE_SIZE, leave->p2m.v + i);
		expected += leave->p2m_pages;
	}
	PROMISE(count_mapped(list[leave->tables.v], 39, &tables) == expected && tables <= leave->table_count);
	PROMISE(((uint64_t *)frame_bytes(list[leave->tables.v]))[xen_pv_free_slot(mapping, own)] == 0);
}

/* Reads the kernel's memory as the kernel will. */
static void check_bytes(const struct xen_pv_leave *leave, const uint64_t *list, uint64_t address, const uint8_t *bytes,
			uint64_t size)
{
	static const uint8_t zeros[PAGE_SIZE];
	uint64_t next;

	for (uint64_t end = address + size; address != end; address = next) {
		uint64_t entry = walk(leave, list, address), here;

		next = (address | PAGE_MASK) + 1;
		if (next - address > end - address)
			next = end;
		here = next - address;
		PROMISE(entry & 1);
		PROMISE(memcmp(frame_bytes(entry >> 12 & 0xffffffffff) + (address & PAGE_MASK), bytes ? bytes : zeros, here) == 0);
		bytes = bytes ? bytes + here : NULL;
	}
}

static void check_kernel(const struct xen_pv_leave *leave, const uint64_t *list)
{
	const struct xen_pv_kernel *wants = &payload.xen_pv;
	const struct bsd_symbols *symbols = &wants->symbols;
	const uint8_t *file = payload.kernel.bytes.at;
	uint64_t base = wants->virtual_base.v;

	for (uint32_t i = 0; i < payload.elf.segment_count; i++) {
		const struct elf_segment *segment = &payload.elf.segment[i];
		uint64_t at = base + segment->memory.start - wants->physical_offset;

		check_bytes(leave, list, at, kernel + segment->offset, segment->file_size);
		check_bytes(leave, list, at + segment->file_size, NULL, range_size(segment->memory) - segment->file_size);
	}
	if (!symbols->present)
		return;
	check_bytes(leave, list, base + symbols->memory.start, symbols->head, sizeof(symbols->head));
	check_bytes(leave, list, base + symbols->symbols_at, kernel + (symbols->symbols.at - file), symbols->symbols.size);
	check_bytes(leave, list, base + symbols->strings_at, kernel + (symbols->strings.at - file), symbols->strings.size);
}

/* A page by its number, as the kernel reaches it that maps it itself. */
static void check_pages(const uint64_t *list, uint64_t pfn, const uint8_t *bytes, uint64_t size)
{
	for (uint64_t at = 0; at < size; at += PAGE_SIZE, pfn++) {
		PROMISE(pfn < pages);
		PROMISE(memcmp(frame_bytes(list[pfn]), bytes + at, size - at < PAGE_SIZE ? size - at : PAGE_SIZE) == 0);
	}
}

static void check_start_info(const struct xen_pv_leave *leave, const uint64_t *list, const struct start_info *start)
{
	const struct xen_pv_kernel *wants = &payload.xen_pv;
	uint64_t base = wants->virtual_base.v;

	PROMISE(memcmp(start->magic, given.magic, sizeof(given.magic)) == 0 && start->nr_pages == pages);
	PROMISE(start->shared_info == given.shared_info && start->store_mfn == given.store_mfn);
	PROMISE(start->console.domU.mfn == given.console.domU.mfn);
	PROMISE(((start->flags ^ given.flags) & ~(uint32_t)(SIF_MOD_START_PFN | SIF_MULTIBOOT_MOD)) == 0);
	/* The module is the initrd now, and no list of modules. */
	PROMISE(!(start->flags & SIF_MULTIBOOT_MOD));
	PROMISE(start->pt_base == base + leave->tables.v * PAGE_SIZE && start->nr_pt_frames == leave->table_count);
	PROMISE(strcmp((const char *)start->cmd_line, line) == 0);
	/* Nothing of a longer line stands behind it. */
	for (uint64_t i = strlen(line); i < sizeof(start->cmd_line); i++)
		PROMISE(start->cmd_line[i] == '\0');
	if (wants->has_p2m_address) {
		PROMISE(start->mfn_list == wants->p2m_address.v && start->nr_p2m_frames == leave->p2m_pages);
		check_pages(list, start->first_p2m_pfn, (const uint8_t *)list, pages * 8);
	}
	check_bytes(leave, list, start->mfn_list, (const uint8_t *)list, pages * 8);
	PROMISE(start->mod_len == payload.module[0].image.bytes.size);
	PROMISE(!!(start->flags & SIF_MOD_START_PFN) == (wants->initrd_by_pfn && start->mod_len != 0));
	if (start->flags & SIF_MOD_START_PFN)
		check_pages(list, start->mod_start, initrd, start->mod_len);
	else
		check_bytes(leave, list, start->mod_start, initrd, start->mod_len);
}

/* A ring is found by its frame, and mapped in every domU. */
static void check_ring(const struct xen_pv_leave *leave, const uint64_t *list, uint64_t frame, const uint8_t *bytes)
{
	uint64_t pfn = 0;

	while (pfn < leave->mapped_pages && list[pfn] != frame)
		pfn++;
	PROMISE(pfn < leave->mapped_pages);
	check_bytes(leave, list, leave->virtual_base.v + pfn * PAGE_SIZE, bytes, PAGE_SIZE);
}

static void check_left(const struct xen_pv_leave *leave)
{
	static uint64_t list[MOST_PAGES];
	static uint32_t from[MOST_PAGES];
	uint64_t entry;

	check_frames(leave);
	memcpy(from, leave->from, leave->page_count * sizeof(from[0]));
	leave_machine(leave);
	memcpy(list, p2m(), pages * 8);
	check_relabelled(leave, list, from);
	check_tables(leave, list);
	check_kernel(leave, list);
	entry = walk(leave, list, leave->start_info.v);
	PROMISE((entry & 1) && leave->start_info.v % PAGE_SIZE == 0);
	check_start_info(leave, list, (const struct start_info *)frame_bytes(entry >> 12 & 0xffffffffff));
	check_bytes(leave, list, leave->virtual_base.v + leave->stack.v * PAGE_SIZE, NULL, PAGE_SIZE);
	PROMISE(leave->entry.v == payload.xen_pv.entry.v);
	if (real_control_domain)
		return;
	check_ring(leave, list, given.store_mfn, noise(PAGE_SIZE));
	check_ring(leave, list, given.console.domU.mfn, noise(2 * PAGE_SIZE));
}

/* Any numbers at all, also such as no layout has. */
static void relabel_anything(void)
{
	uint64_t list[64], before[64], count = 1 + below(&c, 64), most = 1 + below(&c, count);
	uint32_t from[64];

	for (uint64_t i = 0; i < count; i++) {
		list[i] = before[i] = any(&c) >> 24;
		from[i] = (uint32_t)i;
	}
	for (uint64_t i = 0; i < count; i++) {
		uint64_t other = below(&c, count);
		uint32_t number = from[i];

		from[i] = from[other];
		from[other] = number;
	}
	xen_pv_relabel(list, from, most);
	for (uint64_t i = 0; i < most; i++)
		PROMISE(list[i] == before[from[i]]);
	/* No frame is lost: the sums are equal, and those of the squares. */
	for (uint64_t i = 0, sum = 0, squares = 0; i <= count; i++) {
		PROMISE(i < count || (sum == 0 && squares == 0));
		sum += i < count ? list[i] - before[i] : 0;
		squares += i < count ? list[i] * list[i] - before[i] * before[i] : 0;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error error;

	c = choices_of(span(data, size));
	relabel_anything();
	if (!make_scene())
		return 0;
	error = handover_prepare(&info, &payload, line, &handover);
	if (failed(error)) {
		PROMISE(error.code == ERROR_PLACE_XEN_PV || error.code == ERROR_ELF_PV_NOTE || error.code == ERROR_PLACE_HANDOVER);
		return 0;
	}
	PROMISE(handover.mode == LEAVE_XEN_PV);
	check_left(&handover.xen_pv);
	return 0;
}
