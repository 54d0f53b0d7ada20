/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lzma.c and xz.c share: how liblzma's decoders run, and what they may take. */
#ifndef LULL_SHIM_UNPACK_LZMA_H
#define LULL_SHIM_UNPACK_LZMA_H

#include <lzma.h>

#include <shim/unpack/job.h>

/* liblzma counts a decoder's state of less than 128 KiB with the dictionary. */
#define LZMA_LIMIT (UNPACK_WINDOW + (UINT64_C(128) << 10))
/* What liblzma takes from the heap before it knows the dictionary's size, with room to spare. */
#define LZMA_HEADERS 8192

/* Takes from the heap; nothing is given back. */
lzma_allocator unpack_lzma_allocator(struct unpack_heap *heap);

/* Bytes of heap for a decoder that wants `wanted`.  More than LZMA_LIMIT is not given, so that such a decoder is refused. */
uint64_t unpack_lzma_heap(uint64_t wanted);

/*
 * Runs a decoder that was opened, and has its input, to its end; what it makes is put behind what the job has made.
 * Errors: UNPACK_BROKEN, UNPACK_LONG, UNPACK_HEAP.
 */
struct error unpack_lzma_run(struct unpack_job *job, lzma_stream *lzma);

#endif
