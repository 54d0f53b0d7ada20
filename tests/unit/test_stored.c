/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The form in which lull pack stores a kernel: what is read of it, what is refused, and what it unpacks to. */
#include "unit.h"
#include "builder.h"
#include "packer.h"

#include <shim/unpack/extents.h>

#define PLAIN_SIZE 100000

static const struct stored_part parts[] = {
	{ 100, 5000, STORED_RAW }, { 6000, 30000, STORED_LZ4 }, { 36000, 40000, STORED_ZSTD }, { 80000, 10000, STORED_LZ4 },
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

/* Where a field of the header, or of an extent, is. */
#define HEADER(field)        offsetof(struct stored_header, field)
#define EXTENT(index, field) (sizeof(struct stored_header) + (index) * sizeof(struct stored_extent) + \
			      offsetof(struct stored_extent, field))

/* Bytes that are zero where no part is. */
static struct file plain_with_gaps(void)
{
	struct file bytes = plain_bytes(PLAIN_SIZE), plain = file_new(PLAIN_SIZE);

	for (unsigned i = 0; i < PARTS; i++)
		memcpy(plain.at + parts[i].offset, bytes.at + parts[i].offset, parts[i].size);
	file_free(&bytes);
	return plain;
}

static struct file build(struct span setup)
{
	struct file plain = plain_with_gaps();
	struct file stored = pack_stored(file_span(plain), setup, parts, PARTS);

	file_free(&plain);
	return stored;
}

/* Unpacks over bytes that are not zero. */
static struct error unpack_stored(struct file file, struct file *out)
{
	struct unpack_heap heap = { 0 };
	struct stored stored;
	struct error error;

	*out = file_new(PLAIN_SIZE);
	memset(out->at, 0xa5, out->size);
	error = stored_parse(file_span(file), &stored);
	if (failed(error))
		return error;
	heap.size = unpack_extents_heap_size(&stored);
	heap.at = malloc(heap.size + 1);
	error = unpack_extents(&stored, out->at, &heap);
	free(heap.at);
	return error;
}

static void round_trip(void **state)
{
	struct file plain = plain_with_gaps(), stored = build(span("setup", 5)), out;
	struct stored parsed;

	(void)state;
	assert_true(stored_is(file_span(stored)));
	assert_fine(stored_parse(file_span(stored), &parsed));
	assert_span(parsed.setup, "setup");
	assert_int_equal(parsed.header.origin, STORED_BZIMAGE);
	assert_int_equal(stored_extent(&parsed, 2).offset, 36000);
	assert_fine(unpack_stored(stored, &out));
	assert_memory_equal(out.at, plain.at, PLAIN_SIZE);
	file_free(&out);
	/* What a loader put behind it is nobody's. */
	file_append(&stored, "padding", 7);
	assert_fine(unpack_stored(stored, &out));
	file_free(&out);
	file_free(&stored);
	file_free(&plain);
}

/* Bytes that end in an extent, and no extent at all. */
static void no_gaps(void **state)
{
	static const struct stored_part whole = { 0, PLAIN_SIZE, STORED_RAW };
	struct file plain = plain_bytes(PLAIN_SIZE), zeros = file_new(PLAIN_SIZE), out;
	struct file stored = pack_stored(file_span(plain), span("", 0), &whole, 1);

	(void)state;
	assert_fine(unpack_stored(stored, &out));
	assert_memory_equal(out.at, plain.at, PLAIN_SIZE);
	file_free(&out);
	file_free(&stored);
	stored = pack_stored(file_span(zeros), span("", 0), &whole, 0);
	assert_fine(unpack_stored(stored, &out));
	assert_memory_equal(out.at, zeros.at, PLAIN_SIZE);
	file_free(&out);
	file_free(&stored);
	file_free(&zeros);
	file_free(&plain);
}

