/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libdeflate.h>
#include <lzma.h>
#include <stdlib.h>

#include "unit.h"
#include "builder.h"
#include "packer.h"

#include <core/addr.h>
#include <shim/unpack/job.h>

#define PLAIN_SIZE 300000
#define FORMATS COMPRESSIONS
#define ALL_FORMATS(name) for (enum compression name = COMPRESSION_GZIP; name < FORMATS; name++)

static struct file plain;

static int set_up(void **state)
{
	(void)state;
	plain = plain_bytes(PLAIN_SIZE);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	file_free(&plain);
	return 0;
}

/* Unpacks with a heap of `heap_size` bytes to memory of exactly `size` bytes, which the caller frees. */
static struct error unpack_with(struct span packed, enum compression compression, uint64_t size, uint64_t heap_size,
				struct file *out)
{
	struct file memory = file_new(heap_size);
	struct unpack_heap heap = { .at = memory.at, .size = heap_size };
	struct error error;

	*out = file_new(size);
	error = unpack(packed, compression, out->at, size, &heap);
	assert_true(heap.used <= heap.size);
	file_free(&memory);
	return error;
}

/* The same with the heap that it says it needs, and the result thrown away. */
static struct error try_unpack(struct span packed, enum compression compression, uint64_t size)
{
	struct file out;
	struct error error = unpack_with(packed, compression, size, unpack_heap_size(packed, compression), &out);

	file_free(&out);
	return error;
}

static void every_format(void **state)
{
	(void)state;
	ALL_FORMATS(format) {
		struct file packed = pack_kernel(format, file_span(plain)), out;
		uint64_t size;

		assert_int_equal(compression_of(file_span(packed)), format);
		assert_fine(unpack_size(file_span(packed), format, &size));
		assert_int_equal(size, PLAIN_SIZE);
		assert_fine(unpack_with(file_span(packed), format, size, unpack_heap_size(file_span(packed), format), &out));
		assert_memory_equal(out.at, plain.at, size);
		file_free(&out);
		file_free(&packed);
	}
}

static void nothing_packed(void **state)
{
	(void)state;
	ALL_FORMATS(format) {
		struct file packed = pack_kernel(format, span(plain.at, 0));

		assert_fine(try_unpack(file_span(packed), format, 0));
		assert_error(try_unpack(file_span(packed), format, 1), ERROR_UNPACK_SHORT);
		file_free(&packed);
	}
}

static void appended_sizes(void **state)
{
	struct file packed = pack_kernel(COMPRESSION_XZ, file_span(plain));
	struct error error;
	uint64_t size;

	(void)state;
	error = unpack_size(file_span(packed), COMPRESSION_NONE, &size);
	assert_error(error, ERROR_UNPACK_FORMAT);
	assert_int_equal(error.found, 0xfd377a58);
	assert_error(unpack_size(span(packed.at, 3), COMPRESSION_XZ, &size), ERROR_UNPACK_BROKEN);
	file_put(packed, packed.size - 4, UNPACK_LIMIT, 4);
	assert_fine(unpack_size(file_span(packed), COMPRESSION_XZ, &size));
	file_put(packed, packed.size - 4, UNPACK_LIMIT + 1, 4);
	assert_error(unpack_size(file_span(packed), COMPRESSION_XZ, &size), ERROR_UNPACK_LIMIT);
	file_free(&packed);
}

static void unknown_formats(void **state)
{
	(void)state;
	assert_error(try_unpack(file_span(plain), COMPRESSION_NONE, 1), ERROR_UNPACK_FORMAT);
	assert_error(try_unpack(span(plain.at, 0), COMPRESSION_NONE, 1), ERROR_UNPACK_FORMAT);
}

static void wrong_sizes(void **state)
{
	(void)state;
	ALL_FORMATS(format) {
		struct file packed = pack_kernel(format, file_span(plain));

		assert_error(try_unpack(file_span(packed), format, PLAIN_SIZE + 1), ERROR_UNPACK_SHORT);
		assert_error(try_unpack(file_span(packed), format, PLAIN_SIZE - 1), ERROR_UNPACK_LONG);
		assert_error(try_unpack(file_span(packed), format, 0), ERROR_UNPACK_LONG);
		file_free(&packed);
	}
}

