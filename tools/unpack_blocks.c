/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The half of unpack_host.h for formats of independent blocks. */
#include <lz4.h>
#include <lzo/lzo1x.h>

#include <tools/unpack_host.h>

/* LZ4, doc/lz4_Frame_format.md, "Legacy frame": every block but the last unpacks to this. */
#define LZ4_LEGACY_BLOCK (UINT64_C(8) << 20)
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

enum unpack_result unpack_lz4(struct span packed, struct unpacked *out)
{
	uint64_t offset = 0;

	while (offset < packed.size) {
		const uint32_t size = span_u32(packed, offset);
		uint64_t room;
		int made;

		if (!span_has(packed, offset, 4))
			return UNPACK_BROKEN;
		offset += 4;
		/* At the beginning, and again where two frames were put together. */
		if (size == LZ4_LEGACY_MAGIC)
			continue;
		if (size > (uint32_t)LZ4_compressBound(LZ4_LEGACY_BLOCK) || !span_has(packed, offset, size))
			return UNPACK_BROKEN;
		if (!unpacked_grow(out, LZ4_LEGACY_BLOCK, &room))
			return UNPACK_NO_MEMORY;
		made = LZ4_decompress_safe_partial((const char *)packed.at + offset, (char *)out->at + out->size,
						   (int)size, (int)room, (int)room);
		if (made < 0)
			return UNPACK_BROKEN;
		out->size += (uint64_t)made;
		offset += size;
		if (out->size == out->limit)
			return UNPACK_LIMITED;
	}
	return UNPACK_COMPLETE;
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

enum unpack_result unpack_lzo(struct span packed, struct unpacked *out)
{
	uint32_t flags;
	uint64_t offset, room;

	if (lzo_init() != LZO_E_OK || !lzop_header(packed, &flags, &offset))
		return UNPACK_BROKEN;
	for (;;) {
		const uint32_t plain = big(packed, offset, 4);
		const uint32_t size = big(packed, offset + 4, 4);
		lzo_uint made;

		if (!span_has(packed, offset, 4))
			return UNPACK_BROKEN;
		if (plain == 0)
			return UNPACK_COMPLETE;
		offset += 8 + lzop_checksums(flags, size < plain);
		if (plain > LZOP_BLOCK_MAX || size > plain || !span_has(packed, offset, size))
			return UNPACK_BROKEN;
		if (!unpacked_grow(out, plain, &room))
			return UNPACK_NO_MEMORY;
		if (room < plain)
			return UNPACK_LIMITED;
		made = plain;
		if (size == plain)
			__builtin_memcpy(out->at + out->size, packed.at + offset, size);
		else if (lzo1x_decompress_safe(packed.at + offset, size, out->at + out->size, &made, NULL) != LZO_E_OK ||
			 made != plain)
			return UNPACK_BROKEN;
		out->size += plain;
		offset += size;
	}
}