/* One number changed, and the checksum made right again: each is refused by what is wrong with it. */
static void odd_fields(void **state)
{
	static const struct {
		uint64_t offset;
		unsigned bytes;
		uint64_t value;
		enum error_code error;
	} cases[] = {
		{ HEADER(version), 4, 1, ERROR_STORED_FIELD },
		{ HEADER(reserved), 4, 1, ERROR_STORED_FIELD },
		{ HEADER(size), 8, 32, ERROR_STORED_FIELD },
		{ HEADER(size), 8, UINT64_MAX - 31, ERROR_STORED_FIELD },
		{ HEADER(size), 8, 1001, ERROR_STORED_FIELD },
		{ HEADER(unpacked_size), 8, STORED_LIMIT + 1, ERROR_UNPACK_LIMIT },
		{ HEADER(unpacked_size), 8, PLAIN_SIZE - 10001, ERROR_STORED_FIELD },
		{ HEADER(load), 8, 0x800, ERROR_STORED_FIELD },
		{ HEADER(load), 8, UINT64_C(0xffffffffffff0000), ERROR_STORED_FIELD },
		{ HEADER(load), 8, UINT64_C(0xffff0000), ERROR_STORED_FIELD },
		{ HEADER(memory_start), 8, UINT64_MAX, ERROR_STORED_FIELD },
		{ HEADER(memory_size), 8, 4 * GIB, ERROR_STORED_FIELD },
		{ HEADER(origin), 4, 0, ERROR_STORED_FIELD },
		{ HEADER(origin), 4, 4, ERROR_STORED_FIELD },
		{ HEADER(origin), 4, STORED_BZIMAGE, ERROR_STORED_FIELD },
		{ HEADER(extent_count), 4, UINT32_MAX, ERROR_STORED_FIELD },
		{ HEADER(extent_count), 4, PARTS - 1, ERROR_STORED_FIELD },
		{ HEADER(setup_size), 8, 5, ERROR_STORED_FIELD },
		{ EXTENT(1, offset), 8, 5099, ERROR_STORED_FIELD },
		{ EXTENT(1, offset), 8, UINT64_MAX, ERROR_STORED_FIELD },
		{ EXTENT(1, size), 8, 0, ERROR_STORED_FIELD },
		{ EXTENT(3, size), 8, 20001, ERROR_STORED_FIELD },
		{ EXTENT(0, stored_size), 8, UINT64_MAX, ERROR_STORED_FIELD },
		{ EXTENT(0, size), 8, 4999, ERROR_STORED_FIELD },
		{ EXTENT(1, how), 4, 0, ERROR_STORED_FIELD },
		{ EXTENT(1, how), 4, STORED_HOWS, ERROR_STORED_FIELD },
		{ EXTENT(1, reserved), 4, 1, ERROR_STORED_FIELD },
		/* What only unpacking finds. */
		{ EXTENT(1, size), 8, 29999, ERROR_UNPACK_LONG },
		{ EXTENT(3, size), 8, 10001, ERROR_UNPACK_SHORT },
		{ EXTENT(2, how), 4, STORED_LZ4, ERROR_UNPACK_BROKEN },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct file stored = build(span("", 0)), out;

		file_put(stored, cases[i].offset, cases[i].value, cases[i].bytes);
		stored_seal(stored);
		assert_error(unpack_stored(stored, &out), cases[i].error);
		file_free(&out);
		file_free(&stored);
	}
}

static void setup_code(void **state)
{
	struct file stored = build(span("setup", 5)), out;

	(void)state;
	file_put(stored, HEADER(setup_size), UINT64_MAX, 8);
	assert_error(unpack_stored(stored, &out), ERROR_STORED_FIELD);
	file_free(&out);
	file_put(stored, HEADER(setup_size), 0, 8);
	assert_error(unpack_stored(stored, &out), ERROR_STORED_FIELD);
	file_free(&out);
	file_free(&stored);
}

/* Every bit of the header and the table, and of the bytes behind them one in each: all are found, and nothing is written. */
static void flipped_bits(void **state)
{
	struct file stored = build(span("setup", 5));
	const uint64_t head = EXTENT(PARTS, offset);

	(void)state;
	for (uint64_t bit = 0; bit < stored.size * 8; bit += bit < head * 8 ? 1 : 8 * 61 + 3) {
		struct error error;
		struct file out;

		stored.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
		error = unpack_stored(stored, &out);
		stored.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (bit >= STORED_MAGIC_SIZE * 8)
			assert_true(failed(error));
		assert_true(bit < STORED_MAGIC_SIZE * 8 || out.at[0] == 0xa5);
		file_free(&out);
	}
	file_free(&stored);
}

static void cut_short(void **state)
{
	struct file stored = build(span("", 0));

	(void)state;
	for (uint64_t size = 0; size < stored.size; size += 1 + size / 8) {
		struct file part = file_prefix(stored, size), out;

		assert_int_equal(stored_is(file_span(part)), size >= STORED_MAGIC_SIZE);
		assert_error(unpack_stored(part, &out), ERROR_STORED_FIELD);
		file_free(&out);
		file_free(&part);
	}
	file_free(&stored);
}

/* The definition of stored.h, word for word. */
static void checksum(void **state)
{
	struct file bytes = plain_bytes(320);
	uint64_t lane[4] = { 1, 2, 3, 4 }, sum = 320;

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		const uint64_t product = (lane[i % 4] ^ span_u64(file_span(bytes), i * 8)) * UINT64_C(0x100000001b3);

		lane[i % 4] = product << 29 | product >> 35;
	}
	for (unsigned i = 0; i < 4; i++) {
		const uint64_t product = (sum ^ lane[i]) * UINT64_C(0x100000001b3);

		sum = product << 29 | product >> 35;
	}
	assert_int_equal(stored_checksum(file_span(bytes)), sum);
	file_free(&bytes);
}

int main(void)
{
	return RUN_TESTS("stored", round_trip, no_gaps, odd_fields, setup_code, flipped_bits, cut_short, checksum);
}
