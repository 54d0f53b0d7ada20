/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store_lz4.c: LZ4 data that unpacks in fewer steps than what liblz4 makes of the same bytes.
 */
#ifndef LULL_TOOLS_STORE_LZ4_H
#define LULL_TOOLS_STORE_LZ4_H

#include <stdbool.h>

#include <core/span.h>

/* The most bytes that store_lz4() makes of `size`. */
uint64_t store_lz4_bound(uint64_t size);

/* Packs into one legacy frame (doc/lz4_Frame_format.md).  False when there is no memory for it. */
bool store_lz4(struct span plain, uint8_t *out, uint64_t *size);

#endif
