/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include <bzlib.h>
#include <libdeflate.h>
#include <lz4.h>
#include <lzma.h>
#include <lzo/lzo1x.h>
#include <zstd.h>

#include <tests/unit/packer.h>

/* What the formats add to data that does not pack, and more. */
static uint64_t enough(uint64_t size) { return size + size / 8 + 4096; }

static void need(bool condition)
{
	if (!condition)
		abort();
}

static void put_big(struct file *file, uint64_t value, unsigned bytes)
{
	while (bytes-- > 0) {
		uint8_t byte = (uint8_t)(value >> 8 * bytes);

		file_append(file, &byte, 1);
	}
}

static uint64_t gzip(struct span plain, uint8_t *out, uint64_t room)
{
	struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(9);
	uint64_t made;

	need(compressor != NULL);
	made = libdeflate_gzip_compress(compressor, plain.at, plain.size, out, room);
	need(made != 0);
	libdeflate_free_compressor(compressor);
	return made;
}

static uint64_t bzip2(struct span plain, uint8_t *out, uint64_t room)
{
	unsigned made = (unsigned)room;

	need(BZ2_bzBuffToBuffCompress((char *)out, &made, (char *)(uintptr_t)plain.at, (unsigned)plain.size, 9, 0, 0) ==
	     BZ_OK);
	return made;
}

static uint64_t lzma(enum compression compression, struct span plain, uint32_t dictionary, uint8_t *out, uint64_t room)
{
	lzma_options_lzma options;
	lzma_filter filters[] = {
		{ LZMA_FILTER_X86, NULL }, { LZMA_FILTER_LZMA2, &options }, { LZMA_VLI_UNKNOWN, NULL },
	};
	lzma_stream stream = LZMA_STREAM_INIT;

	need(!lzma_lzma_preset(&options, 1));
	options.dict_size = dictionary;
	if (compression == COMPRESSION_LZMA)
		need(lzma_alone_encoder(&stream, &options) == LZMA_OK);
	else
		need(lzma_stream_encoder(&stream, filters, LZMA_CHECK_CRC32) == LZMA_OK);
	stream.next_in = plain.at;
	stream.avail_in = plain.size;
	stream.next_out = out;
	stream.avail_out = room;
	need(lzma_code(&stream, LZMA_FINISH) == LZMA_STREAM_END);
	lzma_end(&stream);
	return room - stream.avail_out;
}

/* With a checksum, as the zstd program makes it for the kernel's build. */
static uint64_t zstd(struct span plain, uint8_t *out, uint64_t room)
{
	ZSTD_CCtx *context = ZSTD_createCCtx();
	uint64_t size;

	need(!ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)));
	size = ZSTD_compress2(context, out, room, plain.at, plain.size);
	need(!ZSTD_isError(size));
	ZSTD_freeCCtx(context);
	return size;
}

static void lz4_legacy(struct span plain, struct file *out)
{
	static const uint64_t block_size = 8 << 20;

	put_big(out, 0x02214c18, 4);
	for (uint64_t at = 0; at < plain.size; at += block_size) {
		int size = (int)(plain.size - at < block_size ? plain.size - at : block_size);
		int room = LZ4_compressBound(size);
		char *block = malloc((size_t)room);
		uint32_t made = (uint32_t)LZ4_compress_default((const char *)plain.at + at, block, size, room);

		file_append(out, &made, 4);
		file_append(out, block, made);
		free(block);
	}
}

static void lzop_block(struct span plain, struct lzop_form form, struct file *out)
{
	uint8_t *work = malloc(LZO1X_1_MEM_COMPRESS), *packed = malloc(enough(plain.size));
	unsigned checksums = !!(form.flags & 0x1) + !!(form.flags & 0x100);
	lzo_uint size;

	need(lzo1x_1_compress(plain.at, plain.size, packed, &size, work) == LZO_E_OK);
	if (size < plain.size)
		checksums += !!(form.flags & 0x2) + !!(form.flags & 0x200);
	put_big(out, plain.size, 4);
	put_big(out, size < plain.size ? size : plain.size, 4);
	for (unsigned i = 0; i < checksums; i++)
		put_big(out, 0xeeeeeeee, 4);
	file_append(out, size < plain.size ? packed : plain.at, size < plain.size ? size : plain.size);
	free(work);
	free(packed);
}

struct file pack_lzop(struct span plain, struct lzop_form form)
{
	struct file out = file_of("\x89LZO\0\r\n\x1a\n", 9);
	const uint64_t step = form.block ? form.block : 256 << 10;

	put_big(&out, form.version, 2);
	put_big(&out, 0x20a0, 2);
	if (form.version >= 0x940)
		put_big(&out, 0x0940, 2);
	put_big(&out, 1, 1);
	if (form.version >= 0x940)
		put_big(&out, 5, 1);
	put_big(&out, form.flags, 4);
	put_big(&out, 0100644, 4);
	put_big(&out, 0, form.version >= 0x940 ? 8 : 4);
	put_big(&out, 4, 1);
	put_big(&out, 0x6e616d65, 4);
	put_big(&out, 0, 4);
	for (uint64_t at = 0; at < plain.size; at += step) {
		struct span part;

		span_cut(plain, at, plain.size - at < step ? plain.size - at : step, &part);
		lzop_block(part, form, &out);
	}
	put_big(&out, 0, 4);
	return out;
}

