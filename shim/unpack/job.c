/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/unpack/job.h>

#define HEAP_ALIGNMENT UINT64_C(16)

void *unpack_heap_take(struct unpack_heap *heap, uint64_t size)
{
	void *taken = heap->at + heap->used;

	if (size > heap->size - heap->used) {
		heap->refused = heap->refused ? heap->refused : size;
		return NULL;
	}
	/* The sum cannot wrap: sizes of memory are far below 2^64.  The heap's end need not be aligned. */
	size = (size + HEAP_ALIGNMENT - 1) & ~(HEAP_ALIGNMENT - 1);
	heap->used = size < heap->size - heap->used ? heap->used + size : heap->size;
	return taken;
}

struct error unpack_broken(const struct unpack_job *job)
{
	const struct unpack_heap *heap = job->heap;
	const char *name = compression_name(job->compression);

	if (heap->refused != 0)
		return error_make(ERROR_UNPACK_HEAP, name, heap->used + heap->refused, heap->size);
	return error_make(ERROR_UNPACK_BROKEN, name, 0, job->made);
}

struct error unpack_long(const struct unpack_job *job)
{
	return error_make(ERROR_UNPACK_LONG, compression_name(job->compression), job->room, job->room);
}

struct error unpack_window(const struct unpack_job *job, uint64_t wanted)
{
	return error_make(ERROR_UNPACK_WINDOW, compression_name(job->compression), UNPACK_WINDOW, wanted);
}
