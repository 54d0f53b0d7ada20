/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The formats of blocks, block by block (shim/unpack/lz4.c and lzo.c have them too, for a kernel in one piece). */
#include <stdlib.h>
#include <string.h>

#include <lz4.h>
#include <lzo/lzo1x.h>

#include <tools/stream.h>

/* LZ4, doc/lz4_Frame_format.md, "Legacy frame". */
#define LZ4_BLOCK (8 << 20)
#define LZ4_MAGIC 0x184c2102u
/* lzop's conf.h. */
#define LZOP_BLOCK (UINT32_C(64) << 20)

/*
 * As Linux goes through it (lib/decompress_unlz4.c): the magic may come again between blocks, where two frames were put
 * together, and a block of no bytes, which is padding, ends it.  So do fewer bytes than a size has.
 */
bool stream_lz4(struct stream *stream)
{
	const struct span packed = stream->packed;
	char *out = malloc(LZ4_BLOCK);
	bool good = true;

	stream->lacks_memory = !out;
	while (out && good && span_has(packed, stream->taken, 4)) {
		const uint32_t size = span_u32(packed, stream->taken);
		struct span block;
		int made;

		if (size == 0)
			break;
		if (size == LZ4_MAGIC) {
			stream->taken += 4;
			continue;
		}
		made = size <= LZ4_COMPRESSBOUND(LZ4_BLOCK) && span_cut(packed, stream->taken + 4, size, &block) ?
		       LZ4_decompress_safe((const char *)block.at, out, (int)size, LZ4_BLOCK) : -1;
		good = made >= 0;
		if (good) {
			stream_put(stream, span(out, (uint64_t)made));
			stream->taken += 4 + (uint64_t)size;
		}
	}
	free(out);
	return out != NULL && good;
}

/* lzop's numbers are big-endian. */
static uint32_t big(struct span bytes, uint64_t offset, unsigned size)
{
	return __builtin_bswap32(span_u32(bytes, offset)) >> 8 * (4 - size);
}

/* Where the header ends, and the bytes of checksums before a packed and a plain block; false for what Linux cannot read. */
static bool lzop_header(struct span packed, uint64_t *end, uint64_t *packed_sums, uint64_t *plain_sums)
{
	const bool is_long = big(packed, 9, 2) >= 0x940;
	const uint64_t at = is_long ? 17 : 14, name = at + (is_long ? 16 : 12);
	const uint32_t flags = big(packed, at, 4);

	*end = name + 1 + span_u8(packed, name) + 4;
	*plain_sums = 4 * (uint64_t)(!!(flags & 0x1) + !!(flags & 0x100));
	*packed_sums = *plain_sums + 4 * (uint64_t)(!!(flags & 0x2) + !!(flags & 0x200));
	return span_has(packed, *end, 4) && (flags & 0x840) == 0;
}

static bool lzop_block(struct stream *stream, struct span block, uint32_t size)
{
	uint8_t *out = malloc(size);
	lzo_uint made = size;
	bool good = out != NULL;

	stream->lacks_memory = !out;
	if (good && block.size == size)
		memcpy(out, block.at, size);
	else if (good)
		good = lzo1x_decompress_safe(block.at, block.size, out, &made, NULL) == LZO_E_OK && made == size;
	if (good)
		stream_put(stream, span(out, size));
	free(out);
	return good;
}

bool stream_lzo(struct stream *stream)
{
	const struct span packed = stream->packed;
	uint64_t packed_sums, plain_sums;

	if (!lzop_header(packed, &stream->taken, &packed_sums, &plain_sums))
		return false;
	while (span_has(packed, stream->taken, 4)) {
		const uint32_t plain = big(packed, stream->taken, 4), size = big(packed, stream->taken + 4, 4);
		struct span block;

		stream->taken += 4;
		if (plain == 0)
			return true;
		stream->taken += 4 + (size < plain ? packed_sums : plain_sums);
		if (plain > LZOP_BLOCK || size > plain || !span_cut(packed, stream->taken, size, &block) ||
		    !lzop_block(stream, block, plain))
			return false;
		stream->taken += size;
	}
	return false;
}
