/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bzlib.h.  The stream is not closed: all that closing does is give memory back. */
#define BZ_NO_STDIO
#include <bzlib.h>

#include <shim/unpack/stream.h>

/* 4 bytes for each of at most 900000 in a block, and a state of 64 KiB (bzip2 manual, "Memory management"). */
#define HEAP_SIZE (UINT64_C(4) << 20)

/* Sizes of single objects and their number: the product does not wrap. */
static void *take_bzip2(void *heap, int items, int size)
{
	return unpack_heap_take(heap, (uint64_t)items * (uint64_t)size);
}

static enum stream_step step_bzip2(void *stream, uint8_t *at, uint64_t room, uint64_t *made)
{
	bz_stream *bzip2 = stream;
	int code;

	bzip2->next_out = (char *)at;
	bzip2->avail_out = (unsigned)room;
	code = BZ2_bzDecompress(bzip2);
	*made = room - bzip2->avail_out;
	if (code == BZ_STREAM_END)
		return STREAM_END;
	return code == BZ_OK ? STREAM_MORE : STREAM_BROKEN;
}

struct error unpack_bzip2(struct unpack_job *job)
{
	bz_stream bzip2 = {
		.next_in = (void *)(uintptr_t)job->packed.at,
		.avail_in = (unsigned)job->packed.size,
		.bzalloc = take_bzip2,
		.bzfree = unpack_give_back,
		.opaque = job->heap,
	};

	if (BZ2_bzDecompressInit(&bzip2, 0, 0) != BZ_OK)
		return unpack_broken(job);
	return unpack_steps(job, &bzip2, step_bzip2);
}

uint64_t unpack_bzip2_heap_size(struct span packed)
{
	(void)packed;
	return HEAP_SIZE;
}
