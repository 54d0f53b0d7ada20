/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/unpack/job.h>

/* The size that a kernel's build appends. */
#define APPENDED 4

static const struct {
	struct error (*unpack)(struct unpack_job *job);
	uint64_t (*heap_size)(struct span packed);
} formats[COMPRESSIONS] = {
#define COMPRESSION_FORMAT(NAME, name, magic, size) [COMPRESSION_##NAME] = { unpack_##name, unpack_##name##_heap_size },
#include <shim/payload/compression_list.h>
#undef COMPRESSION_FORMAT
};

static struct error unknown(struct span packed)
{
	return error_make(ERROR_UNPACK_FORMAT, NULL, 0, __builtin_bswap32(span_u32(packed, 0)));
}

struct error unpack_size(struct span packed, enum compression compression, uint64_t *size)
{
	*size = 0;
	if (compression == COMPRESSION_NONE)
		return unknown(packed);
	if (packed.size < APPENDED)
		return error_make(ERROR_UNPACK_BROKEN, compression_name(compression), 0, 0);
	*size = span_u32(packed, packed.size - APPENDED);
	if (*size > UNPACK_LIMIT)
		return error_make(ERROR_UNPACK_LIMIT, NULL, UNPACK_LIMIT, *size);
	return error_none();
}

uint64_t unpack_heap_size(struct span packed, enum compression compression)
{
	return compression == COMPRESSION_NONE ? 0 : formats[compression].heap_size(packed);
}

struct error unpack_file(struct span packed, enum compression compression, uint8_t *out, uint64_t room,
			 struct unpack_heap *heap, uint64_t *made)
{
	struct unpack_job job = { compression, packed, out, room, 0, heap };
	struct error error;

	*made = 0;
	if (compression == COMPRESSION_NONE)
		return unknown(packed);
	error = formats[compression].unpack(&job);
	*made = job.made;
	return error;
}

struct error unpack(struct span packed, enum compression compression, uint8_t *out, uint64_t size,
		    struct unpack_heap *heap)
{
	uint64_t made;

	/* Without the appended size, which a strict decoder would take for more data. */
	if (compression != COMPRESSION_GZIP && packed.size >= APPENDED)
		packed.size -= APPENDED;
	TRY(unpack_file(packed, compression, out, size, heap, &made));
	if (made != size)
		return error_make(ERROR_UNPACK_SHORT, compression_name(compression), size, made);
	return error_none();
}
