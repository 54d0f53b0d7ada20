/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A compressed kernel of any format, with a heap that is too small for large dictionaries and room for small output. */
#include <shim/unpack/unpack.h>

#include "fuzz.h"

#define HEAP (UINT64_C(4) << 20)
#define ROOM (UINT64_C(1) << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span packed = span(data, size);
	enum compression compression = compression_of(packed);
	struct unpack_heap heap = { .at = malloc(HEAP), .size = unpack_heap_size(packed, compression) };
	uint64_t wanted;

	if (heap.size > HEAP)
		heap.size = HEAP;
	if (!failed(unpack_size(packed, compression, &wanted))) {
		uint8_t *out = malloc(wanted < ROOM ? wanted : ROOM);

		unpack(packed, compression, out, wanted < ROOM ? wanted : ROOM, &heap);
		PROMISE(heap.used <= heap.size);
		free(out);
	}
	free(heap.at);
	return 0;
}
