/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hand-over to a Xen PV kernel: its pages are filled where they are, and start_info (Xen public header xen.h) says where
 * they will be.
 */
#include <core/machine.h>
#include <shim/handover/handover.h>
#include <shim/memory/work_memory.h>
#include <shim/memory/memory_map.h>

#include <string.h>
#include <xen/xen.h>

/* More that is present: rings, what the shim works with, and the list of frames, which has 4 bytes a page. */
#define PRESENT_MORE (4 * MIB)

static void *page_at(const uint32_t *from, uint64_t pfn)
{
	return (void *)((uint64_t)from[pfn] * PAGE_SIZE);
}

static struct error reach_page(const void *page)
{
	uint64_t start = (uint64_t)page;

	if (!machine_reach((struct range){ start, start + PAGE_SIZE }))
		return error_make(ERROR_REACH, NULL, 0, start);
	return error_none();
}

/* True when the frame of a page of the kernel is one of the file, and so needs no copy. */
static bool is_in_place(const struct payload *payload, const void *page)
{
	uint64_t start = (uint64_t)page;

	return start >= payload->kernel.start && start < payload->kernel.start + payload->kernel.bytes.size;
}

static struct error clear_segment(const struct payload *payload, struct range memory, const uint32_t *from)
{
	for (uint64_t at = round_down(memory.start, PAGE_SIZE); at < memory.end; at += PAGE_SIZE) {
		void *page = page_at(from, at / PAGE_SIZE);

		if (is_in_place(payload, page))
			continue;
		TRY(reach_page(page));
		memset(page, 0, PAGE_SIZE);
	}
	return error_none();
}

/* Copies bytes to an address of the kernel, but for what lies in pages of the file. */
static void copy_bytes(const struct payload *payload, uint64_t start, struct span bytes, const uint32_t *from)
{
	uint64_t end = start + bytes.size, next;

	for (uint64_t at = start; at < end; at = next) {
		uint8_t *page = page_at(from, at / PAGE_SIZE);

		next = round_down(at, PAGE_SIZE) + PAGE_SIZE;
		if (next > end)
			next = end;
		if (!is_in_place(payload, page))
			memcpy(page + (at & PAGE_MASK), bytes.at + (at - start), next - at);
	}
}

/* What a BSD kernel wants behind itself. */
static void copy_symbols(const struct payload *payload, const uint32_t *from)
{
	const struct bsd_symbols *symbols = &payload->xen_pv.symbols;

	if (!symbols->present)
		return;
	copy_bytes(payload, symbols->memory.start, span(symbols->head, sizeof(symbols->head)), from);
	copy_bytes(payload, symbols->symbols_at, symbols->symbols, from);
	copy_bytes(payload, symbols->strings_at, symbols->strings, from);
}

/* All pages are cleared before any is filled: two segments may share one. */
static struct error fill_kernel(const struct payload *payload, const uint32_t *from)
{
	const struct elf_image *elf = &payload->elf;

	for (uint32_t i = 0; i < elf->segment_count; i++)
		TRY(clear_segment(payload, xen_pv_segment(&payload->xen_pv, &elf->segment[i]), from));
	TRY(clear_segment(payload, payload->xen_pv.symbols.memory, from));
	for (uint32_t i = 0; i < elf->segment_count; i++) {
		const struct elf_segment *segment = &elf->segment[i];
		uint64_t start = xen_pv_segment(&payload->xen_pv, segment).start;

		copy_bytes(payload, start, span(payload->kernel.bytes.at + segment->offset, segment->file_size), from);
	}
	copy_symbols(payload, from);
	return error_none();
}

static uint64_t address_of(const struct xen_pv_kernel *kernel, pfn_t pfn)
{
	return kernel->virtual_base.v + pfn.v * PAGE_SIZE;
}

/* Whatever is not named here stays as Xen wrote it: flags, shared_info, rings by machine frame, the screen of dom0. */
static void fill_start_info(const void *old, const struct payload *payload, const struct xen_pv_layout *layout,
			    const char *cmdline, void *page)
{
	const struct xen_pv_kernel *kernel = &payload->xen_pv;
	struct start_info *start = page;

	memcpy(page, old, PAGE_SIZE);
	start->pt_base = address_of(kernel, layout->tables);
	start->nr_pt_frames = layout->table_count;
	start->mfn_list = kernel->has_p2m_address ? kernel->p2m_address.v : address_of(kernel, layout->p2m);
	start->first_p2m_pfn = kernel->has_p2m_address ? layout->p2m.v : 0;
	start->nr_p2m_frames = kernel->has_p2m_address ? layout->p2m_pages : 0;
	start->flags &= ~(uint32_t)(SIF_MOD_START_PFN | SIF_MULTIBOOT_MOD);
	start->mod_start = 0;
	start->mod_len = payload->module[0].image.bytes.size;
	if (start->mod_len != 0)
		start->mod_start = kernel->initrd_by_pfn ? layout->initrd.v : address_of(kernel, layout->initrd);
	if (start->mod_len != 0 && kernel->initrd_by_pfn)
		start->flags |= SIF_MOD_START_PFN;
	memset(start->cmd_line, 0, sizeof(start->cmd_line));
	memcpy(start->cmd_line, cmdline, strlen(cmdline));
}

