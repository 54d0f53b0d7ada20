/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unpacked.c: memory on the host for what shim/unpack/unpack.h unpacks.
 */
#ifndef LULL_TOOLS_UNPACKED_H
#define LULL_TOOLS_UNPACKED_H

#include <shim/unpack/extents.h>
#include <shim/unpack/unpack.h>

struct unpacked {
	uint8_t *at;
	uint64_t size;
};

/*
 * Unpacks the kernel inside a bzImage.  False when there is no memory for it; what is wrong with the data is in `error`.
 * To be ended with unpacked_release() in any case.
 */
bool unpacked_kernel(struct span packed, enum compression compression, struct unpacked *out, struct error *error);

/* Any compressed file that unpacks to at most UNPACK_LIMIT bytes.  Returns the same as unpacked_kernel(). */
bool unpacked_file(struct span packed, enum compression compression, struct unpacked *out, struct error *error);

/* A kernel that lull pack stored.  Returns the same as unpacked_kernel(). */
bool unpacked_stored(const struct stored *stored, struct unpacked *out, struct error *error);

/* Gives the memory back. */
void unpacked_release(struct unpacked *out);

#endif
