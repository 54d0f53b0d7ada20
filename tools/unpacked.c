/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include <tools/unpacked.h>

/* A file's first guess; most are packed to no less than a quarter. */
#define FIRST_RATIO 4
/* Room for small files, whose ratio says nothing. */
#define FIRST_ROOM (UINT64_C(64) << 10)

/* False: no memory.  Both are to be freed in any case; no size is still a block. */
static bool allocate(uint64_t heap_size, uint64_t room, struct unpacked *out, struct unpack_heap *heap)
{
	*heap = (struct unpack_heap){ .size = heap_size };
	heap->at = malloc(heap->size + 1);
	out->at = malloc(room + 1);
	return heap->at && out->at;
}

bool unpacked_kernel(struct span packed, enum compression compression, struct unpacked *out, struct error *error)
{
	struct unpack_heap heap;
	bool has_memory;

	*out = (struct unpacked){ .at = NULL };
	*error = unpack_size(packed, compression, &out->size);
	if (failed(*error))
		return true;
	has_memory = allocate(unpack_heap_size(packed, compression), out->size, out, &heap);
	if (has_memory)
		*error = unpack(packed, compression, out->at, out->size, &heap);
	free(heap.at);
	return has_memory;
}

static bool unpack_into(struct span packed, enum compression compression, uint64_t room, struct unpacked *out,
			struct error *error)
{
	struct unpack_heap heap;
	const bool has_memory = allocate(unpack_heap_size(packed, compression), room, out, &heap);

	if (has_memory)
		*error = unpack_file(packed, compression, out->at, room, &heap, &out->size);
	free(heap.at);
	return has_memory;
}

/* Nobody says how large it gets, so it has twice the room until it fits. */
bool unpacked_file(struct span packed, enum compression compression, struct unpacked *out, struct error *error)
{
	uint64_t room = packed.size * FIRST_RATIO + FIRST_ROOM;
	bool has_memory;

	for (;; room *= 2) {
		*out = (struct unpacked){ .at = NULL };
		room = room < UNPACK_LIMIT ? room : UNPACK_LIMIT;
		has_memory = unpack_into(packed, compression, room, out, error);
		if (!has_memory || error->code != ERROR_UNPACK_LONG || room == UNPACK_LIMIT)
			return has_memory;
		unpacked_release(out);
	}
}

bool unpacked_stored(const struct stored *stored, struct unpacked *out, struct error *error)
{
	struct unpack_heap heap;
	bool has_memory;

	*out = (struct unpacked){ .size = stored->header.unpacked_size };
	has_memory = allocate(unpack_extents_heap_size(stored), out->size, out, &heap);
	*error = has_memory ? unpack_extents(stored, out->at, &heap) : error_none();
	free(heap.at);
	return has_memory;
}

void unpacked_release(struct unpacked *out)
{
	free(out->at);
	*out = (struct unpacked){ .at = NULL };
}
