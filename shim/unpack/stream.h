/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stream.c: for libraries that keep a state between calls (libbz2, liblzma).
 */
#ifndef LULL_SHIM_UNPACK_STREAM_H
#define LULL_SHIM_UNPACK_STREAM_H

#include <shim/unpack/job.h>

enum stream_step { STREAM_MORE, STREAM_END, STREAM_BROKEN };

/* One call of a library: makes at most `room` bytes at `at`, and says how many it made. */
typedef enum stream_step (*stream_function)(void *stream, uint8_t *at, uint64_t room, uint64_t *made);

/*
 * Runs a stream to its end; what it makes is put behind what the job has made.  Offers one spare byte after the output is
 * full: some decoders report the end only when asked again.  Errors: UNPACK_BROKEN, UNPACK_LONG, UNPACK_HEAP.
 */
struct error unpack_steps(struct unpack_job *job, void *stream, stream_function step);

/* Gives nothing back: the whole heap is given back at once. */
void unpack_give_back(void *heap, void *taken);

#endif
