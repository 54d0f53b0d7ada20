/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stream.c, stream_block.c: unpacks compressed data of any size piece by piece, in little memory, and says where it ends.
 *
 * What lies behind it is not looked at: an initrd may go on there.
 */
#ifndef LULL_TOOLS_STREAM_H
#define LULL_TOOLS_STREAM_H

#include <shim/payload/compression.h>

struct stream {
	struct span packed;
	/* Bytes of the input that were compressed data, and bytes that they made. */
	uint64_t taken;
	uint64_t made;
	/* Gets each piece, in order. */
	void (*sink)(void *context, struct span piece);
	void *context;
	/* There was too little memory, so nothing is known of the data. */
	bool lacks_memory;
};

/* False: the data is broken or cut short, or there is no memory. */
bool stream_unpack(struct stream *stream, enum compression compression);

/* The formats of blocks, each unpacked at once. */
bool stream_lzo(struct stream *stream);
bool stream_lz4(struct stream *stream);

/* Hands a piece on. */
void stream_put(struct stream *stream, struct span piece);

#endif
