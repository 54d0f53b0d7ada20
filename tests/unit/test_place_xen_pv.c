/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <shim/handover/place_xen_pv.h>

#define PAGES  UINT64_C(0x8000)
#define MODULE UINT64_C(0x2000000)

/* A kernel of three segments: one of whole pages, one inside its pages, one all bss. */
static const struct elf_image elf = {
	.segment_count = 3,
	.segment = {
		{ .offset = 0x1000, .file_size = 0x3000, .memory = { 0x100000, 0x103000 } },
		{ .offset = 0x5800, .file_size = 0x2400, .memory = { 0x104800, 0x108000 } },
		{ .offset = 0x8000, .file_size = 0, .memory = { 0x109000, 0x10b000 } },
	},
};

static const struct xen_pv_kernel low = { .image = { 0x100000, 0x10b000 } };
static const struct xen_pv_kernel high = {
	.virtual_base = { 0xffffffff80000000 }, .image = { 0x100000, 0x10b000 },
	.has_p2m_address = true, .p2m_address = { 0x8000000000 }, .initrd_by_pfn = true,
};

static struct error make(const struct xen_pv_kernel *kernel, bool rings, uint64_t initrd, uint64_t pages,
			 struct xen_pv_layout *out)
{
	struct xen_pv_request request = { kernel, initrd, pages, rings, rings };

	return xen_pv_layout_make(&request, out);
}

/* xen.h, start-of-day layout: one behind the other, then slack to an end that is a multiple of 4 MiB. */
static void everything_mapped(void **state)
{
	struct xen_pv_layout layout;

	(void)state;
	assert_fine(make(&low, true, 0x2001, PAGES, &layout));
	assert_int_equal(layout.initrd.v, 0x10b);
	assert_int_equal(layout.initrd_pages, 3);
	assert_int_equal(layout.p2m.v, 0x10e);
	assert_int_equal(layout.p2m_pages, 64);
	assert_int_equal(layout.start_info.v, 0x14e);
	assert_int_equal(layout.store.v, 0x14f);
	assert_int_equal(layout.console.v, 0x150);
	assert_int_equal(layout.tables.v, 0x151);
	/* Two of pages and one of each other level map 4 MiB. */
	assert_int_equal(layout.table_count, 5);
	assert_int_equal(layout.stack.v, 0x156);
	assert_int_equal(layout.mapped_pages, 0x400);
	assert_int_equal(layout.page_count, 0x400);
}

/* The list at address 0, which is an address like another: one table of each level more. */
static void list_at_0(void **state)
{
	struct xen_pv_kernel kernel = high;
	struct xen_pv_layout layout, other;

	(void)state;
	kernel.p2m_address = va(0);
	assert_fine(make(&kernel, false, 0x2000, PAGES, &layout));
	assert_fine(make(&high, false, 0x2000, PAGES, &other));
	assert_memory_equal(&layout, &other, sizeof(layout));
}

static void list_and_initrd_apart(void **state)
{
	struct xen_pv_layout layout;

	(void)state;
	assert_fine(make(&high, false, 0x2000, PAGES, &layout));
	assert_int_equal(layout.start_info.v, 0x10b);
	assert_int_equal(layout.store.v, 0);
	assert_int_equal(layout.tables.v, 0x10c);
	/* The list takes one more of each level but the top one. */
	assert_int_equal(layout.table_count, 8);
	assert_int_equal(layout.mapped_pages, 0x400);
	assert_int_equal(layout.p2m.v, 0x400);
	assert_int_equal(layout.initrd.v, 0x440);
	assert_int_equal(layout.page_count, 0x442);
}

