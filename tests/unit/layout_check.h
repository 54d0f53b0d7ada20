/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout_check.c: judges a layout without asking place.c.  It runs the moves on a model of memory in which every byte
 * is tagged with the address it had at first, and then looks whether the right bytes are where they must be.
 */
#ifndef LULL_TESTS_LAYOUT_CHECK_H
#define LULL_TESTS_LAYOUT_CHECK_H

#include <shim/handover/place.h>

/* NULL when all is well, else what is wrong. */
const char *layout_fault(const struct place_request *request, const struct layout *layout);

/* The largest block, in bytes, of RAM from 1 MiB to `limit` that none of the ranges touches. */
uint64_t largest_block(const struct memory_map *map, uint64_t limit, const struct range *taken, unsigned count);

#endif