static struct file shortened(uint8_t *bytes, uint64_t size)
{
	struct file file = file_of(bytes, size);

	free(bytes);
	return file;
}

struct file pack_lzma(enum compression compression, struct span plain, uint32_t dictionary)
{
	uint64_t room = enough(plain.size);
	uint8_t *bytes = malloc(room);

	return shortened(bytes, lzma(compression, plain, dictionary, bytes, room));
}

/* What writes so many bytes to memory that has room for them. */
static struct file packed_by(uint64_t (*write)(struct span plain, uint8_t *out, uint64_t room), struct span plain)
{
	uint64_t room = enough(plain.size);
	uint8_t *bytes = malloc(room);

	return shortened(bytes, write(plain, bytes, room));
}

static struct file pack_gzip(struct span plain) { return packed_by(gzip, plain); }
static struct file pack_bzip2(struct span plain) { return packed_by(bzip2, plain); }
static struct file pack_zstd(struct span plain) { return packed_by(zstd, plain); }
static struct file pack_old_lzma(struct span plain) { return pack_lzma(COMPRESSION_LZMA, plain, 1 << 20); }
static struct file pack_xz(struct span plain) { return pack_lzma(COMPRESSION_XZ, plain, 1 << 20); }

static struct file pack_lzo(struct span plain)
{
	return pack_lzop(plain, (struct lzop_form){ .flags = 0x0103, .version = 0x1040 });
}

static struct file pack_lz4(struct span plain)
{
	struct file out = file_new(0);

	lz4_legacy(plain, &out);
	return out;
}

/*
 * Of a format with checksums, only bits that say nothing of the kernel go unnoticed: gzip's time and system, and nothing
 * in the others.
 */
static const struct {
	struct file (*pack)(struct span plain);
	unsigned noticed;
} packers[COMPRESSIONS] = {
	[COMPRESSION_GZIP] = { pack_gzip, 190 },   [COMPRESSION_BZIP2] = { pack_bzip2, 200 },
	[COMPRESSION_LZMA] = { pack_old_lzma, 1 }, [COMPRESSION_XZ] = { pack_xz, 200 },
	[COMPRESSION_LZO] = { pack_lzo, 1 },	   [COMPRESSION_LZ4] = { pack_lz4, 1 },
	[COMPRESSION_ZSTD] = { pack_zstd, 200 },
};

struct file pack_bytes(enum compression compression, struct span plain) { return packers[compression].pack(plain); }

unsigned pack_noticed(enum compression compression) { return packers[compression].noticed; }

struct file pack_kernel(enum compression compression, struct span plain)
{
	struct file file = pack_bytes(compression, plain);
	const uint32_t size = (uint32_t)plain.size;

	if (compression != COMPRESSION_GZIP)
		file_append(&file, &size, 4);
	return file;
}

struct file plain_bytes(uint64_t size)
{
	struct file file = file_new(size);
	uint64_t state = 88172645463325252u;

	for (uint64_t i = 0; i < size; i++) {
		/* xorshift64 (Marsaglia). */
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		file.at[i] = state >> 60 ? (uint8_t)"the quick brown fox "[i % 20] : (uint8_t)state;
	}
	return file;
}

void stored_seal(struct file stored)
{
	const uint64_t at = offsetof(struct stored_header, unpacked_size);

	file_put(stored, offsetof(struct stored_header, checksum), stored_checksum(span(stored.at + at, stored.size - at)), 8);
}

struct file pack_stored(struct span plain, struct span setup, const struct stored_part *parts, unsigned count)
{
	static const enum compression compressions[STORED_HOWS] = {
		[STORED_LZ4] = COMPRESSION_LZ4, [STORED_ZSTD] = COMPRESSION_ZSTD,
	};
	struct stored_header header = {
		.version = STORED_VERSION, .unpacked_size = plain.size, .original_size = 1, .extent_count = count,
		.origin = setup.size != 0 ? STORED_BZIMAGE : STORED_ELF, .setup_size = setup.size,
		.memory_start = 16 * MIB, .memory_size = plain.size,
	};
	struct file file = file_new(0), data = file_new(0);

	file_append(&file, &header, sizeof(header));
	for (unsigned i = 0; i < count; i++) {
		const struct span part = span(plain.at + parts[i].offset, parts[i].size);
		struct file packed = parts[i].how == STORED_RAW ? file_of(part.at, part.size) :
				     pack_bytes(compressions[parts[i].how], part);
		const struct stored_extent extent = { parts[i].offset, parts[i].size, packed.size, parts[i].how, 0 };

		file_append(&file, &extent, sizeof(extent));
		file_append(&data, packed.at, packed.size);
		file_free(&packed);
	}
	file_append(&file, setup.at, setup.size);
	file_append(&file, data.at, data.size);
	file_align(&file, STORED_ALIGNMENT);
	__builtin_memcpy(header.magic, STORED_MAGIC, STORED_MAGIC_SIZE);
	header.size = file.size;
	__builtin_memcpy(file.at, &header, sizeof(header));
	stored_seal(file);
	file_free(&data);
	return file;
}
