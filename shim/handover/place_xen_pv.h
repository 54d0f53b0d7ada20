/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * place_xen_pv.c: where everything goes in a Xen PV guest.  Pure functions.
 *
 * Nothing is moved there: a machine frame that holds a page already gets the pfn at which the kernel expects that page.
 * So the layout is in pfns, from 0 on, in the order of the start-of-day layout of xen.h, as a domain builder would have
 * made it, and for each of its pages it is decided which frame that will be.
 */
#ifndef LULL_SHIM_HANDOVER_PLACE_XEN_PV_H
#define LULL_SHIM_HANDOVER_PLACE_XEN_PV_H

#include <shim/memory/free_memory.h>
#include <shim/payload/xen_pv.h>

struct xen_pv_layout {
	/* The initrd, mapped or not. */
	pfn_t initrd;
	uint64_t initrd_pages;
	pfn_t p2m;
	uint64_t p2m_pages;
	pfn_t start_info;
	/* Rings of a domU; 0 for one that there is not. */
	pfn_t store, console;
	pfn_t tables;
	uint64_t table_count;
	pfn_t stack;
	/* Pages from pfn 0 that are mapped at the kernel's virtual base, the slack behind the stack included. */
	uint64_t mapped_pages;
	/* All of the layout: each of these pfns gets a frame. */
	uint64_t page_count;
};

struct xen_pv_request {
	const struct xen_pv_kernel *kernel;
	uint64_t initrd_size;
	/* The domain's pages (start_info.nr_pages). */
	uint64_t pages;
	/* False for dom0, and where the domain's builder made none. */
	bool has_store, has_console;
};

/*
 * Computes the layout.  Errors: PLACE_XEN_PV (expected and found are KiB), ELF_PV_NOTE (no room for it in the address
 * space).
 */
struct error xen_pv_layout_make(const struct xen_pv_request *request, struct xen_pv_layout *out);

/* Where the pages are now, all addresses page aligned. */
struct xen_pv_now {
	/* The ELF file. */
	const struct elf_image *elf;
	uint64_t elf_start;
	uint64_t initrd_start;
	uint64_t p2m_start;
	pfn_t store, console;
	/* The domain's pages. */
	uint64_t pages;
	/* Memory whose pages may become any page: none of the above, nothing that runs or is read until the end. */
	const struct free_memory *room;
};

/*
 * Fills `from`, page_count long: for each pfn of the layout, the pfn that its frame has now.  A page of the kernel that
 * the file holds whole, at the same offset in its page, is that page of the file; every other is fresh, and keeps its
 * number where it can.  Errors: PLACE_XEN_PV, when there are not enough free pages.
 */
struct error xen_pv_frames(const struct xen_pv_kernel *kernel, const struct xen_pv_layout *layout,
			   const struct xen_pv_now *now, uint32_t *from);

#endif
