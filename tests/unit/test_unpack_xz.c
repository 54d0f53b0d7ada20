/* SPDX-License-Identifier: GPL-2.0-or-later */
/* XZ files of every form that liblzma writes, and some that only a hand writes: beside liblzma's own stream decoder. */
#include <lzma.h>
#include <sys/mman.h>

#include "unit.h"
#include "builder.h"
#include "packer.h"

#include <core/addr.h>
#include <shim/unpack/lzma.h>

#define PLAIN_SIZE 40000
/* Where a file is unpacked thousands of times: two blocks all the same. */
#define SHORT_SIZE 4000
#define DICTIONARY (64 << 10)
#define CHECK_UNDEFINED ((lzma_check)2)

static struct file plain;
static lzma_options_lzma lzma2;
static lzma_options_bcj moved = { .start_offset = 4096 };
static lzma_options_delta delta = { .type = LZMA_DELTA_TYPE_BYTE, .dist = 4 };

static lzma_filter x86[] = { { LZMA_FILTER_X86, NULL }, { LZMA_FILTER_LZMA2, &lzma2 }, { LZMA_VLI_UNKNOWN, NULL } };
static lzma_filter x86_moved[] = {
	{ LZMA_FILTER_X86, &moved }, { LZMA_FILTER_LZMA2, &lzma2 }, { LZMA_VLI_UNKNOWN, NULL },
};
static lzma_filter x86_delta[] = {
	{ LZMA_FILTER_X86, NULL }, { LZMA_FILTER_DELTA, &delta }, { LZMA_FILTER_LZMA2, &lzma2 },
	{ LZMA_VLI_UNKNOWN, NULL },
};
static lzma_filter delta_x86[] = {
	{ LZMA_FILTER_DELTA, &delta }, { LZMA_FILTER_X86, NULL }, { LZMA_FILTER_LZMA2, &lzma2 },
	{ LZMA_VLI_UNKNOWN, NULL },
};
static lzma_filter four[] = {
	{ LZMA_FILTER_DELTA, &delta }, { LZMA_FILTER_DELTA, &delta }, { LZMA_FILTER_DELTA, &delta },
	{ LZMA_FILTER_LZMA2, &lzma2 }, { LZMA_VLI_UNKNOWN, NULL },
};
static lzma_filter alone[] = { { LZMA_FILTER_LZMA2, &lzma2 }, { LZMA_VLI_UNKNOWN, NULL } };
static lzma_filter *const chains[] = { x86, x86_moved, x86_delta, delta_x86, four, alone };
static const lzma_check checks[] = { LZMA_CHECK_NONE, LZMA_CHECK_CRC32, LZMA_CHECK_CRC64, LZMA_CHECK_SHA256 };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Code-like: every 16 bytes a call, so that the filter has much to do, at block borders too. */
static int set_up(void **state)
{
	(void)state;
	plain = plain_bytes(PLAIN_SIZE);
	for (uint64_t i = 0; i + 5 <= plain.size; i += 16)
		file_put(plain, i, 0xe8 | (uint64_t)(i % 3 ? 0xff000000 + i : i) << 8, 5);
	return lzma_lzma_preset(&lzma2, 0);
}

static int tear_down(void **state)
{
	(void)state;
	file_free(&plain);
	return 0;
}

static int shorten(void **state)
{
	(void)state;
	plain.size = SHORT_SIZE;
	return 0;
}

static int lengthen(void **state)
{
	(void)state;
	plain.size = PLAIN_SIZE;
	return 0;
}

static struct file pack(lzma_filter *chain, lzma_check check, uint64_t block)
{
	struct file out = file_new(8 * PLAIN_SIZE);
	lzma_stream stream = LZMA_STREAM_INIT;

	lzma2.dict_size = DICTIONARY;
	assert_int_equal(lzma_stream_encoder(&stream, chain, check), LZMA_OK);
	stream.next_in = plain.at;
	stream.next_out = out.at;
	stream.avail_out = out.size;
	for (uint64_t at = 0; at < plain.size; at += block) {
		stream.avail_in = plain.size - at < block ? plain.size - at : block;
		assert_int_equal(lzma_code(&stream, LZMA_FULL_FLUSH), LZMA_STREAM_END);
	}
	assert_int_equal(lzma_code(&stream, LZMA_FINISH), LZMA_STREAM_END);
	out.size = stream.total_out;
	lzma_end(&stream);
	return out;
}

