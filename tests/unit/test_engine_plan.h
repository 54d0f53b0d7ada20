/* SPDX-License-Identifier: MIT */
/* What the tests of PLAN share: one table, its text, and what is expected of the plan. */
#ifndef LULL_TESTS_TEST_ENGINE_PLAN_H
#define LULL_TESTS_TEST_ENGINE_PLAN_H

#include "test_engine.h"

#define TEXT_LENGTH 8192
#define LIMIT 2000

/* One table to plan, and where it is planned. */
static struct {
	struct patched_text text;
	struct arena arena;
	struct plan_record record[LIMIT];
	struct plan_input input;
	struct plan plan;
	uint64_t before;
} t;

static const uint8_t image_bytes[512] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };

static inline int begin(void **state)
{
	fake_reset(state);
	t.text = text_make(TEXT_LENGTH);
	t.arena = arena_make(1 << 20);
	for (unsigned i = 0; i < TEXT_LENGTH; i++)
		t.text.write[i] = (uint8_t)(i * 7 + i / 256);
	t.input = (struct plan_input){
		.table = "table",
		.record = t.record,
		.text = &t.text,
		.images = { span(image_bytes, sizeof(image_bytes)), 0x1000 },
	};
	return 0;
}

static inline int end(void **state)
{
	(void)state;
	text_free(&t.text);
	free(t.arena.at);
	return 0;
}

/* Adds a selected record with the bytes 1, 2, 3... */
static inline struct plan_record *add(uint64_t offset, unsigned site_length, unsigned length)
{
	struct plan_record *record = &t.record[t.input.count];

	assert_true(t.input.count < LIMIT);
	*record = (struct plan_record){
		.site = TEXT_ADDRESS + offset,
		.bytes = image_bytes,
		.index = 1000 + t.input.count++,
		.site_length = (uint8_t)site_length,
		.length = (uint8_t)length,
		.flags = RECORD_SELECTED,
	};
	return record;
}

/* The plan is refused for this record: no byte is written, the plan is empty, the arena as it was. */
static inline void refused(enum error_code code, const struct plan_record *record, uint64_t found)
{
	uint64_t before = hash(t.text.run, TEXT_LENGTH);
	struct error error = plan_make(&t.plan, &t.input, &t.arena);

	assert_error(error, code);
	assert_string_equal(error.subject, "table");
	assert_int_equal(error.expected, record->index);
	assert_int_equal(error.found, found);
	assert_int_equal(t.plan.edit_count, 0);
	assert_int_equal(t.arena.used, 0);
	assert_int_equal(hash(t.text.run, TEXT_LENGTH), before);
}

/* Plans, sees that nothing is written, and commits. */
static inline void patched(uint32_t edits)
{
	uint64_t before = hash(t.text.run, TEXT_LENGTH);
	struct journal journal = journal_make(&t.plan);

	assert_fine(plan_make(&t.plan, &t.input, &t.arena));
	assert_int_equal(hash(t.text.run, TEXT_LENGTH), before);
	assert_int_equal(t.plan.edit_count, edits);
	assert_true(t.arena.used <= plan_space(t.record, t.input.count));
	apply(&journal);
}

#endif
