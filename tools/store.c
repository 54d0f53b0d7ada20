/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include <shim/payload/elf.h>
#include <shim/payload/linux.h>
#include <shim/payload/linux_relocs.h>
#include <tools/progress.h>
#include <tools/sha256.h>
#include <tools/store.h>
#include <tools/store_lz4.h>

/* What is stored, or left out, as a whole. */
#define PIECE PAGE_SIZE
/* As Linux's own build packs by zstd. */
#define ZSTD_LEVEL 19

static const char *const how_names[STORED_HOWS] = {
	[STORED_RAW] = "raw",
	[STORED_LZ4] = "lz4",
	[STORED_ZSTD] = "zstd",
};

const char *store_how_name(enum stored_how how)
{
	return how_names[how];
}

bool store_how_of(const char *name, enum stored_how *out)
{
	for (unsigned i = STORED_RAW; i < STORED_HOWS; i++) {
		*out = i;
		if (strcmp(name, how_names[i]) == 0)
			return true;
	}
	return false;
}

static const char *open_bzimage(struct span file, struct store_subject *out)
{
	struct linux_kernel kernel;
	struct error error;

	out->origin = STORED_BZIMAGE;
	if (failed(linux_parse(file, &kernel)) || failed(linux_check_compressed(&kernel)) ||
	    kernel.compression == COMPRESSION_NONE)
		return "it has no compressed kernel in it";
	if (!unpacked_kernel(kernel.compressed, kernel.compression, &out->unpacked, &error))
		return "there is not enough memory to unpack it";
	span_cut(file, 0, kernel.code_offset, &out->setup);
	return failed(error) ? "it cannot be unpacked" : NULL;
}

static const char *open_compressed(struct span file, struct store_subject *out)
{
	const enum compression compression = compression_of(file);
	struct error error;

	out->origin = STORED_COMPRESSED;
	if (!unpacked_file(file, compression, &out->unpacked, &error))
		return "there is not enough memory to unpack it";
	return failed(error) ? "it cannot be unpacked" : NULL;
}

const char *store_open(struct span original, struct store_subject *out)
{
	const char *why;

	*out = (struct store_subject){ .original = original, .origin = STORED_ELF, .elf = original };
	if (elf_is(original))
		return NULL;
	why = linux_is(original) ? open_bzimage(original, out) : open_compressed(original, out);
	out->elf = span(out->unpacked.at, out->unpacked.size);
	if (!why && !elf_is(out->elf))
		return "what is in it is no ELF file";
	return why;
}

/* Where the file's first byte is when most of its bytes are where they are linked; 0 where that cannot be. */
static uint64_t load_address(struct span file)
{
	uint64_t most = 0, load = 0;
	struct elf_image elf;
	struct range where;

	if (failed(elf_parse(file, &elf)))
		return 0;
	for (uint32_t i = 0; i < elf.segment_count; i++) {
		const struct elf_segment *segment = &elf.segment[i];
		const uint64_t start = segment->memory.start - segment->offset;

		if (segment->file_size <= most || segment->memory.start < segment->offset || start % PAGE_SIZE != 0)
			continue;
		if (!range_make(start, file.size, &where) || where.end > 4 * GIB)
			continue;
		most = segment->file_size;
		load = start;
	}
	return load;
}

/* The memory that a kernel with relocations takes; it is none where lull would refuse them, and say why. */
static struct range movable_memory(struct span file)
{
	struct linux_relocs relocs;
	struct elf_image elf;

	if (failed(elf_parse(file, &elf)) || failed(linux_relocs_find(&elf, &relocs)) || relocs.lists == 0 ||
	    elf.memory.end > 4 * GIB)
		return (struct range){ 0, 0 };
	return elf.memory;
}

static bool is_zero(struct span file, uint64_t at)
{
	static const uint8_t zeros[PIECE];
	const uint64_t left = file.size - at;

	return memcmp(file.at + at, zeros, left < PIECE ? left : PIECE) == 0;
}

/* The first extent at or behind `from`; of no size when all the rest is zero. */
static struct stored_extent next_extent(struct span file, uint64_t from, enum stored_how how)
{
	struct stored_extent extent = { .offset = from, .how = how };
	uint64_t end;

