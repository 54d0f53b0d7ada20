/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls of a Xen HVM or PVH guest, by the instruction of the CPU's vendor and without a hypercall page: the page's
 * MSR would latch the width of shared_info, and its code escapes every patch table (XSA-466).
 */
#ifndef LULL_PV_XEN_HYPERCALL_H
#define LULL_PV_XEN_HYPERCALL_H

#include <stdbool.h>
#include <stdint.h>

/* True on AMD and Hygon, where hypercalls are VMMCALL. */
bool cpu_wants_vmmcall(void);

/* Learns the vendor.  Called before the first hypercall. */
void xen_hypercall_start(void);

/* From now on the patched site is used (true), or the branch again (false: a failing shim trusts nothing). */
void xen_hypercall_use_site(bool patched);

/*
 * Calls Xen: number __HYPERVISOR_*, up to four arguments.  Returns what Xen returns, a negative errno on failure.
 */
int64_t xen_hypercall(uint64_t number, uint64_t first, uint64_t second, uint64_t third, uint64_t fourth);

#endif
