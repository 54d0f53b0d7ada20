/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bzlib.h and lzma/container.h.  No stream is closed: all that closing does is give memory back. */
#define BZ_NO_STDIO
#include <bzlib.h>

#include <shim/unpack/lzma.h>

enum step { STEP_MORE, STEP_END, STEP_BROKEN };

/* Makes at most `room` bytes at `at`, and says how many it made. */
typedef enum step (*step_function)(void *stream, uint8_t *at, uint64_t room, uint64_t *made);

/* Runs a stream to its end, which may take room for one byte more than there is to make. */
static struct error run(struct unpack_job *job, void *stream, step_function step)
{
	const uint64_t room = job->room - job->made;
	uint8_t spare;
	uint64_t made, more = 0;
	enum step how = step(stream, job->out + job->made, room, &made);

	job->made += made;
	if (how == STEP_MORE && made == room)
		how = step(stream, &spare, 1, &more);
	if (more != 0)
		return unpack_long(job);
	/* Neither at its end nor out of room: out of input. */
	return how == STEP_END ? error_none() : unpack_broken(job);
}

static void give_back(void *heap, void *taken)
{
	(void)heap;
	(void)taken;
}

/* Sizes of single objects and their number: the product does not wrap. */
static void *take_bzip2(void *heap, int items, int size)
{
	return unpack_heap_take(heap, (uint64_t)items * (uint64_t)size);
}

static enum step step_bzip2(void *stream, uint8_t *at, uint64_t room, uint64_t *made)
{
	bz_stream *bzip2 = stream;
	int code;

	bzip2->next_out = (char *)at;
	bzip2->avail_out = (unsigned)room;
	code = BZ2_bzDecompress(bzip2);
	*made = room - bzip2->avail_out;
	if (code == BZ_STREAM_END)
		return STEP_END;
	return code == BZ_OK ? STEP_MORE : STEP_BROKEN;
}

struct error unpack_bzip2(struct unpack_job *job)
{
	bz_stream bzip2 = {
		.next_in = (void *)(uintptr_t)job->packed.at,
		.avail_in = (unsigned)job->packed.size,
		.bzalloc = take_bzip2,
		.bzfree = give_back,
		.opaque = job->heap,
	};

	if (BZ2_bzDecompressInit(&bzip2, 0, 0) != BZ_OK)
		return unpack_broken(job);
	return run(job, &bzip2, step_bzip2);
}

/* liblzma asks for one object at a time. */
static void *take_lzma(void *heap, size_t items, size_t size)
{
	return unpack_heap_take(heap, items * size);
}

lzma_allocator unpack_lzma_allocator(struct unpack_heap *heap)
{
	return (lzma_allocator){ take_lzma, give_back, heap };
}

static enum step step_lzma(void *stream, uint8_t *at, uint64_t room, uint64_t *made)
{
	lzma_stream *lzma = stream;
	lzma_ret code;

	lzma->next_out = at;
	lzma->avail_out = room;
	code = lzma_code(lzma, LZMA_FINISH);
	*made = room - lzma->avail_out;
	if (code == LZMA_STREAM_END)
		return STEP_END;
	return code == LZMA_OK ? STEP_MORE : STEP_BROKEN;
}

struct error unpack_lzma_run(struct unpack_job *job, lzma_stream *lzma)
{
	return run(job, lzma, step_lzma);
}

uint64_t unpack_lzma_heap(uint64_t wanted)
{
	return (wanted > LZMA_LIMIT ? 0 : wanted) + LZMA_HEADERS;
}

struct error unpack_lzma_window(const struct unpack_job *job, uint64_t wanted)
{
	return error_make(ERROR_UNPACK_WINDOW, compression_name(job->compression), UNPACK_WINDOW, wanted);
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
		return unpack_lzma_window(job, lzma_memusage(&lzma));
	return error;
}
