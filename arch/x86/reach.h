/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads physical memory at addresses that firmware or a loader supplied.
 */
#ifndef LULL_ARCH_REACH_H
#define LULL_ARCH_REACH_H

#include <core/span.h>

/*
 * The bytes [address, address + size) of guest-physical memory, or an empty span when they cannot be reached.  Readers
 * take it as an argument, so that the host tests run them on memory of their own.
 */
typedef struct span (*reach_function)(uint64_t address, uint64_t size);

/* The real one (paging.c): memory at its own address.  Nothing lies at address 0. */
struct span reach_memory(uint64_t address, uint64_t size);

#endif
