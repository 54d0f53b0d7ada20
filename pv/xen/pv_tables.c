/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <core/check.h>
#include <pv/xen/pte.h>
#include <pv/xen/pv_tables.h>

#include <stddef.h>

/* Frame numbers have at most 40 bits (SDM volume 3A, section 4.1.4), so an entry of the list has room for two marks. */
#define WANTED  (UINT64_C(1) << 63)
#define SETTLED (UINT64_C(1) << 62)
#define MARKS   (WANTED | SETTLED)

/*
 * Follows one chain of numbers, each of which gets the frame of the next, from `first` to its end: a number that no
 * frame is given to any more, or `first` again.  That one gets the frame that `first` had.
 */
static void settle_chain(uint64_t *p2m, const uint32_t *from, uint64_t count, uint64_t first)
{
	uint64_t displaced = p2m[first], at = first;

	while (at < count && from[at] != first) {
		p2m[at] = (p2m[from[at]] & ~MARKS) | SETTLED;
		at = from[at];
	}
	p2m[at] = (displaced & ~MARKS) | SETTLED;
}

void xen_pv_relabel(uint64_t *p2m, const uint32_t *from, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		p2m[from[i]] |= WANTED;
	/* First the chains that have a beginning: a number whose frame nobody wants.  What they leave are circles. */
	for (uint64_t i = 0; i < count; i++)
		if (!(p2m[i] & MARKS))
			settle_chain(p2m, from, count, i);
	for (uint64_t i = 0; i < count; i++)
		if (!(p2m[i] & SETTLED))
			settle_chain(p2m, from, count, i);
	for (uint64_t i = 0; i < count; i++) {
		p2m[i] &= ~MARKS;
		p2m[from[i]] &= ~MARKS;
	}
}

/* A mapping of 512 GiB that begins and ends inside a slot reaches into three, its list of a gigabyte into two. */
#define LAST_SLOT 255
#define CANDIDATES 6

static bool uses_slot(struct range range, unsigned slot)
{
	return !range_empty(range) && XEN_PTE_INDEX(range.start, 3) <= slot && slot <= XEN_PTE_INDEX(range.end - 1, 3);
}

unsigned xen_pv_free_slot(struct range mapping, struct range p2m)
{
	unsigned slot = LAST_SLOT;

	while (uses_slot(mapping, slot) || uses_slot(p2m, slot))
		slot--;
	CHECK(slot > LAST_SLOT - CANDIDATES);
	return slot;
}

/* The table that the entry for an address points to, made when there is none. */
static uint64_t next_table(struct xen_pv_builder *builder, uint64_t table, uint64_t address, unsigned level)
{
	uint64_t *entry = &builder->table(builder->context, table)[XEN_PTE_INDEX(address, level)];
	uint64_t index;

	if (!(*entry & XEN_PTE_PRESENT)) {
		CHECK(builder->used < builder->count);
		index = builder->used++;
		*entry = builder->p2m[builder->first.v + index] << PAGE_SHIFT | XEN_PTE_TABLE;
		return index;
	}
	/* From the newest on: addresses ascend, so it is one of the last that were made. */
	for (index = builder->used - 1; index > 0; index--)
		if (builder->p2m[builder->first.v + index] == (*entry & XEN_PTE_FRAME) >> PAGE_SHIFT)
			break;
	CHECK(index > 0);
	return index;
}

void xen_pv_build(struct xen_pv_builder *builder, va_t address, pfn_t pfn, uint64_t pages)
{
	uint64_t tables_end = builder->first.v + builder->count, *table = NULL;

	if (builder->used == 0)
		builder->used = 1;
	for (uint64_t i = 0; i < pages; i++) {
		uint64_t at = address.v + i * PAGE_SIZE, page = pfn.v + i, rights = XEN_PTE_PAGE;

		if (!table || XEN_PTE_INDEX(at, 0) == 0) {
			uint64_t index = next_table(builder, 0, at, 3);

			index = next_table(builder, index, at, 2);
			table = builder->table(builder->context, next_table(builder, index, at, 1));
		}
		if (page >= builder->first.v && page < tables_end)
			rights &= ~XEN_PTE_WRITE;
		table[XEN_PTE_INDEX(at, 0)] = builder->p2m[page] << PAGE_SHIFT | rights;
	}
}
