/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What unpack.c asks of each format: unpack_gzip.c has gzip, unpack_stream.c bzip2 and LZMA, whose libraries keep a state
 * and a heap between calls, unpack_xz.c XZ, unpack_block.c those that unpack whole blocks or frames to where they belong.
 */
#ifndef LULL_SHIM_UNPACK_FORMAT_H
#define LULL_SHIM_UNPACK_FORMAT_H

#include <shim/unpack/unpack.h>

/* One file to unpack, and how far that is. */
struct unpack_job {
	enum compression compression;
	struct span packed;
	uint8_t *out;
	uint64_t room;
	uint64_t made;
	struct unpack_heap *heap;
};

/* Takes `size` bytes off the heap, aligned 16; NULL when it has not so many. */
void *unpack_heap_take(struct unpack_heap *heap, uint64_t size);

/* The errors of a job: UNPACK_BROKEN, or UNPACK_HEAP when the heap had refused something; UNPACK_LONG. */
struct error unpack_broken(const struct unpack_job *job);
struct error unpack_long(const struct unpack_job *job);

/* gzip.  Errors: UNPACK_BROKEN, UNPACK_LONG, UNPACK_HEAP (libdeflate's own allocation failed). */
struct error unpack_gzip(struct unpack_job *job);

/* bzip2, LZMA, XZ.  Errors: UNPACK_BROKEN, UNPACK_LONG, UNPACK_WINDOW, UNPACK_HEAP. */
struct error unpack_bzip2(struct unpack_job *job);
struct error unpack_lzma(struct unpack_job *job);
struct error unpack_xz(struct unpack_job *job);
/* Bytes of heap that the first headers of LZMA or XZ data ask for. */
uint64_t unpack_lzma_heap_size(struct span packed);
uint64_t unpack_xz_heap_size(struct span packed);

/* LZO (an lzop file), LZ4 (the legacy frame), zstd.  The same errors. */
struct error unpack_lzo(struct unpack_job *job);
struct error unpack_lz4(struct unpack_job *job);
struct error unpack_zstd(struct unpack_job *job);
uint64_t unpack_zstd_heap_size(void);

#endif