/*
 * An initrd is handed on as whole pages, so one inside a page slides down to its beginning.  What it slides over is no
 * longer needed: the container's headers, or the end of a kernel that has been copied, as no page of it was whole.
 */
static void align_initrd(struct image *initrd)
{
	uint64_t start = round_down(initrd->start, PAGE_SIZE);

	if (initrd->start == start)
		return;
	memmove((void *)start, initrd->bytes.at, initrd->bytes.size);
	initrd->bytes.at = (const uint8_t *)start;
	initrd->start = start;
}

/* Memory of the shim's for the list of frames, whole pages out of what may become pages of the kernel. */
static struct error take_list(struct free_memory *memory, uint64_t count, uint32_t **from)
{
	uint64_t size = (count * sizeof(**from) + PAGE_MASK) & ~PAGE_MASK;
	struct range list;

	TRY(room_take(memory, size, ROOM_HIGHEST, ERROR_PLACE_HANDOVER, &list));
	*from = (uint32_t *)list.start;
	return error_none();
}

/* From the first byte of its first page. */
static struct range whole_pages(struct image image)
{
	return (struct range){ round_down(image.start, PAGE_SIZE), image.start + image.bytes.size };
}

static struct xen_pv_request request_of(const struct boot_info *info, const struct payload *payload)
{
	const struct start_info *start = info->xen_pv.start_info;

	return (struct xen_pv_request){
		.kernel = &payload->xen_pv,
		.pages = start->nr_pages,
		.initrd_size = payload->module[0].image.bytes.size,
		.has_store = info->xen_pv.store.v != 0,
		.has_console = info->xen_pv.console.v != 0,
	};
}

struct error xen_pv_try(const struct boot_info *info, const struct payload *payload)
{
	const struct start_info *start = info->xen_pv.start_info;
	struct xen_pv_request request = request_of(info, payload);
	uint64_t present = range_size(info->shim) + payload->kernel.bytes.size + payload->module[0].image.bytes.size + PRESENT_MORE;
	struct xen_pv_layout layout;

	TRY(xen_pv_layout_make(&request, &layout));
	present = present / PAGE_SIZE + start->nr_pt_frames + layout.p2m_pages;
	if (layout.page_count + present > start->nr_pages)
		return error_make(ERROR_PLACE_XEN_PV, NULL, (layout.page_count + present) * (PAGE_SIZE / KIB),
				  start->nr_pages * (PAGE_SIZE / KIB));
	return error_none();
}

struct error xen_pv_prepare(const struct boot_info *info, struct payload *payload, const char *cmdline,
			    struct xen_pv_leave *leave)
{
	const struct start_info *start = info->xen_pv.start_info;
	const struct xen_pv_kernel *kernel = &payload->xen_pv;
	struct free_memory room = { .memory = &info->memory, .limits = { 0, UINT64_MAX } };
	struct xen_pv_request request = request_of(info, payload);
	struct xen_pv_layout layout;
	uint32_t *from;

	TRY(xen_pv_check_domain(kernel, machine_is_control_domain(info)));
	TRY(xen_pv_layout_make(&request, &layout));
	free_memory_take(&room, info->shim);
	free_memory_take(&room, whole_pages(payload->kernel));
	free_memory_take(&room, whole_pages(payload->module[0].image));
	TRY(take_list(&room, layout.page_count, &from));
	struct xen_pv_now now = {
		.elf = &payload->elf,
		.elf_start = payload->kernel.start,
		.initrd_start = round_down(payload->module[0].image.start, PAGE_SIZE),
		.p2m_start = start->mfn_list,
		.store = info->xen_pv.store,
		.console = info->xen_pv.console,
		.pages = start->nr_pages,
		.room = &room,
	};
	TRY(xen_pv_frames(kernel, &layout, &now, from));
	TRY(fill_kernel(payload, from));
	align_initrd(&payload->module[0].image);
	TRY(reach_page(page_at(from, layout.start_info.v)));
	fill_start_info(start, payload, &layout, cmdline, page_at(from, layout.start_info.v));
	*leave = (struct xen_pv_leave){
		.from = from,
		.page_count = layout.page_count,
		.virtual_base = kernel->virtual_base,
		.mapped_pages = layout.mapped_pages,
		.p2m = layout.p2m,
		.p2m_pages = layout.p2m_pages,
		.has_p2m_address = kernel->has_p2m_address,
		.p2m_address = kernel->p2m_address,
		.has_hypercall_page = kernel->has_hypercall_page,
		.hypercall_page = kernel->hypercall_page,
		.tables = layout.tables,
		.table_count = layout.table_count,
		.stack = layout.stack,
		.start_info = va(address_of(kernel, layout.start_info)),
		.entry = kernel->entry,
	};
	return error_none();
}
