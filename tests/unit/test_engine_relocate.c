/* SPDX-License-Identifier: MIT */
/* PLAN: replacements that begin with a branch, moved from the images to their sites. */
#include "test_engine.h"

#define IMAGES UINT64_C(0x0000700000000000)
#define SITE   64

static struct {
	struct patched_text text;
	struct arena arena;
	uint8_t image[16];
	struct plan plan;
} t;

static int begin(void **state)
{
	fake_reset(state);
	t.text = text_make(4096);
	t.arena = arena_make(4096);
	return 0;
}

static int end(void **state)
{
	(void)state;
	text_free(&t.text);
	free(t.arena.at);
	return 0;
}

static void put32(uint8_t *at, int64_t value)
{
	int32_t number = (int32_t)value;

	memcpy(at, &number, 4);
}

/* Plans one site at `site` (a virtual address) with the image, linked at IMAGES; commits when it can. */
static struct error patch(uint64_t site, unsigned length, unsigned flags)
{
	const struct plan_record record = {
		.site = site, .bytes = t.image, .site_length = 16, .length = (uint8_t)length,
		.flags = (uint8_t)(RECORD_SELECTED | flags),
	};
	const struct plan_input input = {
		.table = "table", .record = &record, .count = 1, .text = &t.text,
		.images = { span(t.image, sizeof(t.image)), IMAGES },
	};
	struct journal journal = journal_make(&t.plan);

	t.arena.used = 0;
	t.text.address = site - SITE;
	memset(t.text.write, 0xaa, 4096);
	TRY(plan_make(&t.plan, &input, &t.arena));
	apply(&journal);
	return error_none();
}

static int64_t displacement_at(unsigned offset)
{
	int32_t number;

	memcpy(&number, t.text.run + SITE + offset, 4);
	return number;
}

/* An opcode with a displacement of 32 bits: right at both extremes, refused one byte further. */
static void check_near(const char *opcode, unsigned size)
{
	const unsigned length = size + 4;

	for (int64_t d = INT32_MIN; d <= INT32_MAX; d += (INT64_C(1) << 30) - 1) {
		const uint64_t target = IMAGES + length + (uint64_t)d;
		const uint64_t low = target - length - INT32_MAX;
		const uint64_t high = target - length - (uint64_t)(int64_t)INT32_MIN;
		struct error error;

		memcpy(t.image, opcode, size);
		put32(t.image + size, d);
		if (target - IMAGES <= length)
			continue;
		assert_fine(patch(low, length, RECORD_RELOCATE));
		assert_memory_equal(t.text.run + SITE, opcode, size);
		assert_int_equal(displacement_at(size), INT32_MAX);
		assert_fine(patch(high, length, RECORD_RELOCATE));
		assert_int_equal(displacement_at(size), INT32_MIN);
		assert_fine(patch(target - length - 1234, length, RECORD_RELOCATE));
		assert_int_equal(displacement_at(size), 1234);

		error = patch(low - 1, length, RECORD_RELOCATE);
		assert_error(error, ERROR_SITE_BRANCH);
		assert_int_equal(error.found, target);
		error = patch(high + 1, length, RECORD_RELOCATE);
		assert_error(error, ERROR_SITE_BRANCH);
		assert_int_equal(error.found, target);
		/* Nothing was written. */
		assert_int_equal(t.text.run[SITE], 0xaa);
	}
}

static void call(void **state) { (void)state; check_near("\xe8", 1); }
static void jump(void **state) { (void)state; check_near("\xe9", 1); }

static void conditional(void **state)
{
	(void)state;
	check_near("\x0f\x84", 2);
	check_near("\x0f\x8f", 2);
}

static void unmarked_is_left_alone(void **state)
{
	(void)state;
	t.image[0] = 0xe8;
	put32(t.image + 1, 1000);
	assert_fine(patch(TEXT_ADDRESS, 5, 0));
	assert_int_equal(displacement_at(1), 1000);
}