static void cut_short(void **state)
{
	(void)state;
	ALL_FORMATS(format) {
		struct file packed = pack_kernel(format, file_span(plain));

		for (unsigned i = 0; i < 20; i++) {
			struct file part = file_prefix(packed, packed.size * i / 20);
			struct error error = try_unpack(file_span(part), format, PLAIN_SIZE);

			/* Nothing and a magic number are whole LZ4 frames, of no bytes. */
			assert_true(error.code == ERROR_UNPACK_BROKEN ||
				    (format == COMPRESSION_LZ4 && error.code == ERROR_UNPACK_SHORT));
			file_free(&part);
		}
		file_free(&packed);
	}
}

/* Unpacks with one bit flipped; true when that is noticed.  What is not may change the bytes, unless there are checksums. */
static bool notices_flip(struct file packed, enum compression format, uint64_t at, unsigned bit, bool checked)
{
	struct error error;
	struct file out;

	packed.at[at] ^= (uint8_t)(1u << bit);
	error = unpack_with(file_span(packed), format, PLAIN_SIZE, unpack_heap_size(file_span(packed), format), &out);
	packed.at[at] ^= (uint8_t)(1u << bit);
	if (checked && !failed(error))
		assert_memory_equal(out.at, plain.at, PLAIN_SIZE);
	file_free(&out);
	return failed(error);
}

/*
 * Of a format with checksums, only bits that say nothing of the kernel go unnoticed: gzip's time and system, and nothing
 * in the others.  The formats without checksums notice some.
 */
static void flipped_bits(void **state)
{
	static const unsigned least[FORMATS] = {
		[COMPRESSION_GZIP] = 190, [COMPRESSION_BZIP2] = 200, [COMPRESSION_LZMA] = 1, [COMPRESSION_XZ] = 200,
		[COMPRESSION_LZO] = 1, [COMPRESSION_LZ4] = 1, [COMPRESSION_ZSTD] = 200,
	};

	(void)state;
	ALL_FORMATS(format) {
		struct file packed = pack_kernel(format, file_span(plain));
		unsigned found = 0;

		for (unsigned i = 0; i < 200; i++)
			found += notices_flip(packed, format, (packed.size - 4) * i / 200, i % 8, least[format] > 1);
		assert_true(found >= least[format]);
		/* The headers, where one bit says most. */
		for (unsigned i = 0; i < 200; i++)
			notices_flip(packed, format, i / 8, i % 8, least[format] > 1);
		file_free(&packed);
	}
}

/* As the kernel's build appends it; to gzip it is the trailer's own. */
static void wrong_appended_sizes(void **state)
{
	static const uint32_t sizes[] = { 0, 1, PLAIN_SIZE - 1, PLAIN_SIZE + 1, 2 * PLAIN_SIZE, 64 * MIB, UINT32_MAX };

	(void)state;
	ALL_FORMATS(format) {
		struct file packed = pack_kernel(format, file_span(plain));

		for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			uint64_t size;

			file_put(packed, packed.size - 4, sizes[i], 4);
			struct error error = unpack_size(file_span(packed), format, &size);
			if (!failed(error))
				error = try_unpack(file_span(packed), format, size);
			assert_true(error.code == ERROR_UNPACK_LIMIT || error.code == ERROR_UNPACK_SHORT ||
				    error.code == ERROR_UNPACK_LONG || error.code == ERROR_UNPACK_BROKEN);
		}
		file_free(&packed);
	}
}

