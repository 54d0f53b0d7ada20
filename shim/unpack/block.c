/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <lz4.h>
#include <lzo/lzo1x.h>
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>
#include <zstd_errors.h>

#include <shim/unpack/format.h>

/* LZ4, doc/lz4_Frame_format.md, "Legacy frame": every block but the last unpacks to this. */
#define LZ4_LEGACY_BLOCK (8 << 20)
#define LZ4_LEGACY_MAGIC 0x184c2102u

/* lzop's format, as its conf.h names the flags; its blocks are 256 KiB by default, and never more than this. */
#define LZOP_BLOCK_MAX     (UINT64_C(64) << 20)
#define LZOP_ADLER32_PLAIN   0x0001u
#define LZOP_ADLER32_PACKED  0x0002u
#define LZOP_EXTRA_FIELD     0x0040u
#define LZOP_CRC32_PLAIN     0x0100u
#define LZOP_CRC32_PACKED    0x0200u
#define LZOP_FILTER          0x0800u
#define LZOP_MAGIC_SIZE      9
/* The version from which headers have a version needed, a level and a second half of the time. */
#define LZOP_VERSION_LONG    0x0940u

/* One block of an LZ4 frame.  Where it does not unpack, as much of it as there is room for tells whether it is broken. */
static struct error lz4_block(struct unpack_job *job, struct span block)
{
	const char *from = (const char *)block.at;
	char *to = (char *)job->out + job->made;
	uint64_t left = job->room - job->made;
	const int room = left < LZ4_LEGACY_BLOCK ? (int)left : LZ4_LEGACY_BLOCK;
	const int made = LZ4_decompress_safe(from, to, (int)block.size, room);

	if (made >= 0) {
		job->made += (uint64_t)made;
		return error_none();
	}
	if (room < LZ4_LEGACY_BLOCK && LZ4_decompress_safe_partial(from, to, (int)block.size, room, room) == room)
		return unpack_long(job);
	return unpack_broken(job);
}

struct error unpack_lz4(struct unpack_job *job)
{
	uint64_t offset = 0;

	while (offset < job->packed.size) {
		const uint32_t size = span_u32(job->packed, offset);
		struct span block;

		if (!span_has(job->packed, offset, 4))
			return unpack_broken(job);
		offset += 4;
		/* At the beginning, and again where two frames were put together. */
		if (size == LZ4_LEGACY_MAGIC)
			continue;
		if (size > LZ4_COMPRESSBOUND(LZ4_LEGACY_BLOCK) || !span_cut(job->packed, offset, size, &block))
			return unpack_broken(job);
		TRY(lz4_block(job, block));
		offset += size;
	}
	return error_none();
}

/* lzop's numbers are big-endian. */
static uint32_t big(struct span bytes, uint64_t offset, unsigned size)
{
	return __builtin_bswap32(span_u32(bytes, offset)) >> 8 * (4 - size);
}

/* Reads the header.  False when it does not end inside the file or asks for what no kernel uses. */
static bool lzop_header(struct span packed, uint32_t *flags, uint64_t *offset)
{
	const bool is_long = big(packed, LZOP_MAGIC_SIZE, 2) >= LZOP_VERSION_LONG;
	/* Version, the library's version, [version needed], method, [level]. */
	const uint64_t at = LZOP_MAGIC_SIZE + (is_long ? 2 + 2 + 2 + 1 + 1 : 2 + 2 + 1);
	/* Flags, mode, the time's low half, [its high half]. */
	const uint64_t name = at + (is_long ? 16 : 12);

	*flags = big(packed, at, 4);
	/* The name's length, the name, a checksum. */
	*offset = name + 1 + span_u8(packed, name) + 4;
	return span_has(packed, *offset, 4) && (*flags & (LZOP_FILTER | LZOP_EXTRA_FIELD)) == 0;
}

/* Bytes of checksums before a block's data. */
static uint64_t lzop_checksums(uint32_t flags, bool is_packed)
{
	uint64_t count = !!(flags & LZOP_ADLER32_PLAIN) + !!(flags & LZOP_CRC32_PLAIN);

	if (is_packed)
		count += !!(flags & LZOP_ADLER32_PACKED) + !!(flags & LZOP_CRC32_PACKED);
	return 4 * count;
}

/* One block, which unpacks to `plain` bytes, or was left as it is. */
static struct error lzop_block(struct unpack_job *job, struct span block, uint32_t plain)
{
	uint8_t *to = job->out + job->made;
	lzo_uint made = plain;

	if (job->room - job->made < plain)
		return unpack_long(job);
	if (block.size == plain)
		__builtin_memcpy(to, block.at, plain);
	else if (lzo1x_decompress_safe(block.at, block.size, to, &made, NULL) != LZO_E_OK || made != plain)
		return unpack_broken(job);
	job->made += plain;
	return error_none();
}

/* lzo_init() is not called: it compares the sizes of types with those the library was built for, and this is C. */
struct error unpack_lzo(struct unpack_job *job)
{
	uint32_t flags;
	uint64_t offset;

	if (!lzop_header(job->packed, &flags, &offset))
		return unpack_broken(job);
	for (;;) {
		const uint32_t plain = big(job->packed, offset, 4);
		const uint32_t size = big(job->packed, offset + 4, 4);
		struct span block;

		if (!span_has(job->packed, offset, 4))
			return unpack_broken(job);
		if (plain == 0)
			return error_none();
		offset += 8 + lzop_checksums(flags, size < plain);
		if (plain > LZOP_BLOCK_MAX || size > plain || !span_cut(job->packed, offset, size, &block))
			return unpack_broken(job);
		TRY(lzop_block(job, block, plain));
		offset += size;
	}
}

uint64_t unpack_zstd_heap_size(void)
{
	return ZSTD_estimateDCtxSize();
}

/*
 * Unpacked in one call, zstd refers back into its output and needs no window; the limit is the kernel's own.  Nothing
 * behind the first frame is looked at: the library would take a frame of before 1.0 to old code, which is not linked.
 */
struct error unpack_zstd(struct unpack_job *job)
{
	const uint64_t size = ZSTD_estimateDCtxSize();
	void *workspace = unpack_heap_take(job->heap, size);
	ZSTD_frameHeader header;
	size_t frame, made;

	if (workspace == NULL || ZSTD_getFrameHeader(&header, job->packed.at, job->packed.size) != 0)
		return unpack_broken(job);
	if (header.windowSize > UNPACK_WINDOW)
		return error_make(ERROR_UNPACK_WINDOW, compression_name(job->compression), UNPACK_WINDOW,
				  header.windowSize);
	frame = ZSTD_findFrameCompressedSize(job->packed.at, job->packed.size);
	if (ZSTD_isError(frame))
		return unpack_broken(job);
	made = ZSTD_decompressDCtx(ZSTD_initStaticDCtx(workspace, size), job->out, job->room, job->packed.at, frame);
	if (ZSTD_getErrorCode(made) == ZSTD_error_dstSize_tooSmall)
		return unpack_long(job);
	if (ZSTD_isError(made))
		return unpack_broken(job);
	job->made = made;
	return error_none();
}
