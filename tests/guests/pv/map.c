/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Other frames in the scratch pages of our own image.  Xen finds the page table entry of an address by itself, so
 * nothing here relies on the tables that are looked at.
 */
#include "pv.h"

uint8_t window[WINDOW][PAGE] SCRATCH;

long map_entry(uintptr_t address, uint64_t entry)
{
	return hypercall3(__HYPERVISOR_update_va_mapping, address, entry, UVMF_INVLPG | UVMF_LOCAL);
}

long map_frame(void *page, uint64_t mfn, bool writable)
{
	return map_entry((uintptr_t)page, mfn * PAGE | (writable ? PTE_WRITE : PTE_READ));
}

void map_own(void *page) { map_frame(page, frame_of(page_at((uintptr_t)page)), true); }

void map_window(const uint64_t *pfn, unsigned count, long *error)
{
	static struct multicall_entry call[WINDOW];
	struct mmuext_op flush = { .cmd = MMUEXT_TLB_FLUSH_LOCAL };
	long failed;

	for (unsigned i = 0; i < count; i++) {
		call[i].op = __HYPERVISOR_update_va_mapping;
		call[i].args[0] = (uintptr_t)window[i];
		call[i].args[1] = frame_of(pfn[i]) * PAGE | PTE_WRITE;
		call[i].args[2] = UVMF_NONE;
	}
	failed = hypercall2(__HYPERVISOR_multicall, (uintptr_t)call, count);
	hypercall4(__HYPERVISOR_mmuext_op, (uintptr_t)&flush, 1, 0, DOMID_SELF);
	for (unsigned i = 0; i < count; i++)
		error[i] = failed ? failed : (long)call[i].result;
}
