/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shim's own address space: memory at its own address, writable or executable but never both.
 */
#ifndef LULL_ARCH_PAGING_H
#define LULL_ARCH_PAGING_H

#include <core/addr.h>
#include <stdbool.h>

/*
 * Narrows the map that head.S made: text executable and read-only, constants and the first page read-only, all else
 * not executable, the stack's guard page absent; and makes the writable alias of the text.
 */
void paging_start(void);

/*
 * Makes a range of physical memory reachable at its own address.  Memory below 4 GiB always is; above, a gigabyte is mapped
 * when it is first asked for.  False when the range is empty, lies above the 512 GiB that one table reaches, or needs more
 * gigabytes than there are tables.
 */
bool paging_reach(struct range range);

/* The lower half of the addresses that four levels of tables have. */
#define PAGING_REGISTERS_BITS 47
#define PAGING_REGISTERS_END (UINT64_C(1) << PAGING_REGISTERS_BITS)

/*
 * Makes registers of a device reachable at their own address, which may be above the 512 GiB too: firmware puts them at the top
 * of the CPU's addresses.  They are uncached; below 4 GiB, and where memory lies in the same gigabyte, the MTRRs have to say so.
 * False as above, from PAGING_REGISTERS_END on, and above what addresses the CPU has.
 */
bool paging_reach_registers(struct range range);

/* True when the CPU maps pages of 1 GiB (CPUID 0x80000001, EDX bit 26). */
bool paging_has_huge_pages(void);

#endif
