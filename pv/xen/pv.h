/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the Xen PV platform share.  The shim runs at VIRT_BASE 0: a page that it has mapped lies at its
 * pseudo-physical address, that is, at its pfn as the domain builder numbered it.
 */
#ifndef LULL_PV_XEN_PV_H
#define LULL_PV_XEN_PV_H

#include <arch/x86/cpu.h>
#include <core/addr.h>
#include <core/boot_info.h>
#include <core/leave.h>
#include <pv/xen/pte.h>

#include <xen/xen.h>

/*
 * CPUID by way of Xen: ud2, "xen", and the instruction (xen-x86_64.h, XEN_CPUID).  The instruction alone may answer for the
 * machine under Xen.
 */
static inline struct cpuid xen_pv_cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid r;

	asm volatile(XEN_CPUID : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(subleaf));
	return r;
}

/* pv_memory.c: the shim's own address space. */

/* Finds the page tables that we run on, by CR3 and not by what start_info says.  Called before all else here. */
void xen_pv_memory_look(void);

/*
 * The page of a ring, which lies between start_info and the page tables (xen.h, start-of-day layout); 0
 * where a frame of this number does not, so that there is no such ring.
 */
pfn_t xen_pv_ring(const struct start_info *start, mfn_t frame);

/*
 * Narrows the map that the domain builder made: text executable and read-only, constants read-only, all else not
 * executable, the stack's guard page absent; makes the writable alias of the text; and takes from the memory map what it
 * needs for page tables.  Errors: XEN_START_INFO, when the list of frames is not what the page tables show or nothing is
 * mapped behind the stack; XEN_MEMORY; HYPERCALL.
 */
struct error xen_pv_memory_start(struct boot_info *info);

/* Makes memory reachable at its own address; false when there is no such memory. */
bool xen_pv_reach(struct range range);

/* The machine's number for a page, by the list that Xen's builder made; ~0 where there is none. */
mfn_t xen_pv_frame(pfn_t pfn);

/* The page that a machine frame of ours is (machine_to_phys_mapping). */
pfn_t xen_pv_page_of(mfn_t frame);

/* The list itself, nr_pages long, writable. */
uint64_t *xen_pv_p2m(void);

/*
 * Maps a page of memory at a 4 KiB page of its own that is mapped already: rights are XEN_PTE_*.  The page may be anybody's
 * (shared_info).  Errors: HYPERCALL.
 */
struct error xen_pv_map(va_t address, mfn_t frame, uint64_t rights);

/* A zeroed page of the shim's own for a page table or the trampoline.  CHECKs that there is one left. */
uint64_t *xen_pv_take_page(void);

/* Makes a page of ours a page table: takes away the right to write to it, as Xen asks.  Errors: HYPERCALL. */
struct error xen_pv_seal_table(const uint64_t *table);

/* Writes an entry of the top-level table that we run on.  Errors: HYPERCALL. */
struct error xen_pv_set_top(unsigned slot, uint64_t entry);

/* The top-level table that we run on. */
mfn_t xen_pv_top(void);

/* pv_proof.c: the event of the boot-time proof (mask.h), an event channel that this CPU sends to itself. */
/* The members proof_*() of the backend, as mask.h has them. */
struct error xen_pv_proof_begin(void);
void xen_pv_proof_raise(void);
bool xen_pv_proof_pending(void);
uint32_t xen_pv_proof_delivered(void);
void xen_pv_proof_end(void);

/* Xen's page, mapped over one of ours: its mask byte then has an address that the link knows, as patch sites need. */
union xen_pv_shared {
	struct shared_info info;
	uint8_t page[PAGE_SIZE];
};
extern union xen_pv_shared xen_pv_shared;

/*
 * pv.c: gives Xen back what a domain begins with: no trap table, no event callback, FS base 0, and in a domU the end of
 * its first stack as the stack of its kernel.  The last of the shim: a fault behind it ends the domain without a word.
 */
void xen_pv_retire(va_t stack);

#endif
