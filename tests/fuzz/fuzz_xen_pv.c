/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hand-over to a Xen PV kernel, on real memory: a made-up domain with a kernel of noise in it.  Its pages get their places
 * and their numbers (place_xen_pv.c, xen_pv.c), the list is relabelled and the tables are built (pv_tables.c); then a walker
 * that knows only the CPU's tables and the machine's frames looks for everything where start_info and the notes say it is.
 */
#include <string.h>

#include <pv/xen/pv_tables.h>
#include <shim/handover/handover.h>
#include <shim/memory/memory_map.h>
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
static struct handover handover;
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

static struct image put_at(uint64_t address, const uint8_t *bytes, uint64_t size)
{
	memcpy(real(address), bytes, size);
	return (struct image){ span(real(address), size), address };
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
	PROMISE(start->pt_base == base + leave->tables.v * PAGE_SIZE && start->nr_pt_frames == leave->table_count);
	PROMISE(strcmp((const char *)start->cmd_line, line) == 0);
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
