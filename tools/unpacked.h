/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unpacked.c: memory on the host for what shim/unpack/unpack.h unpacks.
 */
#ifndef LULL_TOOLS_UNPACKED_H
#define LULL_TOOLS_UNPACKED_H

#include <shim/unpack/unpack.h>

struct unpacked {
	uint8_t *at;
	uint64_t size;
};

/* The kernel inside a bzImage.  False: there is no memory for it.  Whatever the result, unpacked_release(). */
bool unpacked_kernel(struct span packed, enum compression compression, struct unpacked *out, struct error *error);

/* Any compressed file, of at most UNPACK_LIMIT bytes.  The same. */
bool unpacked_file(struct span packed, enum compression compression, struct unpacked *out, struct error *error);

void unpacked_release(struct unpacked *out);

#endif
