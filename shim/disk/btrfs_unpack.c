/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compressed extents, at most 128 KiB each, by the libraries that unpack kernels.  What an extent unpacks to may be shorter than
 * the extent: the rest is zeros.  libdeflate takes its 12 KiB by malloc(), as shim/unpack/unpack.h says; zstd's
 * is in the scratch memory.
 */
#define ZSTD_STATIC_LINKING_ONLY
#include <libdeflate.h>
#include <lzo/lzo1x.h>
#include <zstd.h>

#include <shim/disk/btrfs.h>

enum {
	KIND_ZLIB = 1,
	KIND_LZO = 2,
	/* Before zlib's data (RFC 1950). */
	ZLIB_HEADER = 2,
	LZO_LENGTH = 4,
};

static bool unpack_zlib(struct span packed, uint8_t *out, size_t room, size_t *made)
{
	struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
	enum libdeflate_result result = LIBDEFLATE_BAD_DATA;
	struct span deflated;
	size_t taken;

	if (decompressor != NULL && span_cut(packed, ZLIB_HEADER, packed.size - ZLIB_HEADER, &deflated))
		result = libdeflate_deflate_decompress_ex(decompressor, deflated.at, deflated.size, out, room, &taken, made);
	libdeflate_free_decompressor(decompressor);
	return result == LIBDEFLATE_SUCCESS;
}

/* Linux, fs/btrfs/lzo.c: the size of all, and pieces behind their sizes, none of which crosses the end of a sector. */
static bool unpack_lzo(struct span packed, uint32_t sector, uint8_t *out, size_t room, size_t *made)
{
	const uint64_t size = span_u32(packed, 0);
	uint64_t at = LZO_LENGTH;

	*made = 0;
	if (size > packed.size)
		return false;
	while (at + LZO_LENGTH <= size) {
		lzo_uint part = room - *made;
		struct span piece;

		if (!span_cut(packed, at + LZO_LENGTH, span_u32(packed, at), &piece) ||
		    lzo1x_decompress_safe(piece.at, piece.size, out + *made, &part, NULL) != LZO_E_OK)
			return false;
		*made += part;
		at += LZO_LENGTH + piece.size;
		if (sector - at % sector < LZO_LENGTH)
			at += sector - at % sector;
	}
	return true;
}

static bool unpack_zstd(struct span packed, void *heap, size_t heap_size, uint8_t *out, size_t room, size_t *made)
{
	const size_t frame = ZSTD_findFrameCompressedSize(packed.at, packed.size);
	/* The library wants it aligned. */
	const size_t skip = -(uintptr_t)heap % 16;

	if (ZSTD_isError(frame))
		return false;
	*made = ZSTD_decompressDCtx(ZSTD_initStaticDCtx((uint8_t *)heap + skip, heap_size - skip), out, room, packed.at, frame);
	return !ZSTD_isError(*made);
}

struct error btrfs_unpack(struct fs *fs, unsigned kind, uint64_t size, struct span *bytes)
{
	uint8_t *out = fs->scratch + BTRFS_SCRATCH_OUT;
	size_t made = 0;
	bool is_fine;

	if (size > BTRFS_EXTENT_MOST)
		return fs_wrong("compressed extents of at most 128 KiB", size);
	if (kind == KIND_ZLIB)
		is_fine = unpack_zlib(*bytes, out, (size_t)size, &made);
	else if (kind == KIND_LZO)
		is_fine = unpack_lzo(*bytes, fs->btrfs.sector_size, out, (size_t)size, &made);
	else
		is_fine = unpack_zstd(*bytes, fs->scratch + BTRFS_SCRATCH_HEAP, BTRFS_HEAP_SIZE, out, (size_t)size, &made);
	*bytes = span(out, made);
	return is_fine ? error_none() : fs_wrong("a compressed extent that can be unpacked", kind);
}