	while (extent.offset < file.size && is_zero(file, extent.offset))
		extent.offset += PIECE;
	for (end = extent.offset; end < file.size && !is_zero(file, end); end += PIECE)
		;
	end = end < file.size ? end : file.size;
	extent.size = end > extent.offset ? end - extent.offset : 0;
	return extent;
}

static uint64_t bound_of(uint64_t size, enum stored_how how)
{
	if (how == STORED_RAW)
		return size;
	return how == STORED_LZ4 ? store_lz4_bound(size) : ZSTD_compressBound(size);
}

/* Writes an extent's bytes, and notes how many. */
static bool store_extent(struct span file, struct stored_extent *extent, uint8_t *out)
{
	const struct span plain = span(file.at + extent->offset, extent->size);

	if (extent->how == STORED_LZ4)
		return store_lz4(plain, out, &extent->stored_size);
	if (extent->how == STORED_RAW) {
		memcpy(out, plain.at, plain.size);
		extent->stored_size = plain.size;
		return true;
	}
	extent->stored_size = ZSTD_compress(out, bound_of(plain.size, STORED_ZSTD), plain.at, plain.size, ZSTD_LEVEL);
	return !ZSTD_isError(extent->stored_size);
}

/* The number of extents, and the most bytes that they can take. */
static uint32_t count_extents(struct span file, enum stored_how how, uint64_t *bound)
{
	struct stored_extent extent;
	uint32_t count = 0;

	*bound = 0;
	for (uint64_t at = 0; (extent = next_extent(file, at, how)).size != 0; at = extent.offset + extent.size) {
		*bound += bound_of(extent.size, how);
		count++;
	}
	return count;
}

/* Writes the table and the bytes behind it, from `at` on.  Returns the end; 0 when there is no memory. */
static uint64_t store_extents(const struct store_subject *subject, enum stored_how how, uint32_t count, uint8_t *file)
{
	uint64_t table = sizeof(struct stored_header), from = 0;
	uint64_t at = table + count * sizeof(struct stored_extent) + subject->setup.size;

	for (uint32_t i = 0; i < count; i++, table += sizeof(struct stored_extent)) {
		struct stored_extent extent = next_extent(subject->elf, from, how);

		progress_step(extent.offset, subject->elf.size);
		if (!store_extent(subject->elf, &extent, file + at))
			return 0;
		memcpy(file + table, &extent, sizeof(extent));
		at += extent.stored_size;
		from = extent.offset + extent.size;
	}
	if (subject->setup.size != 0)
		memcpy(file + table, subject->setup.at, subject->setup.size);
	return at;
}

static void write_header(const struct store_subject *subject, uint32_t count, uint64_t size, uint8_t *file)
{
	const uint64_t covered = offsetof(struct stored_header, unpacked_size);
	const struct range memory = movable_memory(subject->elf);
	struct stored_header header = {
		.version = STORED_VERSION,
		.size = size,
		.unpacked_size = subject->elf.size,
		.load = load_address(subject->elf),
		.original_size = subject->original.size,
		.origin = subject->origin,
		.extent_count = count,
		.setup_size = subject->setup.size,
		.memory_start = memory.start,
		.memory_size = range_size(memory),
	};

	memcpy(header.magic, STORED_MAGIC, STORED_MAGIC_SIZE);
	sha256(subject->original, header.original_sha256);
	memcpy(file, &header, sizeof(header));
	header.checksum = stored_checksum(span(file + covered, size - covered));
	memcpy(file, &header, sizeof(header));
}

bool store_make(const struct store_subject *subject, enum stored_how how, struct span *out)
{
	uint64_t bound, end;
	const uint32_t count = count_extents(subject->elf, how, &bound);
	uint8_t *file = calloc(1, sizeof(struct stored_header) + count * sizeof(struct stored_extent) + subject->setup.size +
			       bound + STORED_ALIGNMENT);

	*out = span(NULL, 0);
	if (!file)
		return false;
	end = store_extents(subject, how, count, file);
	if (end == 0) {
		free(file);
		return false;
	}
	round_up(end, STORED_ALIGNMENT, &end);
	write_header(subject, count, end, file);
	*out = span(file, end);
	return true;
}