/* A domain whose builder made only one of the two rings. */
static void one_ring(void **state)
{
	struct xen_pv_request request = { &low, 0, PAGES, false, true };
	struct xen_pv_layout layout;

	(void)state;
	assert_fine(xen_pv_layout_make(&request, &layout));
	assert_int_equal(layout.store.v, 0);
	assert_int_equal(layout.console.v, layout.start_info.v + 1);
	assert_int_equal(layout.tables.v, layout.console.v + 1);
	request.has_store = true;
	request.has_console = false;
	assert_fine(xen_pv_layout_make(&request, &layout));
	assert_int_equal(layout.store.v, layout.start_info.v + 1);
	assert_int_equal(layout.console.v, 0);
	assert_int_equal(layout.tables.v, layout.store.v + 1);
}

/* 512 KiB of slack are promised, if need be by 4 MiB more; and tables can need a table. */
static void slack_and_tables(void **state)
{
	struct xen_pv_kernel kernel = low;
	struct xen_pv_layout layout;

	(void)state;
	for (uint64_t end = 0x320000; end < 0x400000; end += PAGE_SIZE) {
		kernel.image.end = end;
		assert_fine(make(&kernel, false, 0, PAGES, &layout));
		assert_true(layout.mapped_pages - layout.stack.v - 1 >= 128);
		assert_int_equal(layout.mapped_pages % 1024, 0);
		assert_true(layout.mapped_pages - layout.stack.v - 1 < 128 + 1024);
		assert_int_equal(layout.table_count, 3 + layout.mapped_pages / 512);
	}
	/* A list that shares tables with the mapping of the kernel. */
	kernel = high;
	kernel.virtual_base = va(0);
	kernel.p2m_address = va(0x400000);
	assert_fine(make(&kernel, false, 0, PAGES, &layout));
	assert_int_equal(layout.table_count, 6);
	kernel.virtual_base = va(0x40000000);
	kernel.p2m_address = va(0x7ffff000);
	assert_fine(make(&kernel, false, 0, PAGES, &layout));
	assert_int_equal(layout.table_count, 8);
	/* One that ends with a table takes none behind it. */
	kernel.p2m_address = va(0x7fe00000);
	assert_fine(make(&kernel, false, 0, 512 * 512, &layout));
	assert_int_equal(layout.p2m_pages, 512);
	assert_int_equal(layout.table_count, 6);
	kernel.p2m_address = va(0x3ffff000);
	assert_error(make(&kernel, false, 0, PAGES, &layout), ERROR_ELF_PV_NOTE);
}

static void no_room(void **state)
{
	struct xen_pv_kernel kernel = high;
	struct xen_pv_layout layout;
	struct error error;

	(void)state;
	error = make(&high, false, 0x2000, 0x401, &layout);
	assert_int_equal(error.code, ERROR_PLACE_XEN_PV);
	assert_int_equal(error.expected, (0x400 + 3 + 2) * 4);
	assert_int_equal(error.found, 0x401 * 4);
	assert_error(make(&high, false, 0x2000, 0x404, &layout), ERROR_PLACE_XEN_PV);
	assert_fine(make(&high, false, 0x2000, 0x405, &layout));
	assert_error(make(&high, false, 0, 0x10a, &layout), ERROR_PLACE_XEN_PV);
	kernel.p2m_address = va(0xfffffffffffff000);
	assert_error(make(&kernel, false, 0, PAGES, &layout), ERROR_ELF_PV_NOTE);
	/* The part that Xen keeps begins behind the hole between the halves; 64 pages of list do not fit before it. */
	kernel.p2m_address = va(0x00007ffffffff000);
	assert_error(make(&kernel, false, 0, PAGES, &layout), ERROR_ELF_PV_NOTE);
	kernel = high;
	/* This mapping just ends in time; one of a kernel that is larger does not. */
	kernel.virtual_base = va(0x00007fffffe00000);
	assert_fine(make(&kernel, false, 0, PAGES, &layout));
	kernel.image.end = 0x1f0000;
	assert_error(make(&kernel, false, 0, PAGES, &layout), ERROR_ELF_PV_NOTE);
	kernel.virtual_base = va(0xffffffffffe00000);
	assert_error(make(&kernel, false, 0, PAGES, &layout), ERROR_ELF_PV_NOTE);
	kernel.virtual_base = va(0xffffffffffc00000);
	assert_error(make(&kernel, false, 0, PAGES, &layout), ERROR_ELF_PV_NOTE);
	kernel.virtual_base = va(0xfffffffffff80000);
	assert_error(make(&kernel, false, 0, PAGES, &layout), ERROR_ELF_PV_NOTE);
}

