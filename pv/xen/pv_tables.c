/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <core/check.h>
#include <pv/xen/pte.h>
#include <pv/xen/pv_tables.h>

#include <stddef.h>

void xen_pv_relabel(uint64_t *p2m, const uint32_t *from, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		uint64_t source = from[i], frame;

		/* A number that was given away already: its frame went where the frame of that one came from. */
		while (source < i)
			source = from[source];
		frame = p2m[source];
		p2m[source] = p2m[i];
		p2m[i] = frame;
	}
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
	for (index = 1; index < builder->used; index++)
		if (builder->p2m[builder->first.v + index] == (*entry & XEN_PTE_FRAME) >> PAGE_SHIFT)
			break;
	CHECK(index < builder->used);
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
