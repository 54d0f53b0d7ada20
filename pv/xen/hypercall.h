/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hypercalls: SYSCALL in a PV guest, the instruction of the CPU's vendor in an HVM or PVH guest.  Without a hypercall
 * page: its MSR would latch the width of shared_info, and its code escapes every patch table (XSA-466).
 */
#ifndef LULL_PV_XEN_HYPERCALL_H
#define LULL_PV_XEN_HYPERCALL_H

#include <core/error.h>
#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>

/* Finds out which instruction it is.  Called before the first hypercall. */
void xen_hypercall_start(void);

/* A hypercall of a PV guest that needs no start and has no patch site: for what runs inside the window. */
static inline __attribute__((always_inline)) int64_t xen_pv_hypercall(uint64_t number, uint64_t first, uint64_t second)
{
	int64_t result = (int64_t)number;

	asm volatile("syscall" : "+a"(result), "+D"(first), "+S"(second) : : "rcx", "r11", "memory");
	return result;
}

/* From now on the patched site is used (true), or the branch again (false: a failing shim trusts nothing). */
void xen_hypercall_use_site(bool patched);

/*
 * Calls Xen: number __HYPERVISOR_*, up to four arguments.  Returns what Xen returns, a negative errno on failure.
 */
int64_t xen_hypercall(uint64_t number, uint64_t first, uint64_t second, uint64_t third, uint64_t fourth);

/* What a hypercall returned, as an error: HYPERCALL with its name and errno where it failed.  `name` must live on. */
struct error xen_result(const char *name, int64_t result);

/* A hypercall of event channels: EVTCHNOP_*, whose name is given too, and its structure.  Errors: HYPERCALL. */
static inline struct error xen_event_channel(unsigned command, void *argument, const char *name)
{
	return xen_result(name, xen_hypercall(__HYPERVISOR_event_channel_op, command, (uint64_t)argument, 0, 0));
}

#endif
