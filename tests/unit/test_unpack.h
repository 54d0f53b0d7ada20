/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unpacks what a test has packed, into exactly as much memory as it says. */
#ifndef LULL_TESTS_TEST_UNPACK_H
#define LULL_TESTS_TEST_UNPACK_H

#include <libdeflate.h>
#include <lzma.h>
#include <stdlib.h>

#include "unit.h"
#include "builder.h"
#include "packer.h"

#include <core/addr.h>
#include <shim/unpack/job.h>

#define PLAIN_SIZE 300000
#define FORMATS COMPRESSIONS
#define ALL_FORMATS(name) for (enum compression name = COMPRESSION_GZIP; name < FORMATS; name++)

static struct file plain;

static inline int set_up(void **state)
{
	(void)state;
	plain = plain_bytes(PLAIN_SIZE);
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	file_free(&plain);
	return 0;
}

/* Unpacks with a heap of `heap_size` bytes to memory of exactly `size` bytes, which the caller frees. */
static inline struct error unpack_with(struct span packed, enum compression compression, uint64_t size, uint64_t heap_size,
				struct file *out)
{
	struct file memory = file_new(heap_size);
	struct unpack_heap heap = { .at = memory.at, .size = heap_size };
	struct error error;

	*out = file_new(size);
	error = unpack(packed, compression, out->at, size, &heap);
	assert_true(heap.used <= heap.size);
	file_free(&memory);
	return error;
}

/* The same with the heap that it says it needs, and the result thrown away. */
static inline struct error try_unpack(struct span packed, enum compression compression, uint64_t size)
{
	struct file out;
	struct error error = unpack_with(packed, compression, size, unpack_heap_size(packed, compression), &out);

	file_free(&out);
	return error;
}

#endif