/* Branches that stay inside the image move with it. */
static void internal(void **state)
{
	(void)state;
	memset(t.image, 0x90, sizeof(t.image));
	for (int target = 0; target <= 12; target++) {
		t.image[0] = 0xe9;
		put32(t.image + 1, target - 5);
		assert_fine(patch(TEXT_ADDRESS, 12, RECORD_RELOCATE));
		assert_int_equal(displacement_at(1), target - 5);
		t.image[0] = 0xeb;
		t.image[1] = (uint8_t)(target - 2);
		assert_fine(patch(TEXT_ADDRESS, 12, RECORD_RELOCATE));
		assert_int_equal(t.text.run[SITE + 1], (uint8_t)(target - 2));
	}
}

/* Short branches out of the image cannot be moved. */
static void short_branches(void **state)
{
	static const uint8_t opcodes[] = { 0xeb, 0x70, 0x7f, 0xe0, 0xe3 };
	static const int8_t out[] = { -3, 11, INT8_MIN, INT8_MAX };

	(void)state;
	for (unsigned i = 0; i < sizeof(opcodes); i++)
		for (unsigned k = 0; k < sizeof(out); k++) {
			struct error error;

			t.image[0] = opcodes[i];
			t.image[1] = (uint8_t)out[k];
			error = patch(TEXT_ADDRESS, 12, RECORD_RELOCATE);
			assert_error(error, ERROR_SITE_BRANCH);
			assert_int_equal(error.found, IMAGES + 2 + (uint64_t)(int64_t)out[k]);
		}
}

/* What only looks like a branch: too short for one, or another opcode. */
static void no_branch(void **state)
{
	static const struct { const char *bytes; unsigned length; } codes[] = {
		{ "\xe8\x10\x20\x30", 4 },
		{ "\x0f\x84\x10\x20\x30", 5 },
		{ "\xeb", 1 },
		{ "\x0f\x1f\x44\x10\x20\x30", 6 },
		{ "\xe7\x70\x10\x20\x30\x40", 6 },
		{ "\xe4\x70\x10\x20\x30\x40", 6 },
		{ "\x90\xe8\x10\x20\x30\x40", 6 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		memcpy(t.image, codes[i].bytes, codes[i].length);
		assert_fine(patch(TEXT_ADDRESS, codes[i].length, RECORD_RELOCATE));
		assert_memory_equal(t.text.run + SITE, codes[i].bytes, codes[i].length);
	}
}

/* The bytes that a site must hold are relocated like those it gets. */
static void old_bytes(void **state)
{
	struct plan_record record = {
		.site = TEXT_ADDRESS + SITE, .bytes = t.image + 8, .old = t.image, .site_length = 5, .length = 1,
		.old_length = 5, .flags = RECORD_SELECTED | RECORD_RELOCATE,
	};
	struct plan_input input = {
		.table = "table", .record = &record, .count = 1, .text = &t.text,
		.images = { span(t.image, sizeof(t.image)), TEXT_ADDRESS + 0x10000 },
	};

	(void)state;
	t.image[0] = 0xe9;
	put32(t.image + 1, 0x100);
	t.text.write[SITE] = 0xe9;
	put32(t.text.write + SITE + 1, 0x100);
	assert_error(plan_make(&t.plan, &input, &t.arena), ERROR_SITE_BYTES);
	put32(t.text.write + SITE + 1, 0x10000 - SITE + 0x100);
	assert_fine(plan_make(&t.plan, &input, &t.arena));
	/* One that no branch at the site could hold. */
	input.images.address = IMAGES;
	assert_error(plan_make(&t.plan, &input, &t.arena), ERROR_SITE_BYTES);
}

int main(void)
{
	return RUN_TESTS_WITH(begin, end, "engine: relocation", call, jump, conditional, unmarked_is_left_alone,
			 internal, short_branches, no_branch, old_bytes);
}
