/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The .xz file format, version 1.1.0, by the functions that liblzma has for its parts (lzma/block.h, lzma/index_hash.h,
 * lzma/stream_flags.h): a header, blocks, an index, a footer.  So a block's LZMA2 data can be unpacked without the x86
 * filter, and x86_filter.c undoes the filter in the whole block at once: liblzma's own, which looks at each byte, would run a
 * sixth of all instructions.  The checksum is that of the data without the filter, so it is compared here, afterwards.
 */
#include <shim/unpack/lzma.h>
#include <shim/unpack/x86_filter.h>

/* The options of four filters, for which liblzma takes at most 112 bytes each. */
#define OPTIONS_SIZE 512
/* Section 4.1. */
#define INDEX_INDICATOR 0

/* The file, and how much of it is read. */
struct xz {
	struct unpack_job *job;
	uint64_t offset;
	lzma_stream_flags flags;
	lzma_index_hash *blocks;
	lzma_stream lzma;
};

/* A block's header, and what it points to. */
struct block {
	lzma_block header;
	lzma_filter filters[LZMA_FILTERS_MAX + 1];
	uint8_t options[OPTIONS_SIZE] __attribute__((aligned(16)));
};

static bool read_stream_header(struct span packed, lzma_stream_flags *flags)
{
	return packed.size >= LZMA_STREAM_HEADER_SIZE && lzma_stream_header_decode(flags, packed.at) == LZMA_OK;
}

/* True where no block begins but the index: its indicator is where a block has its header's size, which is never 0. */
static bool at_index(struct span packed, uint64_t offset) { return span_u8(packed, offset) == INDEX_INDICATOR; }

/* Reads the header at the offset.  False when it is broken, or not all there. */
static bool read_block_header(struct span packed, uint64_t offset, lzma_check check, struct block *block)
{
	struct unpack_heap heap = { .at = block->options, .size = OPTIONS_SIZE };
	const lzma_allocator allocator = unpack_lzma_allocator(&heap);

	block->header = (lzma_block){
		.version = 1,
		.header_size = lzma_block_header_size_decode(span_u8(packed, offset)),
		.check = check,
		.filters = block->filters,
	};
	return span_has(packed, offset, block->header.header_size) &&
	       lzma_block_header_decode(&block->header, &allocator, packed.at + offset) == LZMA_OK;
}

uint64_t unpack_xz_heap_size(struct span packed)
{
	lzma_stream_flags flags;
	struct block block;

	if (!read_stream_header(packed, &flags) || at_index(packed, LZMA_STREAM_HEADER_SIZE) ||
	    !read_block_header(packed, LZMA_STREAM_HEADER_SIZE, flags.check, &block))
		return LZMA_HEADERS;
	return unpack_lzma_heap(lzma_raw_decoder_memusage(block.filters));
}

/*
 * Takes the x86 filter and the checksum away from liblzma, where both are what we have: a filter that begins to count
 * at zero (then it has no options), and no SHA-256 nor what is not yet defined.
 */
static bool take_filter(struct block *block)
{
	const lzma_check check = block->header.check;

	if (block->filters[0].id != LZMA_FILTER_X86 || block->filters[0].options != NULL ||
	    (check != LZMA_CHECK_NONE && check != LZMA_CHECK_CRC32 && check != LZMA_CHECK_CRC64))
		return false;
	block->header.filters++;
	block->header.ignore_check = true;
	return true;
}

/* True when a block's bytes have the checksum that came behind it. */
static bool check_is_right(const lzma_block *header, const uint8_t *made, uint64_t size)
{
	const struct span check = span(header->raw_check, sizeof(header->raw_check));

	switch (header->check) {
	case LZMA_CHECK_CRC32:
		return lzma_crc32(made, size, 0) == span_u32(check, 0);
	case LZMA_CHECK_CRC64:
		return lzma_crc64(made, size, 0) == span_u64(check, 0);
	default:
		return true;
	}
}

/* Unpacks the data behind a block's header, and its checksum. */
static struct error unpack_block(struct xz *xz, lzma_block *header)
{
	struct unpack_job *job = xz->job;

	if (lzma_block_decoder(&xz->lzma, header) != LZMA_OK)
		return unpack_broken(job);
	xz->lzma.next_in = job->packed.at + xz->offset + header->header_size;
	xz->lzma.avail_in = job->packed.size - xz->offset - header->header_size;
	TRY(unpack_lzma_run(job, &xz->lzma));
	xz->offset = job->packed.size - xz->lzma.avail_in;
	return error_none();
}

/*
 * Undoes the filter that was taken away from liblzma, and enters the block in the list that the index is compared with.
 * False when its checksum is another.
 */
static bool finish_block(struct xz *xz, const lzma_block *header, bool is_taken)
{
	const uint64_t size = header->uncompressed_size;
	uint8_t *made = xz->job->out + xz->job->made - size;

	if (is_taken) {
		x86_filter_undo(made, size);
		if (!check_is_right(header, made, size))
			return false;
	}
	return lzma_index_hash_append(xz->blocks, lzma_block_unpadded_size(header), size) == LZMA_OK;
}

static struct error read_block(struct xz *xz)
{
	struct unpack_job *job = xz->job;
	struct block block;
	uint64_t memory;
	bool is_taken;

	if (!read_block_header(job->packed, xz->offset, xz->flags.check, &block))
		return unpack_broken(job);
	memory = lzma_raw_decoder_memusage(block.filters);
	/* All bits are set when no decoder has such filters. */
	if (memory > LZMA_LIMIT)
		return memory == UINT64_MAX ? unpack_broken(job) : unpack_window(job, memory);
	is_taken = take_filter(&block);
	TRY(unpack_block(xz, &block.header));
	return finish_block(xz, &block.header, is_taken) ? error_none() : unpack_broken(job);
}

/* True when the index lists the blocks that were read, and the footer ends this file. */
static bool read_end(struct xz *xz)
{
	const struct span packed = xz->job->packed;
	size_t offset = xz->offset;
	lzma_stream_flags footer;

	return lzma_index_hash_decode(xz->blocks, packed.at, &offset, packed.size) == LZMA_STREAM_END &&
	       span_has(packed, offset, LZMA_STREAM_HEADER_SIZE) &&
	       lzma_stream_footer_decode(&footer, packed.at + offset) == LZMA_OK &&
	       footer.backward_size == lzma_index_hash_size(xz->blocks) &&
	       lzma_stream_flags_compare(&xz->flags, &footer) == LZMA_OK;
}

struct error unpack_xz(struct unpack_job *job)
{
	const lzma_allocator allocator = unpack_lzma_allocator(job->heap);
	struct xz xz = { .job = job, .offset = LZMA_STREAM_HEADER_SIZE, .lzma = { .allocator = &allocator } };

	xz.blocks = lzma_index_hash_init(NULL, &allocator);
	if (xz.blocks == NULL || !read_stream_header(job->packed, &xz.flags))
		return unpack_broken(job);
	while (!at_index(job->packed, xz.offset))
		TRY(read_block(&xz));
	return read_end(&xz) ? error_none() : unpack_broken(job);
}