/* A header with every field that RFC 1952 has, and the same fields cut and damaged. */
static void gzip_headers(void **state)
{
	enum { ALL = 0x1e, EXTRA = 10, NAME = 15, COMMENT = 20, CRC = 28, END = 30 };
	static const uint8_t fields[] = "\x1f\x8b\x08\x1e" "time" "\x02\x03" "\3\0ext" "name\0" "comment\0";
	struct file body = pack_bytes(COMPRESSION_GZIP, file_span(plain)), packed = file_of(fields, CRC);
	uint16_t crc = (uint16_t)lzma_crc32(packed.at, packed.size, 0);

	(void)state;
	file_append(&packed, &crc, 2);
	file_append(&packed, body.at + EXTRA, body.size - EXTRA);
	assert_fine(try_unpack(file_span(packed), COMPRESSION_GZIP, PLAIN_SIZE));
	for (uint64_t size = 0; size < END; size++)
		assert_error(try_unpack(span(packed.at, size), COMPRESSION_GZIP, PLAIN_SIZE), ERROR_UNPACK_BROKEN);
	for (uint64_t at = 2; at < END; at++) {
		packed.at[at] ^= 0x40;
		assert_error(try_unpack(file_span(packed), COMPRESSION_GZIP, PLAIN_SIZE), ERROR_UNPACK_BROKEN);
		packed.at[at] ^= 0x40;
	}
	/* An extra field that would reach behind the end, where nothing else would notice. */
	packed.at[3] = 0x04;
	file_put(packed, EXTRA, 0xffff, 2);
	assert_error(try_unpack(span(packed.at, END), COMPRESSION_GZIP, PLAIN_SIZE), ERROR_UNPACK_BROKEN);
	file_free(&packed);
	file_free(&body);
}

