/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include <shim/unpack/extents.h>

_Static_assert(STORED_LIMIT == UNPACK_LIMIT, "a kernel is as large as it is, however it is packed");

static const enum compression compressions[STORED_HOWS] = {
	[STORED_RAW] = COMPRESSION_NONE,
	[STORED_LZ4] = COMPRESSION_LZ4,
	[STORED_ZSTD] = COMPRESSION_ZSTD,
};

/* An extent takes the heap for itself. */
static struct error unpack_extent(const struct stored_extent *extent, struct span packed, uint8_t *out,
				  struct unpack_heap *heap)
{
	const enum compression compression = compressions[extent->how];
	uint64_t made;

	if (compression == COMPRESSION_NONE) {
		memcpy(out, packed.at, extent->size);
		return error_none();
	}
	heap->used = 0;
	TRY(unpack_file(packed, compression, out, extent->size, heap, &made));
	if (made != extent->size)
		return error_make(ERROR_UNPACK_SHORT, compression_name(compression), extent->size, made);
	return error_none();
}

uint64_t unpack_extents_heap_size(const struct stored *stored)
{
	uint64_t largest = 0;

	for (uint32_t i = 0; i < stored->header.extent_count; i++) {
		const uint64_t size = unpack_heap_size(stored->data, compressions[stored_extent(stored, i).how]);

		largest = size > largest ? size : largest;
	}
	return largest;
}

struct error unpack_extents(const struct stored *stored, uint8_t *out, struct unpack_heap *heap)
{
	uint64_t at = 0, from = 0;

	TRY(stored_verify(stored));
	for (uint32_t i = 0; i < stored->header.extent_count; i++) {
		const struct stored_extent extent = stored_extent(stored, i);
		struct span packed;

		span_cut(stored->data, at, extent.stored_size, &packed);
		memset(out + from, 0, extent.offset - from);
		TRY(unpack_extent(&extent, packed, out + extent.offset, heap));
		at += extent.stored_size;
		from = extent.offset + extent.size;
	}
	memset(out + from, 0, stored->header.unpacked_size - from);
	return error_none();
}
