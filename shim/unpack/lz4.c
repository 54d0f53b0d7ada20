/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <lz4.h>

#include <shim/unpack/job.h>

/* LZ4, doc/lz4_Frame_format.md, "Legacy frame": every block but the last unpacks to this. */
#define LZ4_LEGACY_BLOCK (8 << 20)
#define LZ4_LEGACY_MAGIC 0x184c2102u

/* Unpacks one block of an LZ4 frame.  When that fails, unpacking as much as fits tells a broken block from one too long. */
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

uint64_t unpack_lz4_heap_size(struct span packed)
{
	(void)packed;
	return 0;
}
