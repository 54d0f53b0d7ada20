/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Leaving: the last thing the shim does.  A layout (shim/handover/place.c) says which bytes go where; the machine (arch/) moves
 * them from a trampoline that lies outside all of them, because the payload may cover the shim itself, and jumps.
 */
#ifndef LULL_CORE_LEAVE_H
#define LULL_CORE_LEAVE_H

#include <core/addr.h>

/*
 * One step of the final copy: `size` bytes from `from` to `to` as memmove does it, then `zero` bytes of zero behind
 * them.  Steps run in order; a step must not write what a later step still reads.
 */
struct move {
	uint64_t to;
	uint64_t from;
	uint64_t size;
	uint64_t zero;
};

/* ELF segments, modules, and a spare for an image that must step aside first. */
#define LEAVE_MAX_MOVES 52

enum leave_mode {
	/* Linux boot protocol, 64-bit entry: long mode, identity map, rsi = argument, CS 0x10, DS 0x18, IF 0. */
	LEAVE_LINUX64,
	/* PVH: 32-bit protected mode, no paging, ebx = argument, flat segments, IF 0 (Xen docs/misc/pvh.pandoc). */
	LEAVE_PVH,
	/* The same with eax = magic (Multiboot 0.6.96, section 3.2; Multiboot2 2.0, section 3.3, which ask for no more). */
	LEAVE_MULTIBOOT,
	/* Xen PV: the kernel's own page tables, rsi = start_info, rsp = the end of its stack, evtchn_upcall_mask set. */
	LEAVE_XEN_PV,
};

struct leave {
	enum leave_mode mode;
	uint64_t entry;
	uint64_t argument;
	/* Of LEAVE_MULTIBOOT; 0 for all others. */
	uint32_t magic;
	/* Memory for trampoline, stack, descriptor tables and page tables: leave_workspace_size() bytes, page aligned,
	 * below 4 GiB, outside everything that a move reads or writes. */
	struct range workspace;
	uint32_t move_count;
	struct move move[LEAVE_MAX_MOVES];
};

/*
 * How a Xen PV guest leaves: nothing is copied.  A page of the next kernel is a machine frame that already holds it, and
 * the frame gets the pfn that the kernel expects: `from` lists, for each pfn from 0 on, the pfn that its frame has now.  No
 * page is listed twice.
 */
struct xen_pv_leave {
	const uint32_t *from;
	uint64_t page_count;
	/* The initial mapping: pfn 0 is mapped here, and all pfns up to `mapped_pages`. */
	va_t virtual_base;
	uint64_t mapped_pages;
	/* The P2M list, and where it is mapped by tables of its own, if it does not lie in the initial mapping. */
	pfn_t p2m;
	uint64_t p2m_pages;
	bool has_p2m_address;
	va_t p2m_address;
	/* The page that Xen is to fill with the ways into itself, if there is one. */
	bool has_hypercall_page;
	pfn_t hypercall_page;
	/* Page tables, the first of them the top one; then one page of stack. */
	pfn_t tables;
	uint64_t table_count;
	pfn_t stack;
	va_t start_info;
	va_t entry;
};

/* Nothing that is moved or entered may lie at or above this: one table of 512 gigabytes is what the tables have. */
#define LEAVE_TOP (512 * GIB)

/* The bytes of workspace a leave needs when nothing that it moves or enters lies at or above `top`, at most LEAVE_TOP. */
uint64_t leave_workspace_size(uint64_t top);

/* Runs the moves and enters the payload: any mode but LEAVE_XEN_PV. */
_Noreturn void machine_leave(const struct leave *leave);

/* Gives the frames their numbers and enters the payload. */
_Noreturn void machine_leave_xen_pv(const struct xen_pv_leave *leave);

#endif
