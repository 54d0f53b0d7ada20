/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/payload/stored.h>

bool stored_is(struct span file)
{
	return span_is(file, 0, STORED_MAGIC, STORED_MAGIC_SIZE);
}

static struct error stored_wrong(const char *field, uint64_t found)
{
	return error_make(ERROR_STORED_FIELD, field, 0, found);
}

struct stored_extent stored_extent(const struct stored *stored, uint32_t index)
{
	struct stored_extent extent;

	__builtin_memcpy(&extent, stored->extents.at + index * sizeof(extent), sizeof(extent));
	return extent;
}

static struct error check_header(const struct stored_header *header, uint64_t file_size)
{
	struct range where;

	if (header->version != STORED_VERSION)
		return stored_wrong("version 2", header->version);
	if (header->reserved != 0)
		return stored_wrong("0 in the reserved field", header->reserved);
	if (header->size < sizeof(*header) || header->size > file_size || header->size % STORED_ALIGNMENT != 0)
		return stored_wrong("a size of whole stripes that its file has", header->size);
	if (header->unpacked_size > STORED_LIMIT)
		return error_make(ERROR_UNPACK_LIMIT, NULL, STORED_LIMIT, header->unpacked_size);
	if (!range_make(header->load, header->unpacked_size, &where) || where.end > 4 * GIB || header->load % PAGE_SIZE != 0)
		return stored_wrong("an address below 4 GiB to unpack it to", header->load);
	if (!range_make(header->memory_start, header->memory_size, &where) || where.end > 4 * GIB)
		return stored_wrong("memory below 4 GiB where it is linked", header->memory_start);
	if (header->origin < STORED_BZIMAGE || header->origin > STORED_COMPRESSED)
		return stored_wrong("a known kind of file as what it was", header->origin);
	if ((header->origin == STORED_BZIMAGE) != (header->setup_size != 0))
		return stored_wrong("setup code just when it was a bzImage", header->setup_size);
	return error_none();
}

/* The parts lie one behind the other, and the file ends in less than a stripe of zeros, which the checksum covers. */
static struct error cut_parts(struct stored *out)
{
	const struct stored_header *header = &out->header;
	uint64_t at = sizeof(*header);

	/* 2^32 entries of 32 bytes do not wrap. */
	if (!span_cut(out->file, at, header->extent_count * sizeof(struct stored_extent), &out->extents))
		return stored_wrong("a table of extents inside its size", header->extent_count);
	at += out->extents.size;
	if (!span_cut(out->file, at, header->setup_size, &out->setup))
		return stored_wrong("setup code inside its size", header->setup_size);
	at += out->setup.size;
	span_cut(out->file, at, out->file.size - at, &out->data);
	return error_none();
}

static struct error check_extent(const struct stored_extent *extent, uint64_t from, uint64_t limit, uint64_t data_left)
{
	struct range range;

	if (!range_make(extent->offset, extent->size, &range) || range_empty(range) || range.start < from || range.end > limit)
		return stored_wrong("extents that ascend inside the unpacked file", extent->offset);
	if (extent->stored_size > data_left)
		return stored_wrong("extents whose bytes are inside its size", extent->stored_size);
	if (extent->how < STORED_RAW || extent->how >= STORED_HOWS || extent->reserved != 0)
		return stored_wrong("extents stored in a known way", extent->how);
	if (extent->how == STORED_RAW && extent->stored_size != extent->size)
		return stored_wrong("raw extents with as many bytes as they make", extent->stored_size);
	return error_none();
}

static struct error check_extents(const struct stored *stored)
{
	uint64_t from = 0, left = stored->data.size;

	for (uint32_t i = 0; i < stored->header.extent_count; i++) {
		const struct stored_extent extent = stored_extent(stored, i);

		TRY(check_extent(&extent, from, stored->header.unpacked_size, left));
		from = extent.offset + extent.size;
		left -= extent.stored_size;
	}
	return left < STORED_ALIGNMENT ? error_none() : stored_wrong("no bytes behind its extents", left);
}

struct error stored_parse(struct span file, struct stored *out)
{
	*out = (struct stored){ 0 };
	if (!span_has(file, 0, sizeof(out->header)))
		return stored_wrong("a whole header", file.size);
	__builtin_memcpy(&out->header, file.at, sizeof(out->header));
	TRY(check_header(&out->header, file.size));
	out->file = span(file.at, out->header.size);
	TRY(cut_parts(out));
	return check_extents(out);
}

struct error stored_verify(const struct stored *stored)
{
	const uint64_t at = offsetof(struct stored_header, unpacked_size);
	const uint64_t sum = stored_checksum(span(stored->file.at + at, stored->file.size - at));

	if (sum != stored->header.checksum)
		return error_make(ERROR_STORED_CHECKSUM, NULL, stored->header.checksum, sum);
	return error_none();
}
