/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Beside liblzma's own filter, on everything from noise to this program's code. */
#include <lzma.h>

#include "unit.h"
#include "builder.h"

#include <shim/unpack/x86_filter.h>

/* .xz's LZMA2 without packing: chunks of a control byte, their size less one in big endian, and data; then a zero. */
#define CHUNK      65536
#define CHUNK_HEAD 3

static lzma_options_lzma lzma2;
static const lzma_filter plain_chain[] = { { LZMA_FILTER_LZMA2, &lzma2 }, { LZMA_VLI_UNKNOWN, NULL } };
static const lzma_filter x86_chain[] = {
	{ LZMA_FILTER_X86, NULL }, { LZMA_FILTER_LZMA2, &lzma2 }, { LZMA_VLI_UNKNOWN, NULL },
};

static int set_up(void **state)
{
	(void)state;
	return lzma_lzma_preset(&lzma2, 0);
}

/* xorshift64 (Marsaglia). */
static uint64_t noise(void)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

/* The bytes as LZMA2 data that was not packed. */
static struct file chunks(struct span bytes)
{
	struct file out = file_new(0);

	for (uint64_t at = 0; at < bytes.size; at += CHUNK) {
		const uint64_t size = bytes.size - at < CHUNK ? bytes.size - at : CHUNK;
		const uint8_t head[CHUNK_HEAD] = { 1, (uint8_t)((size - 1) >> 8), (uint8_t)(size - 1) };

		file_append(&out, head, sizeof(head));
		file_append(&out, bytes.at + at, size);
	}
	file_append(&out, "", 1);
	return out;
}

/* What liblzma makes of the bytes, when it is given room for `step` of them at a time. */
static struct file undone_by_liblzma(struct span bytes, uint64_t step)
{
	struct file packed = chunks(bytes), out = file_new(bytes.size);
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_ret code = lzma_raw_decoder(&stream, x86_chain);
	uint8_t nothing;

	assert_int_equal(code, LZMA_OK);
	stream.next_in = packed.at;
	stream.avail_in = packed.size;
	stream.next_out = bytes.size ? out.at : &nothing;
	while (code == LZMA_OK) {
		const uint64_t left = out.size - stream.total_out;

		stream.avail_out = left < step ? left : step;
		code = lzma_code(&stream, LZMA_FINISH);
	}
	assert_int_equal(code, LZMA_STREAM_END);
	assert_int_equal(stream.total_out, bytes.size);
	lzma_end(&stream);
	file_free(&packed);
	return out;
}

/* What liblzma's encoder gives to LZMA2. */
static struct file done_by_liblzma(struct span bytes)
{
	struct file packed = file_new(bytes.size + bytes.size / 8 + 4096), out = file_new(bytes.size);
	size_t made = 0, read = 0, written = 0;

	assert_int_equal(lzma_raw_buffer_encode(x86_chain, NULL, bytes.at, bytes.size, packed.at, &made, packed.size),
			 LZMA_OK);
	assert_int_equal(lzma_raw_buffer_decode(plain_chain, NULL, packed.at, &read, made, out.at, &written, out.size),
			 LZMA_OK);
	assert_int_equal(written, bytes.size);
	file_free(&packed);
	return out;
}

static void check_same(struct file found, struct file wanted, struct span from)
{
	for (uint64_t i = 0; i < wanted.size; i++)
		if (found.at[i] != wanted.at[i])
			fail_msg("byte %lu of %lu: %#x became %#x, not %#x", i, wanted.size, from.at[i], found.at[i],
				 wanted.at[i]);
}

/* As packed data and as code to pack: the first is what liblzma makes of it, the second comes back. */
static void check(struct span bytes, uint64_t step)
{
	struct file found = file_of(bytes.at, bytes.size), wanted = undone_by_liblzma(bytes, step);

	x86_filter_undo(found.at, found.size);
	check_same(found, wanted, bytes);
	file_free(&found);
	file_free(&wanted);
}

static void check_return(struct span bytes)
{
	struct file packed = done_by_liblzma(bytes), bytes_again = file_of(packed.at, packed.size);

	x86_filter_undo(bytes_again.at, bytes_again.size);
	assert_memory_equal(bytes_again.at, bytes.at, bytes.size);
	file_free(&packed);
	file_free(&bytes_again);
}

/* Of every eight bytes `often` are one of those that mean something to the filter. */
static struct file dense(uint64_t size, unsigned often)
{
	static const uint8_t letters[] = { 0xe8, 0xe9, 0x00, 0xff, 0xe8, 0x00, 0x01, 0xfe };
	struct file file = file_new(size);

	for (uint64_t i = 0; i < size; i++) {
		const uint64_t random = noise();

		file.at[i] = random % 8 < often ? letters[random >> 8 & 7] : (uint8_t)(random >> 16);
	}
	return file;
}

static void noise_and_opcodes(void **state)
{
	(void)state;
	for (unsigned often = 0; often <= 8; often++) {
		struct file bytes = dense(300000 + often, often);

		check(file_span(bytes), bytes.size);
		check_return(file_span(bytes));
		file_free(&bytes);
	}
}

/* Sizes around that of an instruction and of a word, and beginnings and ends of every kind. */
static void short_data(void **state)
{
	(void)state;
	for (uint64_t size = 0; size <= 40; size++)
		for (unsigned often = 4; often < 4 + 40; often++) {
			struct file bytes = dense(size, often < 8 ? often : 8);

			check(file_span(bytes), size + 1);
			file_free(&bytes);
		}
}

/* One call, at every offset of data that ends everywhere behind it. */
static void one_call(void **state)
{
	static const uint8_t call[] = { 0xe8, 0x78, 0x56, 0x34, 0x00 };
	unsigned converted = 0;

	(void)state;
	for (uint64_t at = 0; at < 20; at++)
		for (uint64_t size = at + 1; size < 32; size++) {
			struct file bytes = file_new(size), undone = file_new(size);

			for (uint64_t i = 0; i < size; i++)
				bytes.at[i] = undone.at[i] = i - at < sizeof(call) ? call[i - at] : 0x90;
			check(file_span(bytes), size);
			x86_filter_undo(undone.at, size);
			if (size - at >= sizeof(call)) {
				assert_int_equal(span_u32(file_span(undone), at + 1), 0x345678 - (at + 5));
				converted++;
			}
			file_free(&bytes);
			file_free(&undone);
		}
	assert_int_equal(converted, 350);
}

/* liblzma keeps back what may be the beginning of an instruction; where its output was cut makes no difference. */
static void in_parts(void **state)
{
	struct file bytes = dense(3000, 6);

	(void)state;
	for (uint64_t step = 1; step <= 40; step++)
		check(file_span(bytes), step);
	file_free(&bytes);
}

/* This program's own text, of which the link editor says where it begins and ends. */
static void real_code(void **state)
{
	extern const char __executable_start[], etext[];
	struct span code = span(__executable_start, (uint64_t)(etext - __executable_start));
	struct file packed = done_by_liblzma(code);

	(void)state;
	assert_memory_not_equal(packed.at, code.at, code.size);
	check(code, code.size);
	check(file_span(packed), 4096);
	check_return(code);
	file_free(&packed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(noise_and_opcodes),
		cmocka_unit_test(short_data),
		cmocka_unit_test(one_call),
		cmocka_unit_test(in_parts),
		cmocka_unit_test(real_code),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
