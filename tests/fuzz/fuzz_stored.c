/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel as lull pack stores it, with a right checksum in any case: what is behind it must be as safe without one. */
#include <shim/unpack/extents.h>
#include <string.h>

#include "fuzz.h"

#define ROOM (UINT64_C(1) << 20)

static void unpack_sealed(const struct stored *stored)
{
	struct unpack_heap heap = { .size = unpack_extents_heap_size(stored) };
	uint8_t *out = malloc(stored->header.unpacked_size + 1);

	heap.at = malloc(heap.size + 1);
	out[stored->header.unpacked_size] = 0xa5;
	unpack_extents(stored, out, &heap);
	PROMISE(out[stored->header.unpacked_size] == 0xa5 && heap.used <= heap.size);
	free(heap.at);
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint64_t covered = offsetof(struct stored_header, unpacked_size);
	uint8_t *copy = malloc(size + 1);
	struct stored stored;

	memcpy(copy, data, size);
	if (!failed(stored_parse(span(copy, size), &stored))) {
		const uint64_t sum = stored_checksum(span(copy + covered, stored.file.size - covered));

		PROMISE(lies_in(span(copy, size), stored.file) && lies_in(stored.file, stored.setup));
		PROMISE(lies_in(stored.file, stored.data) && lies_in(stored.file, stored.extents));
		PROMISE(failed(stored_verify(&stored)) == (sum != stored.header.checksum));
		stored.header.checksum = sum;
		if (stored.header.unpacked_size <= ROOM)
			unpack_sealed(&stored);
	}
	free(copy);
	return 0;
}