static struct memory_map memory;

static struct free_memory free_but(struct range first, struct range second)
{
	struct free_memory room = { .memory = &memory, .limits = { 0, UINT64_MAX } };

	free_memory_take(&room, first);
	free_memory_take(&room, second);
	return room;
}

/* No frame twice, and the fresh ones from where they are free. */
static void check_frames(const struct xen_pv_layout *layout, const uint32_t *from, uint64_t pages)
{
	bool *seen = calloc(pages, sizeof(*seen));

	for (uint64_t i = 0; i < layout->page_count; i++) {
		assert_true(from[i] < pages);
		assert_false(seen[from[i]]);
		seen[from[i]] = true;
	}
	free(seen);
}

static struct error last_error;

static uint32_t *frames(const struct xen_pv_kernel *kernel, const struct elf_image *image, struct xen_pv_layout *layout,
			uint64_t start, enum error_code wanted)
{
	struct free_memory room = free_but((struct range){ 0x100000, 0x180000 },
					   (struct range){ MODULE, MODULE + 0x100000 });
	struct xen_pv_now now = {
		.elf = image, .elf_start = start, .initrd_start = MODULE + 0x40000, .p2m_start = MODULE + 0x80000,
		.store = { (MODULE + 0xc0000) / PAGE_SIZE }, .console = { (MODULE + 0xc1000) / PAGE_SIZE }, .pages = PAGES, .room = &room,
	};
	uint32_t *from = malloc(layout->page_count * sizeof(*from));
	struct error error = xen_pv_frames(kernel, layout, &now, from);

	assert_error(error, wanted);
	last_error = error;
	return from;
}

static void frames_of_a_kernel(void **state)
{
	struct xen_pv_layout layout;
	uint32_t *from;

	(void)state;
	memory = (struct memory_map){ .count = 1, .region = { { 0, PAGES * PAGE_SIZE, REGION_RAM } } };
	assert_fine(make(&low, true, 0x2001, PAGES, &layout));
	from = frames(&low, &elf, &layout, MODULE, ERROR_NONE);
	check_frames(&layout, from, PAGES);
	/* Whole pages are the file's own; the second segment begins and ends inside a page. */
	assert_int_equal(from[0x100], MODULE / PAGE_SIZE + 1);
	assert_int_equal(from[0x102], MODULE / PAGE_SIZE + 3);
	assert_int_equal(from[0x105], MODULE / PAGE_SIZE + 6);
	assert_true(from[0x104] < MODULE / PAGE_SIZE || from[0x104] >= (MODULE + 0x100000) / PAGE_SIZE);
	assert_true(from[0x106] < MODULE / PAGE_SIZE || from[0x106] >= (MODULE + 0x100000) / PAGE_SIZE);
	assert_int_equal(from[0x10b], (MODULE + 0x40000) / PAGE_SIZE);
	assert_int_equal(from[layout.p2m.v + 63], (MODULE + 0x80000) / PAGE_SIZE + 63);
	assert_int_equal(from[layout.store.v], (MODULE + 0xc0000) / PAGE_SIZE);
	assert_int_equal(from[layout.console.v], (MODULE + 0xc1000) / PAGE_SIZE);
	/* What is free keeps its number, but for page 0, which nobody could fill: it ends the slack. */
	assert_int_equal(from[1], 1);
	assert_int_equal(from[0x3fe], 0x3fe);
	assert_int_equal(from[0x3ff], 0);
	assert_int_not_equal(from[0], 0);
	free(from);
}