/* Unpacks with the heap that it says it needs. */
static struct error unpack_xz_file(struct span packed, struct file out, uint64_t *made)
{
	struct file memory = file_new(unpack_heap_size(packed, COMPRESSION_XZ));
	struct unpack_heap heap = { .at = memory.at, .size = memory.size };
	struct error error = unpack_file(packed, COMPRESSION_XZ, out.at, out.size, &heap, made);

	assert_true(heap.used <= heap.size);
	file_free(&memory);
	return error;
}

/* What liblzma's own decoder says of the same file, and makes of it. */
static lzma_ret unpack_as_liblzma(struct span packed, struct file out)
{
	uint64_t limit = LZMA_LIMIT;
	size_t read = 0, made = 0;

	return lzma_stream_buffer_decode(&limit, 0, NULL, packed.at, &read, packed.size, out.at, &made, out.size);
}

/* Where liblzma takes a file, so is it here, with the same bytes; and refused where liblzma refuses it. */
static bool is_fine(struct file packed)
{
	struct file out = file_new(plain.size), wanted = file_new(plain.size);
	const lzma_ret code = unpack_as_liblzma(file_span(packed), wanted);
	uint64_t made;
	const struct error error = unpack_xz_file(file_span(packed), out, &made);

	assert_int_equal(failed(error), code != LZMA_OK);
	if (!failed(error)) {
		assert_int_equal(made, plain.size);
		assert_memory_equal(out.at, wanted.at, plain.size);
	} else if (code == LZMA_MEMLIMIT_ERROR) {
		assert_error(error, ERROR_UNPACK_WINDOW);
	} else {
		/* What is damaged may be longer, which comes first. */
		assert_true(error.code == ERROR_UNPACK_BROKEN || error.code == ERROR_UNPACK_LONG);
	}
	file_free(&out);
	file_free(&wanted);
	return !failed(error);
}

static void every_form(void **state)
{
	static const uint64_t blocks[] = { PLAIN_SIZE, 13331, 1001 };

	(void)state;
	for (unsigned i = 0; i < COUNT(chains) * COUNT(checks) * COUNT(blocks); i++) {
		lzma_filter *chain = chains[i % COUNT(chains)];
		const lzma_check check = checks[i / COUNT(chains) % COUNT(checks)];
		struct file packed = pack(chain, check, blocks[i / COUNT(chains) / COUNT(checks)]);

		assert_true(is_fine(packed));
		file_free(&packed);
	}
}

/* Blocks of a few bytes, and more of them than a heap would have room for their options. */
static void many_blocks(void **state)
{
	struct file packed = pack(x86, LZMA_CHECK_CRC32, 43);

	(void)state;
	assert_true(is_fine(packed));
	file_free(&packed);
}

static bool is_fine_with(struct file packed, uint64_t at, uint8_t bits)
{
	bool fine;

	packed.at[at] ^= bits;
	fine = is_fine(packed);
	packed.at[at] ^= bits;
	return fine;
}

/* The place to look at after this one: of the first and the last bytes every one, and some of those between. */
static uint64_t next_place(uint64_t at, uint64_t size)
{
	const uint64_t last = size - 80, far = at + size / 40;

	if (at < 60 || at >= last)
		return at + 1;
	return far < last ? far : last;
}

/* Every byte of the headers, the checksums, the index and the footer, and some of the data. */
static void flipped_bits(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT(chains) * COUNT(checks); i++) {
		struct file packed = pack(chains[i % COUNT(chains)], checks[i / COUNT(chains)], SHORT_SIZE * 5 / 8);
		const bool checked = i >= COUNT(chains);

		for (uint64_t at = 0; at < packed.size; at = next_place(at, packed.size))
			if (is_fine_with(packed, at, (uint8_t)(1 << at % 8)))
				assert_false(checked);
		file_free(&packed);
	}
}

