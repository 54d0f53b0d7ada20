/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which frame is where: the list that came with start_info, held against Xen's own table of the opposite direction.
 */
#include "pv.h"

#include <xen/memory.h>

static volatile uint64_t *list(void) { return (volatile uint64_t *)info.mfn_list; }

uint64_t frame_of(uint64_t pfn) { return pfn < info.nr_pages ? list()[pfn] : NO_PAGE; }

uint64_t page_of(uint64_t mfn)
{
	static uint64_t last;

	if (last == 0)
		last = (uint64_t)hypercall2(__HYPERVISOR_memory_op, XENMEM_maximum_ram_page, 0);
	return mfn <= last ? ((const volatile uint64_t *)MACH2PHYS_VIRT_START)[mfn] : NO_PAGE;
}

static void swap_last_two(void)
{
	uint64_t kept = list()[info.nr_pages - 1];

	list()[info.nr_pages - 1] = list()[info.nr_pages - 2];
	list()[info.nr_pages - 2] = kept;
}

/* No frame can be in the list twice when each leads back. */
void check_p2m(void)
{
	long reservation = hypercall2(__HYPERVISOR_memory_op, XENMEM_current_reservation, (uintptr_t)&(domid_t){ DOMID_SELF });
	uint64_t bad = 0, first = 0;

	if (fault("p2m"))
		swap_last_two();
	for (uint64_t pfn = 0; pfn < info.nr_pages; pfn++)
		if (page_of(frame_of(pfn)) != pfn)
			first = bad++ ? first : pfn;
	fact("p2m %llx pages, reservation %llx", info.nr_pages, (uint64_t)reservation);
	if (bad)
		wrong("the P2M list and Xen's M2P table do not agree: %llx pages, first %llx", bad, first);
	if ((uint64_t)reservation != info.nr_pages || fault("reservation"))
		wrong("nr_pages is not what the domain has: %llx", info.nr_pages);
	if (fault("p2m"))
		swap_last_two();
}
