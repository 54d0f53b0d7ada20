/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pv_tables.c: numbers that a Xen PV guest leaves with: the P2M list and the page tables of the next kernel.  Pure,
 * but for the memory that they are given.
 */
#ifndef LULL_PV_XEN_PV_TABLES_H
#define LULL_PV_XEN_PV_TABLES_H

#include <core/addr.h>

/*
 * Gives pfn i, for each i below `count`, the frame that pfn from[i] has, by swaps: every frame keeps some number.  All
 * of `from` differ, and are below the length of the list.
 */
void xen_pv_relabel(uint64_t *p2m, const uint32_t *from, uint64_t count);

/*
 * Finds a slot of the top table that neither of two ranges of addresses uses: the initial mapping, of little more than
 * 512 GiB at most, and the mapping of its P2M list, which may be empty.  Looks from the highest slot of the lower half down.
 */
unsigned xen_pv_free_slot(struct range mapping, struct range p2m);

struct xen_pv_builder {
	/* By then the list of the next kernel. */
	const uint64_t *p2m;
	/* Pages for tables, zeroed; the first is the top one.  They are mapped read-only. */
	pfn_t first;
	uint64_t count;
	uint64_t used;
	/* Where table number `index` of them can be written. */
	uint64_t *(*table)(const void *context, uint64_t index);
	const void *context;
};

/*
 * Maps `pages` pages from `pfn` on at `address`.  CHECKs that there are tables enough: place_xen_pv.c counted them.
 */
void xen_pv_build(struct xen_pv_builder *builder, va_t address, pfn_t pfn, uint64_t pages);

#endif