/* Every bit of the CRC-32 and of the size counts; a trailer is not there in part. */
static void gzip_trailers(void **state)
{
	struct file packed = pack_bytes(COMPRESSION_GZIP, file_span(plain));

	(void)state;
	for (unsigned bit = 0; bit < 64; bit++) {
		packed.at[packed.size - 8 + bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_error(try_unpack(file_span(packed), COMPRESSION_GZIP, PLAIN_SIZE), ERROR_UNPACK_BROKEN);
		packed.at[packed.size - 8 + bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (unsigned missing = 1; missing < 8; missing++)
		assert_error(try_unpack(span(packed.at, packed.size - missing), COMPRESSION_GZIP, PLAIN_SIZE),
			     ERROR_UNPACK_BROKEN);
	file_append(&packed, "behind", 6);
	assert_fine(try_unpack(file_span(packed), COMPRESSION_GZIP, PLAIN_SIZE));
	/* A flag that is reserved, in a file that is sound but for it. */
	packed.at[3] = 0x20;
	assert_error(try_unpack(file_span(packed), COMPRESSION_GZIP, PLAIN_SIZE), ERROR_UNPACK_BROKEN);
	file_free(&packed);
}

static void *no_memory(size_t size)
{
	(void)size;
	return NULL;
}

static void no_decompressor(void **state)
{
	struct file packed = pack_bytes(COMPRESSION_GZIP, file_span(plain));

	(void)state;
	libdeflate_set_memory_allocator(no_memory, free);
	assert_error(try_unpack(file_span(packed), COMPRESSION_GZIP, PLAIN_SIZE), ERROR_UNPACK_HEAP);
	libdeflate_set_memory_allocator(malloc, free);
	assert_fine(try_unpack(file_span(packed), COMPRESSION_GZIP, PLAIN_SIZE));
	file_free(&packed);
}

static void too_little_heap(void **state)
{
	(void)state;
	ALL_FORMATS(format) {
		struct file packed = pack_kernel(format, file_span(plain)), out;
		uint64_t size = unpack_heap_size(file_span(packed), format);

		for (unsigned i = 0; size != 0 && i < 5; i++) {
			struct error error = unpack_with(file_span(packed), format, PLAIN_SIZE, size * i / 100, &out);

			assert_error(error, ERROR_UNPACK_HEAP);
			assert_int_equal(error.found, size * i / 100);
			assert_true(error.expected > error.found);
			file_free(&out);
		}
		file_free(&packed);
	}
}

static void heap_is_counted(void **state)
{
	uint8_t memory[40] __attribute__((aligned(16)));
	struct unpack_heap heap = { .at = memory, .size = sizeof(memory) };

	(void)state;
	assert_ptr_equal(unpack_heap_take(&heap, 1), memory);
	assert_ptr_equal(unpack_heap_take(&heap, 16), memory + 16);
	assert_null(unpack_heap_take(&heap, 9));
	assert_null(unpack_heap_take(&heap, UINT64_MAX));
	assert_int_equal(heap.refused, 9);
	assert_ptr_equal(unpack_heap_take(&heap, 8), memory + 32);
	assert_int_equal(heap.used, sizeof(memory));
	assert_null(unpack_heap_take(&heap, 1));
}

/* The dictionary's size is in the header of LZMA; XZ has it under a checksum. */
static void large_dictionaries(void **state)
{
	struct file packed = pack_kernel(COMPRESSION_LZMA, file_span(plain));

	(void)state;
	file_put(packed, 1, UNPACK_WINDOW, 4);
	assert_in_range(unpack_heap_size(file_span(packed), COMPRESSION_LZMA), UNPACK_WINDOW, UNPACK_WINDOW + MIB);
	assert_fine(try_unpack(file_span(packed), COMPRESSION_LZMA, PLAIN_SIZE));
	file_put(packed, 1, 2 * UNPACK_WINDOW, 4);
	assert_in_range(unpack_heap_size(file_span(packed), COMPRESSION_LZMA), 0, MIB);
	assert_error(try_unpack(file_span(packed), COMPRESSION_LZMA, PLAIN_SIZE), ERROR_UNPACK_WINDOW);
	file_free(&packed);
	packed = pack_lzma(COMPRESSION_XZ, span(plain.at, 100), UNPACK_WINDOW + MIB);
	assert_error(try_unpack(file_span(packed), COMPRESSION_XZ, 100), ERROR_UNPACK_WINDOW);
	file_free(&packed);
}

/* RFC 8878, section 3.1.1.1.2: a window descriptor of exponent 17 and no mantissa is 2^(10 + 17). */
static void large_windows(void **state)
{
	static const uint8_t frame[] = { 0x28, 0xb5, 0x2f, 0xfd, 0, 17 << 3, 1, 0, 0, 0, 0, 0, 0 };
	struct file packed = file_of(frame, sizeof(frame));

	(void)state;
	assert_fine(try_unpack(file_span(packed), COMPRESSION_ZSTD, 0));
	packed.at[5]++;
	assert_error(try_unpack(file_span(packed), COMPRESSION_ZSTD, 0), ERROR_UNPACK_WINDOW);
	file_free(&packed);
}

/* Formats of before zstd 1.0, which the library would hand to old code: refused, and not looked at behind a frame. */
static void old_zstd(void **state)
{
	struct file packed = pack_bytes(COMPRESSION_ZSTD, file_span(plain));
	uint64_t second = file_append(&packed, "\x25\xb5\x2f\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);

	(void)state;
	for (uint8_t version = 0x25; version < 0x28; version++) {
		packed.at[second] = version;
		assert_fine(try_unpack(file_span(packed), COMPRESSION_ZSTD, PLAIN_SIZE));
		assert_error(try_unpack(span(packed.at + second, 20), COMPRESSION_ZSTD, PLAIN_SIZE), ERROR_UNPACK_BROKEN);
	}
	file_free(&packed);
}

static void lz4_frames(void **state)
{
	const uint64_t size = 20 * MIB;
	struct file large = file_new(size), packed = pack_bytes(COMPRESSION_LZ4, file_span(large)), out;
	const uint32_t appended = 2 * 20 * MIB;
	struct file second = file_prefix(packed, packed.size);

	(void)state;
	file_append(&packed, second.at, second.size);
	file_append(&packed, &appended, 4);
	assert_fine(unpack_with(file_span(packed), COMPRESSION_LZ4, 2 * size, 0, &out));
	file_free(&out);
	assert_error(try_unpack(file_span(packed), COMPRESSION_LZ4, size), ERROR_UNPACK_LONG);
	/* Two bytes of the size are left before the last four, and no length of a block. */
	file_append(&packed, "\0\0", 2);
	assert_error(try_unpack(file_span(packed), COMPRESSION_LZ4, 2 * size), ERROR_UNPACK_BROKEN);
	/* The first block's length. */
	file_put(packed, 4, 9 << 20, 4);
	assert_error(try_unpack(file_span(packed), COMPRESSION_LZ4, 2 * size), ERROR_UNPACK_BROKEN);
	file_put(packed, 4, packed.size, 4);
	assert_error(try_unpack(file_span(packed), COMPRESSION_LZ4, 2 * size), ERROR_UNPACK_BROKEN);
	/* The last match of a block reaches before its beginning. */
	file_put(packed, 4, 4, 4);
	file_put(packed, 8, 0xffff0000, 4);
	assert_error(try_unpack(file_span(packed), COMPRESSION_LZ4, 2 * size), ERROR_UNPACK_BROKEN);
	assert_error(try_unpack(file_span(packed), COMPRESSION_LZ4, 100), ERROR_UNPACK_BROKEN);
	file_free(&large);
	file_free(&second);
	file_free(&packed);
}

static void lzop_forms(void **state)
{
	static const struct lzop_form forms[] = {
		{ .version = 0x900 }, { .version = 0x1040, .flags = 0x303 }, { .version = 0x1040, .block = 1000 },
		{ .version = 0x900, .flags = 0x1, .block = 200000 },
	};
	struct file out;

	(void)state;
	for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct file packed = pack_lzop(file_span(plain), forms[i]);
		uint32_t size = PLAIN_SIZE;

		file_append(&packed, &size, 4);
		assert_fine(unpack_with(file_span(packed), COMPRESSION_LZO, size, 0, &out));
		assert_memory_equal(out.at, plain.at, size);
		file_free(&out);
		file_free(&packed);
	}
}

/* What does not pack is left as it is; without the block of no bytes at its end, the file is cut short. */
static void stored_lzop(void **state)
{
	static const char noise[] = "0123456789abcdefghijkl";
	struct file packed = pack_lzop(span(noise, 22), (struct lzop_form){ .version = 0x1040, .flags = 0x3 }), out;

	(void)state;
	file_append(&packed, "size", 4);
	assert_fine(unpack_with(file_span(packed), COMPRESSION_LZO, 22, 0, &out));
	assert_memory_equal(out.at, noise, 22);
	file_free(&out);
	assert_error(try_unpack(span(packed.at, packed.size - 4), COMPRESSION_LZO, 22), ERROR_UNPACK_BROKEN);
	file_free(&packed);
}

static void broken_lzop(void **state)
{
	/* Of a file of version 0x900 with one block: where it begins. */
	enum { FLAGS = 14, BLOCK = 35 };
	struct file good = pack_lzop(file_span(plain), (struct lzop_form){ .version = 0x900, .block = PLAIN_SIZE });
	static const struct { uint64_t at, value; } faults[] = {
		{ FLAGS, 0x00080000 }, { FLAGS, 0x40000000 }, { BLOCK, 0xffffffff }, { BLOCK, 0x00000005 },
		{ BLOCK + 4, 0xffffff7f }, { BLOCK + 4, 0xf0ff0300 }, { BLOCK, 0x01000200 }, { BLOCK + 8, 0xffffffff },
	};

	(void)state;
	file_append(&good, "size", 4);
	assert_fine(try_unpack(file_span(good), COMPRESSION_LZO, PLAIN_SIZE));
	for (unsigned i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct file bad = file_prefix(good, good.size);

		file_put(bad, faults[i].at, faults[i].value, 4);
		assert_error(try_unpack(file_span(bad), COMPRESSION_LZO, 512 * KIB), ERROR_UNPACK_BROKEN);
		file_free(&bad);
	}
	file_free(&good);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_format),
		cmocka_unit_test(nothing_packed),
		cmocka_unit_test(appended_sizes),
		cmocka_unit_test(unknown_formats),
		cmocka_unit_test(wrong_sizes),
		cmocka_unit_test(wrong_appended_sizes),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(flipped_bits),
		cmocka_unit_test(gzip_headers),
		cmocka_unit_test(gzip_trailers),
		cmocka_unit_test(no_decompressor),
		cmocka_unit_test(too_little_heap),
		cmocka_unit_test(heap_is_counted),
		cmocka_unit_test(large_dictionaries),
		cmocka_unit_test(large_windows),
		cmocka_unit_test(old_zstd),
		cmocka_unit_test(lz4_frames),
		cmocka_unit_test(lzop_forms),
		cmocka_unit_test(stored_lzop),
		cmocka_unit_test(broken_lzop),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
