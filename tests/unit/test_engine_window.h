/* SPDX-License-Identifier: MIT */
/* Text with sites of many lengths and a plan for all of them. */
#ifndef LULL_TESTS_TEST_ENGINE_WINDOW_H
#define LULL_TESTS_TEST_ENGINE_WINDOW_H

#include "test_engine.h"

static struct {
	struct patched_text text;
	struct arena arena;
	struct plan plan;
} t;

static const uint8_t bytes[255] = { [0] = 1, [1] = 2, [9] = 3, [100] = 4, [254] = 5 };

/* Sites of every length from 1 to 40 and of 255, one after the other. */
static inline int begin(void **state)
{
	struct plan_record record[41];
	struct plan_input input = { .table = "table", .record = record, .count = 41, .text = &t.text };
	uint64_t at = 3;

	fake_reset(state);
	t.text = text_make(4096);
	t.arena = arena_make(8192);
	for (unsigned i = 0; i < 4096; i++)
		t.text.write[i] = (uint8_t)(i * 13 + 5);
	for (unsigned i = 0; i < 41; i++) {
		uint8_t length = i < 40 ? (uint8_t)(i + 1) : 255;

		record[i] = (struct plan_record){
			.site = TEXT_ADDRESS + at, .bytes = bytes, .site_length = length, .length = length,
			.flags = RECORD_SELECTED,
		};
		at += length;
	}
	assert_fine(plan_make(&t.plan, &input, &t.arena));
	return 0;
}

static inline int end(void **state)
{
	(void)state;
	text_free(&t.text);
	free(t.arena.at);
	return 0;
}

/* Not inlined, because some who call it come back by longjmp(). */
static __attribute__((noinline, unused)) uint64_t text_hash(void) { return hash(t.text.run, t.text.length); }

#endif
