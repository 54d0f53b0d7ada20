/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RFC 1952 around RFC 1951: libdeflate unpacks the data; the header and the checksums are read here, so that its own
 * CRC-32, which is larger than all it does here, is not linked.
 */
#include <libdeflate.h>
#include <lzma.h>

#include <shim/unpack/job.h>

/* RFC 1952, section 2.3: ID1, ID2, CM, FLG, MTIME, XFL, OS; and the trailer, CRC32 and ISIZE. */
#define HEADER_SIZE    10
#define METHOD         2
#define METHOD_DEFLATE 8
#define FLAGS          3
#define TRAILER_SIZE   8
/* Section 2.3.1.  FTEXT, bit 0, is only a hint. */
#define FLAG_HEADER_CRC 0x02
#define FLAG_EXTRA      0x04
#define FLAG_NAME       0x08
#define FLAG_COMMENT    0x10
#define FLAGS_RESERVED  0xe0

/* Steps over bytes up to a zero and over the zero; to the end when there is none. */
static void skip_text(struct span packed, uint64_t *offset)
{
	while (*offset < packed.size && packed.at[(*offset)++] != 0)
		;
}

/* Finds where the header ends.  False when it does not end inside the file, is damaged, or is of a later gzip. */
static bool read_header(struct span packed, uint64_t *offset)
{
	const uint8_t flags = span_u8(packed, FLAGS);

	*offset = HEADER_SIZE;
	if (!span_has(packed, 0, HEADER_SIZE) || span_u8(packed, METHOD) != METHOD_DEFLATE || flags & FLAGS_RESERVED)
		return false;
	if (flags & FLAG_EXTRA)
		*offset += 2 + span_u16(packed, *offset);
	if (flags & FLAG_NAME)
		skip_text(packed, offset);
	if (flags & FLAG_COMMENT)
		skip_text(packed, offset);
	if (flags & FLAG_HEADER_CRC) {
		if (!span_has(packed, *offset, 2) ||
		    (uint16_t)lzma_crc32(packed.at, *offset, 0) != span_u16(packed, *offset))
			return false;
		*offset += 2;
	}
	return *offset <= packed.size;
}

/* Unpacks all of `deflated`, which may have more behind it, and says how many bytes of it that took. */
static enum libdeflate_result inflate(struct unpack_job *job, struct span deflated, uint64_t *taken)
{
	struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
	enum libdeflate_result result = LIBDEFLATE_BAD_DATA;

	if (decompressor != NULL)
		result = libdeflate_deflate_decompress_ex(decompressor, deflated.at, deflated.size, job->out, job->room,
							  taken, &job->made);
	else
		/* It does not say how much it wanted. */
		job->heap->refused = 1;
	libdeflate_free_decompressor(decompressor);
	return result;
}

struct error unpack_gzip(struct unpack_job *job)
{
	struct span deflated, trailer;
	uint64_t offset, taken;
	enum libdeflate_result result;

	if (!read_header(job->packed, &offset))
		return unpack_broken(job);
	span_cut(job->packed, offset, job->packed.size - offset, &deflated);
	result = inflate(job, deflated, &taken);
	if (result == LIBDEFLATE_INSUFFICIENT_SPACE)
		return unpack_long(job);
	if (result != LIBDEFLATE_SUCCESS || !span_cut(deflated, taken, TRAILER_SIZE, &trailer) ||
	    span_u32(trailer, 0) != lzma_crc32(job->out, job->made, 0) || span_u32(trailer, 4) != (uint32_t)job->made)
		return unpack_broken(job);
	return error_none();
}

uint64_t unpack_gzip_heap_size(struct span packed)
{
	(void)packed;
	return 0;
}
