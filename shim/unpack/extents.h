/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * extents.c: unpacks a kernel from the form in which lull pack stores it.  Pure, as unpack.c is.
 */
#ifndef LULL_SHIM_UNPACK_EXTENTS_H
#define LULL_SHIM_UNPACK_EXTENTS_H

#include <shim/payload/stored.h>
#include <shim/unpack/unpack.h>

/* Bytes of heap that unpacking takes. */
uint64_t unpack_extents_heap_size(const struct stored *stored);

/*
 * Unpacks to the unpacked_size bytes at `out`: each is written once, with zero where no extent has it.  Nothing is written
 * before the checksum was found right.  Errors: STORED_CHECKSUM, and those of unpack(), of which the checksum leaves only what
 * whoever made the file did wrong.  On an error, `out` holds anything.
 */
struct error unpack_extents(const struct stored *stored, uint8_t *out, struct unpack_heap *heap);

#endif
