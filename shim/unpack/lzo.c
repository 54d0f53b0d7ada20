/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <lzo/lzo1x.h>

#include <shim/unpack/job.h>

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

uint64_t unpack_lzo_heap_size(struct span packed)
{
	(void)packed;
	return 0;
}
