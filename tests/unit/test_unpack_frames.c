/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the frames of single formats can say: gzip's fields and trailer, blocks of lz4 and lzop, zstd's windows and old versions. */
#include "test_unpack.h"

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

/* A block makes 8 MiB at most, whatever room there is: one literal, a copy of as many more, and no literals behind it. */
static void lz4_longest(void **state)
{
	const uint64_t longest = 8 * MIB, more = (longest - 1 - 4 - 15) / 255;
	struct file packed = file_of("\x02\x21\x4c\x18\0\0\0\0\x1fz\x01\0", 12);

	(void)state;
	file_append(&packed, NULL, more + 2 + 4);
	memset(packed.at + 12, 0xff, more);
	file_put(packed, 12 + more, longest - 1 - 4 - 15 - 255 * more, 1);
	file_put(packed, 4, 4 + more + 2, 4);
	assert_fine(try_unpack(file_span(packed), COMPRESSION_LZ4, longest));
	assert_error(try_unpack(file_span(packed), COMPRESSION_LZ4, longest - 1), ERROR_UNPACK_LONG);
	packed.at[12 + more]++;
	assert_error(try_unpack(file_span(packed), COMPRESSION_LZ4, longest + 1), ERROR_UNPACK_BROKEN);
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
		cmocka_unit_test(gzip_headers),
		cmocka_unit_test(gzip_trailers),
		cmocka_unit_test(large_dictionaries),
		cmocka_unit_test(large_windows),
		cmocka_unit_test(old_zstd),
		cmocka_unit_test(lz4_frames),
		cmocka_unit_test(lz4_longest),
		cmocka_unit_test(lzop_forms),
		cmocka_unit_test(stored_lzop),
		cmocka_unit_test(broken_lzop),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