/* The checksum is the last thing of a block; here its bits are all that is wrong. */
static void wrong_checks(void **state)
{
	(void)state;
	for (unsigned i = 1; i < COUNT(checks); i++) {
		struct file packed = pack(x86, checks[i], SHORT_SIZE);
		const uint32_t size = lzma_check_size(checks[i]);
		const uint64_t index = packed.size - LZMA_STREAM_HEADER_SIZE -
			4 * (1 + (uint64_t)span_u32(file_span(packed), packed.size - LZMA_STREAM_HEADER_SIZE + 4));

		for (unsigned bit = 0; bit < 8 * size; bit++)
			assert_false(is_fine_with(packed, index - size + bit / 8, (uint8_t)(1 << bit % 8)));
		file_free(&packed);
	}
}

/* Ever less of it, right before memory that cannot be read: the sanitiser does not see what a library reads. */
static void cut_short(void **state)
{
	struct file packed = pack(x86, LZMA_CHECK_CRC32, 25000), out = file_new(PLAIN_SIZE);
	const uint64_t pages = (packed.size + PAGE_SIZE - 1) & -PAGE_SIZE;
	uint8_t *memory = mmap(NULL, pages + PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_ptr_not_equal(memory, MAP_FAILED);
	assert_return_code(mprotect(memory + pages, PAGE_SIZE, PROT_NONE), 0);
	for (uint64_t size = 0; size < packed.size; size = next_place(size, packed.size)) {
		uint8_t *part = memory + pages - size;
		uint64_t made;

		memcpy(part, packed.at, size);
		assert_error(unpack_xz_file(span(part, size), out, &made), ERROR_UNPACK_BROKEN);
	}
	munmap(memory, pages + PAGE_SIZE);
	file_free(&packed);
	file_free(&out);
}

/* What is behind the footer is not looked at, as liblzma does not unless it is asked to. */
static void something_behind(void **state)
{
	struct file packed = pack(x86, LZMA_CHECK_CRC32, PLAIN_SIZE);

	(void)state;
	file_append(&packed, "behind", 6);
	assert_true(is_fine(packed));
	file_free(&packed);
}

/* Too little room for the last block, and for the last byte. */
static void too_little_room(void **state)
{
	struct file packed = pack(x86, LZMA_CHECK_CRC32, 20000);
	const uint64_t rooms[] = { 0, 1, 19999, 20000, 20001, PLAIN_SIZE - 1 };

	(void)state;
	for (unsigned i = 0; i < COUNT(rooms); i++) {
		struct file out = file_new(rooms[i]);
		uint64_t made;

		assert_error(unpack_xz_file(file_span(packed), out, &made), ERROR_UNPACK_LONG);
		assert_int_equal(made, rooms[i]);
		file_free(&out);
	}
	file_free(&packed);
}

/* Writes the footer again, with other flags or another size of the index. */
static void put_footer(struct file packed, lzma_check check, int64_t more)
{
	uint8_t *footer = packed.at + packed.size - LZMA_STREAM_HEADER_SIZE;
	lzma_stream_flags flags;

	assert_int_equal(lzma_stream_footer_decode(&flags, footer), LZMA_OK);
	flags.check = check;
	flags.backward_size += (lzma_vli)more;
	assert_int_equal(lzma_stream_footer_encode(&flags, footer), LZMA_OK);
}

static void other_footers(void **state)
{
	struct file packed = pack(x86, LZMA_CHECK_CRC32, PLAIN_SIZE);

	(void)state;
	put_footer(packed, LZMA_CHECK_CRC32, 4);
	assert_false(is_fine(packed));
	put_footer(packed, LZMA_CHECK_CRC64, -4);
	assert_false(is_fine(packed));
	put_footer(packed, LZMA_CHECK_CRC32, 0);
	assert_true(is_fine(packed));
	file_free(&packed);
}

/* A checksum of a kind that is not defined yet is stepped over, as liblzma does it; this one's size is CRC32's. */
static void undefined_check(void **state)
{
	struct file packed = pack(x86, LZMA_CHECK_CRC32, PLAIN_SIZE);
	lzma_stream_flags flags = { .check = CHECK_UNDEFINED };

	(void)state;
	assert_int_equal(lzma_stream_header_encode(&flags, packed.at), LZMA_OK);
	put_footer(packed, CHECK_UNDEFINED, 0);
	assert_true(is_fine(packed));
	file_free(&packed);
}

/* Writes a header for the first block, over the one that is there. */
static void put_block_header(struct file packed, lzma_filter *chain)
{
	lzma_block block = { .check = LZMA_CHECK_CRC32, .filters = chain, .compressed_size = LZMA_VLI_UNKNOWN,
			     .uncompressed_size = LZMA_VLI_UNKNOWN };
	uint8_t *at = packed.at + LZMA_STREAM_HEADER_SIZE;

	assert_int_equal(lzma_block_header_size(&block), LZMA_OK);
	block.header_size = lzma_block_header_size_decode(*at);
	assert_int_equal(lzma_block_header_encode(&block, at), LZMA_OK);
}

static void other_chains(void **state)
{
	static lzma_filter only_x86[] = { { LZMA_FILTER_X86, NULL }, { LZMA_VLI_UNKNOWN, NULL } };
	struct file packed = pack(x86, LZMA_CHECK_CRC32, PLAIN_SIZE);

	(void)state;
	put_block_header(packed, x86);
	assert_true(is_fine(packed));
	/* Last must be one that packs. */
	put_block_header(packed, only_x86);
	assert_false(is_fine(packed));
	/* The right data, of which the checksum is wrong without the filter. */
	put_block_header(packed, alone);
	assert_false(is_fine(packed));
	file_free(&packed);
}

/* The window of any block may be too large, and is what the error says; the first one's needs no heap. */
static void large_windows(void **state)
{
	struct file packed = pack(x86, LZMA_CHECK_CRC32, PLAIN_SIZE), out = file_new(PLAIN_SIZE);
	struct error error;
	uint64_t made;

	(void)state;
	lzma2.dict_size = UNPACK_WINDOW;
	put_block_header(packed, x86);
	assert_in_range(unpack_heap_size(file_span(packed), COMPRESSION_XZ), UNPACK_WINDOW, UNPACK_WINDOW + MIB);
	assert_true(is_fine(packed));
	lzma2.dict_size = UNPACK_WINDOW + UNPACK_WINDOW / 2;
	put_block_header(packed, x86);
	assert_int_equal(unpack_heap_size(file_span(packed), COMPRESSION_XZ), LZMA_HEADERS);
	error = unpack_xz_file(file_span(packed), out, &made);
	assert_error(error, ERROR_UNPACK_WINDOW);
	assert_int_equal(error.found, lzma_raw_decoder_memusage(x86));
	file_free(&packed);
	file_free(&out);
}

/* A heap that is a little too small at each of the places where something is taken from it. */
static void too_little_heap(void **state)
{
	struct file packed = pack(x86, LZMA_CHECK_CRC32, 25000), out = file_new(PLAIN_SIZE);
	struct file memory = file_new(unpack_heap_size(file_span(packed), COMPRESSION_XZ));
	struct unpack_heap heap = { .at = memory.at, .size = memory.size };
	uint64_t made, needed;

	(void)state;
	assert_fine(unpack_file(file_span(packed), COMPRESSION_XZ, out.at, out.size, &heap, &made));
	needed = heap.used;
	for (uint64_t size = 0; size < needed; size += size + 200 < 8192 ? 200 : 8192) {
		heap = (struct unpack_heap){ .at = memory.at, .size = size };
		assert_error(unpack_file(file_span(packed), COMPRESSION_XZ, out.at, out.size, &heap, &made),
			     ERROR_UNPACK_HEAP);
	}
	file_free(&packed);
	file_free(&memory);
	file_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form),
		cmocka_unit_test(many_blocks),
		cmocka_unit_test_setup_teardown(flipped_bits, shorten, lengthen),
		cmocka_unit_test_setup_teardown(wrong_checks, shorten, lengthen),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(something_behind),
		cmocka_unit_test(too_little_room),
		cmocka_unit_test(other_footers),
		cmocka_unit_test(undefined_check),
		cmocka_unit_test(other_chains),
		cmocka_unit_test(large_windows),
		cmocka_unit_test(too_little_heap),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
