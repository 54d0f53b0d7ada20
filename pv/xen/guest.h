/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What HVM, PVH and PV guests of Xen do in the same way: consoles, memory map, CPUs, crash.
 */
#ifndef LULL_PV_XEN_GUEST_H
#define LULL_PV_XEN_GUEST_H

#include <core/boot_info.h>
#include <stddef.h>

/* Where the console ring is, which each kind of guest finds in its own way.  A page of 0 means that there is none. */
struct xen_console {
	uint64_t page;
	uint32_t port;
};

/* True for the control domain, which has neither console ring nor xenstore but may write to Xen's own console. */
bool xen_is_dom0(const struct boot_info *info);

/* Chooses where text goes: Xen's console for dom0, else the ring. */
void xen_console_start(bool dom0, struct xen_console ring);

/* Writes to the console; waits, bounded, for the other side when the ring is full, then drops what does not fit. */
void xen_console_write(const char *text, size_t size);

/* Takes a byte that came by the ring; false when there is none. */
bool xen_console_read(char *out);

/* Waits, bounded, until the other side has read everything. */
void xen_console_drain(void);

/*
 * Fills an empty memory map with what XENMEM_memory_map says.  One with more regions than there is room for leaves a count of one
 * more than that, whatever its own is, which Xen does not say.  Errors: HYPERCALL.
 */
struct error xen_memory_map(struct memory_map *memory);

/* CPUs that this domain was created with room for, running or not (VCPUOP_is_up answers for those only). */
unsigned xen_cpu_limit(void);

/* Lets others run. */
void xen_yield(void);

/* SCHEDOP_shutdown with SHUTDOWN_crash. */
void xen_crash(void);

#endif