/* Where page 0 is not free, there is nothing to set aside. */
static void page_0_taken(void **state)
{
	struct xen_pv_layout layout;
	uint32_t *from;

	(void)state;
	assert_fine(make(&low, true, 0x2001, PAGES, &layout));
	memory = (struct memory_map){ .count = 2, .region = { { 0, PAGE_SIZE, REGION_RESERVED },
							  { PAGE_SIZE, (PAGES - 1) * PAGE_SIZE, REGION_RAM } } };
	from = frames(&low, &elf, &layout, MODULE, ERROR_NONE);
	check_frames(&layout, from, PAGES);
	for (uint64_t i = 0; i < layout.page_count; i++)
		assert_int_not_equal(from[i], 0);
	assert_int_equal(from[0x3ff], 0x3ff);
	free(from);
	/* Half a page is none. */
	memory.region[0] = (struct region){ 0, PAGE_SIZE / 2, REGION_RAM };
	from = frames(&low, &elf, &layout, MODULE, ERROR_NONE);
	for (uint64_t i = 0; i < layout.page_count; i++)
		assert_int_not_equal(from[i], 0);
	free(from);
	/* Nor is there anything where no memory is free. */
	memory = (struct memory_map){ .count = 1, .region = { { 0, PAGES * PAGE_SIZE, REGION_RESERVED } } };
	free(frames(&low, &elf, &layout, MODULE, ERROR_PLACE_XEN_PV));
}

/* A file at an odd address, and one whose segments are the same bytes: no page is taken twice, and copies are made. */
static void nothing_to_take(void **state)
{
	struct elf_image shared = elf;
	struct xen_pv_layout layout;
	uint32_t *from;

	(void)state;
	memory = (struct memory_map){ .count = 1, .region = { { 0, PAGES * PAGE_SIZE, REGION_RAM } } };
	assert_fine(make(&high, false, 0, PAGES, &layout));
	from = frames(&high, &elf, &layout, MODULE + 0x200, ERROR_NONE);
	check_frames(&layout, from, PAGES);
	for (unsigned i = 0x100; i < 0x10b; i++)
		assert_true(from[i] < MODULE / PAGE_SIZE || from[i] >= (MODULE + 0x100000) / PAGE_SIZE);
	free(from);

	shared.segment[1] = (struct elf_segment){ .offset = 0x2000, .file_size = 0x1000, .memory = { 0x104000, 0x105000 } };
	from = frames(&high, &shared, &layout, MODULE, ERROR_NONE);
	check_frames(&layout, from, PAGES);
	assert_int_equal(from[0x101], MODULE / PAGE_SIZE + 2);
	free(from);
}

static void not_enough_frames(void **state)
{
	struct xen_pv_layout layout;

	(void)state;
	memory = (struct memory_map){ .count = 1, .region = { { 0, 0x400000, REGION_RAM } } };
	assert_fine(make(&high, false, 0, PAGES, &layout));
	free(frames(&high, &elf, &layout, MODULE, ERROR_PLACE_XEN_PV));
	/* Exactly as many as are needed. */
	memory = (struct memory_map){ .count = 1, .region = { { 0, 0x400000 + 128 * PAGE_SIZE - 4 * PAGE_SIZE, REGION_RAM } } };
	free(frames(&high, &elf, &layout, MODULE, ERROR_NONE));
	memory.region[0].size -= PAGE_SIZE;
	free(frames(&high, &elf, &layout, MODULE, ERROR_PLACE_XEN_PV));
	/* In KiB of the whole domain: one page more than it has. */
	assert_int_equal(last_error.expected, PAGES * 4 + 4);
	assert_int_equal(last_error.found, PAGES * 4);
}

int main(void)
{
	return RUN_TESTS("place_xen_pv", everything_mapped, list_at_0, list_and_initrd_apart, one_ring,
			 slack_and_tables, no_room, frames_of_a_kernel, page_0_taken, nothing_to_take,
			 not_enough_frames);
}
