/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * job.c: what every format's file works with: one file to unpack, and the heap of its library.
 *
 * Each format of compression_list.h has a file NAME.c with the two functions that are declared below.
 */
#ifndef LULL_SHIM_UNPACK_JOB_H
#define LULL_SHIM_UNPACK_JOB_H

#include <shim/unpack/unpack.h>

/* One file to unpack, and how much of it is unpacked. */
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

/* The errors of a job: UNPACK_BROKEN, or UNPACK_HEAP when the heap had refused something; UNPACK_LONG; UNPACK_WINDOW. */
struct error unpack_broken(const struct unpack_job *job);
struct error unpack_long(const struct unpack_job *job);
struct error unpack_window(const struct unpack_job *job, uint64_t wanted);

/*
 * unpack_NAME() unpacks a job.  `packed` begins with the format's first bytes; the size that the kernel's build appends is no
 * longer there, but for gzip, whose trailer it is.  Where the format says its own end, what lies behind is not looked at.
 * Errors: UNPACK_BROKEN, UNPACK_LONG, UNPACK_HEAP, UNPACK_WINDOW.
 * unpack_NAME_heap_size() says how many bytes of heap that takes: a constant, or what the first headers ask for.
 */
#define COMPRESSION_FORMAT(NAME, name, magic, size) \
	struct error unpack_##name(struct unpack_job *job); \
	uint64_t unpack_##name##_heap_size(struct span packed);
#include <shim/payload/compression_list.h>
#undef COMPRESSION_FORMAT

#endif
