/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lz4_block.c: one block of LZ4 (doc/lz4_Block_format.md of LZ4's sources).  A pure function.
 *
 * liblz4 has its compressor and seven decoders in one object, of which a linker drops nothing: 50 KiB for this one function.
 */
#ifndef LULL_SHIM_UNPACK_LZ4_BLOCK_H
#define LULL_SHIM_UNPACK_LZ4_BLOCK_H

#include <core/span.h>

enum lz4_end {
	/* All of it is unpacked. */
	LZ4_WHOLE,
	/* It is no block. */
	LZ4_BROKEN,
	/* As far as it was read it is one, and it is longer than the room. */
	LZ4_LONG,
};

/*
 * Unpacks a block to `out`, where `room` bytes may be written, and no more are.  *made is the length of what a whole block
 * made; behind it, in the room, anything may have been written.  A copy may reach back to `out`, and no farther.
 */
enum lz4_end lz4_block_unpack(struct span block, uint8_t *out, uint64_t room, uint64_t *made);

#endif
