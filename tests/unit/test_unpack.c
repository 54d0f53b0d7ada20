/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unpacking: every format whole, cut, flipped and with a wrong size, and what memory it takes. */
#include "test_unpack.h"

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

/* Where a kernel is unpacked hundreds of times. */
static int shorten(void **state)
{
	(void)state;
	plain.size = PLAIN_SIZE / 10;
	return 0;
}

static int lengthen(void **state)
{
	(void)state;
	plain.size = PLAIN_SIZE;
	return 0;
}

/* Unpacks with one bit flipped; true when that is noticed.  What is not may change the bytes, unless there are checksums. */
static bool notices_flip(struct file packed, enum compression format, uint64_t at, unsigned bit, bool checked)
{
	struct error error;
	struct file out;

	packed.at[at] ^= (uint8_t)(1u << bit);
	error = unpack_with(file_span(packed), format, plain.size, unpack_heap_size(file_span(packed), format), &out);
	packed.at[at] ^= (uint8_t)(1u << bit);
	if (checked && !failed(error))
		assert_memory_equal(out.at, plain.at, plain.size);
	file_free(&out);
	return failed(error);
}

static void flipped_bits(void **state)
{
	(void)state;
	ALL_FORMATS(format) {
		struct file packed = pack_kernel(format, file_span(plain));
		unsigned found = 0, least = pack_noticed(format);

		for (unsigned i = 0; i < 200; i++)
			found += notices_flip(packed, format, (packed.size - 4) * i / 200, i % 8, least > 1);
		assert_true(least > 0 && found >= least);
		/* The headers, where one bit says most. */
		for (unsigned i = 0; i < 200; i++)
			notices_flip(packed, format, i / 8, i % 8, least > 1);
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
		cmocka_unit_test_setup_teardown(flipped_bits, shorten, lengthen),
		cmocka_unit_test(no_decompressor),
		cmocka_unit_test(too_little_heap),
		cmocka_unit_test(heap_is_counted),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
