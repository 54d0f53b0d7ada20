/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unpack_host.c, unpack_blocks.c: decompression on the host, by the libraries that the formats' makers maintain.
 */
#ifndef LULL_TOOLS_UNPACK_HOST_H
#define LULL_TOOLS_UNPACK_HOST_H

#include <stdbool.h>

#include <core/span.h>
#include <shim/payload/linux.h>

/* No kernel comes near this; a file that says it does is broken, or meant to fill memory. */
#define UNPACK_LIMIT (UINT64_C(1) << 30)

/* Where decompressed bytes go. */
struct unpacked {
	uint8_t *at;
	uint64_t size;
	/* Bytes of memory at `at`. */
	uint64_t room;
	/* No more bytes than these are made. */
	uint64_t limit;
};

enum unpack_result {
	/* All there is. */
	UNPACK_COMPLETE,
	/* `limit` bytes, and there are more. */
	UNPACK_LIMITED,
	/* The data is broken or cut short. */
	UNPACK_BROKEN,
	UNPACK_NO_MEMORY,
};

/* Decompresses to at most `limit` bytes.  Whatever the result, give out->at back with free(). */
enum unpack_result unpack(struct span packed, enum compression compression, uint64_t limit, struct unpacked *out);

/* Makes room for `more` bytes, or for those that are left under the limit; *room is how many.  False: no memory. */
bool unpacked_grow(struct unpacked *out, uint64_t more, uint64_t *room);

/* The two formats of independent blocks: the legacy frame of LZ4, and lzop's file. */
enum unpack_result unpack_lz4(struct span packed, struct unpacked *out);
enum unpack_result unpack_lzo(struct span packed, struct unpacked *out);

#endif
