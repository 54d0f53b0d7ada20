/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lzma/container.h.  No stream is closed: all that closing does is give memory back. */
#include <shim/unpack/lzma.h>
#include <shim/unpack/stream.h>

/* liblzma asks for one object at a time. */
static void *take_lzma(void *heap, size_t items, size_t size)
{
	return unpack_heap_take(heap, items * size);
}

lzma_allocator unpack_lzma_allocator(struct unpack_heap *heap)
{
	return (lzma_allocator){ take_lzma, unpack_give_back, heap };
}

static enum stream_step step_lzma(void *stream, uint8_t *at, uint64_t room, uint64_t *made)
{
	lzma_stream *lzma = stream;
	lzma_ret code;

	lzma->next_out = at;
	lzma->avail_out = room;
	code = lzma_code(lzma, LZMA_FINISH);
	*made = room - lzma->avail_out;
	if (code == LZMA_STREAM_END)
		return STREAM_END;
	return code == LZMA_OK ? STREAM_MORE : STREAM_BROKEN;
}

struct error unpack_lzma_run(struct unpack_job *job, lzma_stream *lzma)
{
	return unpack_steps(job, lzma, step_lzma);
}

uint64_t unpack_lzma_heap(uint64_t wanted)
{
	return (wanted > LZMA_LIMIT ? 0 : wanted) + LZMA_HEADERS;
}

static lzma_ret lzma_open(lzma_stream *lzma, struct span packed, uint64_t limit)
{
	lzma->next_in = packed.at;
	lzma->avail_in = packed.size;
	return lzma_alone_decoder(lzma, limit);
}

/* The least limit makes the decoder stop where it would take its dictionary, and say how much it wanted. */
uint64_t unpack_lzma_heap_size(struct span packed)
{
	uint8_t memory[LZMA_HEADERS] __attribute__((aligned(16)));
	struct unpack_heap heap = { .at = memory, .size = sizeof(memory) };
	lzma_allocator allocator = unpack_lzma_allocator(&heap);
	lzma_stream lzma = { .allocator = &allocator };
	uint64_t made;
	uint8_t byte;

	lzma_open(&lzma, packed, 1);
	step_lzma(&lzma, &byte, 1, &made);
	return unpack_lzma_heap(lzma_memusage(&lzma));
}

struct error unpack_lzma(struct unpack_job *job)
{
	lzma_allocator allocator = unpack_lzma_allocator(job->heap);
	lzma_stream lzma = { .allocator = &allocator };
	struct error error;

	if (lzma_open(&lzma, job->packed, LZMA_LIMIT) != LZMA_OK)
		return unpack_broken(job);
	error = unpack_lzma_run(job, &lzma);
	if (error.code == ERROR_UNPACK_BROKEN && lzma_memusage(&lzma) > LZMA_LIMIT)
		return unpack_window(job, lzma_memusage(&lzma));
	return error;
}
