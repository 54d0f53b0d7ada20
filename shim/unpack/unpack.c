/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/unpack/format.h>

/* The size that a kernel's build appends. */
#define APPENDED 4
#define HEAP_ALIGNMENT UINT64_C(16)

/* 4 bytes for each of at most 900000 in a block, and a state of 64 KiB (bzip2 manual, "Memory management"). */
#define HEAP_BZIP2 (UINT64_C(4) << 20)

void *unpack_heap_take(struct unpack_heap *heap, uint64_t size)
{
	void *taken = heap->at + heap->used;

	if (size > heap->size - heap->used) {
		heap->refused = heap->refused ? heap->refused : size;
		return NULL;
	}
	/* Sizes of memory are far from wrapping; the heap's end need not be aligned. */
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

struct error unpack_size(struct span packed, enum compression compression, uint64_t *size)
{
	*size = 0;
	if (compression == COMPRESSION_NONE)
		return error_make(ERROR_UNPACK_FORMAT, NULL, 0, __builtin_bswap32(span_u32(packed, 0)));
	if (packed.size < APPENDED)
		return error_make(ERROR_UNPACK_BROKEN, compression_name(compression), 0, 0);
	*size = span_u32(packed, packed.size - APPENDED);
	if (*size > UNPACK_LIMIT)
		return error_make(ERROR_UNPACK_LIMIT, NULL, UNPACK_LIMIT, *size);
	return error_none();
}

uint64_t unpack_heap_size(struct span packed, enum compression compression)
{
	switch (compression) {
	case COMPRESSION_BZIP2:
		return HEAP_BZIP2;
	case COMPRESSION_LZMA:
		return unpack_lzma_heap_size(packed);
	case COMPRESSION_XZ:
		return unpack_xz_heap_size(packed);
	case COMPRESSION_ZSTD:
		return unpack_zstd_heap_size();
	default:
		return 0;
	}
}

static struct error run(struct unpack_job *job)
{
	switch (job->compression) {
	case COMPRESSION_GZIP:
		return unpack_gzip(job);
	case COMPRESSION_BZIP2:
		return unpack_bzip2(job);
	case COMPRESSION_LZMA:
		return unpack_lzma(job);
	case COMPRESSION_XZ:
		return unpack_xz(job);
	case COMPRESSION_LZO:
		return unpack_lzo(job);
	case COMPRESSION_LZ4:
		return unpack_lz4(job);
	case COMPRESSION_ZSTD:
		return unpack_zstd(job);
	default:
		return error_make(ERROR_UNPACK_FORMAT, NULL, 0, __builtin_bswap32(span_u32(job->packed, 0)));
	}
}

struct error unpack_file(struct span packed, enum compression compression, uint8_t *out, uint64_t room,
			 struct unpack_heap *heap, uint64_t *made)
{
	struct unpack_job job = { compression, packed, out, room, 0, heap };
	struct error error = run(&job);

	*made = job.made;
	return error;
}

struct error unpack(struct span packed, enum compression compression, uint8_t *out, uint64_t size,
		    struct unpack_heap *heap)
{
	uint64_t made;

	/* A strict decoder takes the appended size for more data. */
	if (compression != COMPRESSION_GZIP && packed.size >= APPENDED)
		packed.size -= APPENDED;
	TRY(unpack_file(packed, compression, out, size, heap, &made));
	if (made != size)
		return error_make(ERROR_UNPACK_SHORT, compression_name(compression), size, made);
	return error_none();
}
