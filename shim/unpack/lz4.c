/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/unpack/job.h>
#include <shim/unpack/lz4_block.h>

/* LZ4, doc/lz4_Frame_format.md, "Legacy frame": every block but the last unpacks to this. */
#define LZ4_LEGACY_BLOCK (8 << 20)
#define LZ4_LEGACY_MAGIC 0x184c2102u
/* No block is longer than this, which is one of literals alone. */
#define LZ4_LEGACY_PACKED (LZ4_LEGACY_BLOCK + LZ4_LEGACY_BLOCK / 255 + 16)

static struct error lz4_block(struct unpack_job *job, struct span block)
{
	const uint64_t left = job->room - job->made, room = left < LZ4_LEGACY_BLOCK ? left : LZ4_LEGACY_BLOCK;
	uint64_t made;

	switch (lz4_block_unpack(block, job->out + job->made, room, &made)) {
	case LZ4_WHOLE:
		job->made += made;
		return error_none();
	case LZ4_LONG:
		/* No block may be longer than LZ4_LEGACY_BLOCK, whatever room there is. */
		return room < LZ4_LEGACY_BLOCK ? unpack_long(job) : unpack_broken(job);
	default:
		return unpack_broken(job);
	}
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
		if (size > LZ4_LEGACY_PACKED || !span_cut(job->packed, offset, size, &block))
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
