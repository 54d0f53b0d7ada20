/* SPDX-License-Identifier: MIT */
/* PLAN: what it refuses, and that nothing is written then. */
#include "test_engine_plan.h"

static void bad_nests(void **state)
{
	/* The sites in the order of the table, one of length 0 behind the last; which record is refused, and for which place. */
	static const struct {
		struct { unsigned at, length; } site[4];
		unsigned record, at;
	} nests[] = {
		/* Cut at the end. */
		{ { { 100, 5 }, { 104, 2 } }, 1, 100 },
		/* Cut at the beginning: the second in the table begins first. */
		{ { { 104, 2 }, { 100, 5 } }, 0, 100 },
		/* The inner one behind the outer one. */
		{ { { 100, 8 }, { 102, 2 } }, 1, 100 },
		/* The same, where both end together. */
		{ { { 100, 8 }, { 106, 2 } }, 1, 100 },
		/* Two inner ones that cut each other. */
		{ { { 104, 3 }, { 102, 3 }, { 100, 9 } }, 1, 104 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(nests) / sizeof(nests[0]); i++) {
		t.input.count = 0;
		for (unsigned j = 0; nests[i].site[j].length != 0; j++)
			add(nests[i].site[j].at, nests[i].site[j].length, 1);
		refused(ERROR_SITE_OVERLAP, &t.record[nests[i].record], TEXT_ADDRESS + nests[i].at);
	}
}

static void neighbours(void **state)
{
	(void)state;
	/* Neighbours do not overlap. */
	add(102, 2, 1);
	add(100, 2, 1);
	patched(2);
	/* Nor does one that begins where a nest ends. */
	t.input.count = 0;
	t.arena.used = 0;
	add(202, 2, 1);
	add(200, 4, 2);
	add(204, 2, 2);
	patched(2);
}

static void too_many_for_one_site(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PLAN_RECORDS_PER_SITE; i++)
		add(100, 5, 1);
	assert_fine(plan_make(&t.plan, &t.input, &t.arena));
	t.arena.used = 0;
	add(100, 5, 1);
	refused(ERROR_SITE_NEST, &t.record[PLAN_RECORDS_PER_SITE], TEXT_ADDRESS + 100);
}

static void outside_the_text(void **state)
{
	(void)state;
	add(0, 5, 5);
	add(TEXT_LENGTH - 6, 6, 6);
	assert_fine(plan_make(&t.plan, &t.input, &t.arena));
	t.arena.used = 0;
	add(TEXT_LENGTH - 5, 6, 6);
	refused(ERROR_SITE_REACH, &t.record[2], TEXT_ADDRESS + TEXT_LENGTH - 5);
	t.record[2].site = TEXT_ADDRESS + TEXT_LENGTH;
	refused(ERROR_SITE_REACH, &t.record[2], TEXT_ADDRESS + TEXT_LENGTH);
	t.record[2].site = TEXT_ADDRESS + TEXT_LENGTH + 1;
	refused(ERROR_SITE_REACH, &t.record[2], TEXT_ADDRESS + TEXT_LENGTH + 1);
	t.record[2].site = TEXT_ADDRESS - 1;
	refused(ERROR_SITE_REACH, &t.record[2], TEXT_ADDRESS - 1);
	t.record[2].site = UINT64_MAX;
	refused(ERROR_SITE_REACH, &t.record[2], UINT64_MAX);
	t.record[2].site = 0;
	refused(ERROR_SITE_REACH, &t.record[2], 0);
}

static void inside_the_patcher(void **state)
{
	const struct code_range forbidden[2] = {
		{ TEXT_ADDRESS + 10, TEXT_ADDRESS + 20 },
		{ TEXT_ADDRESS + 100, TEXT_ADDRESS + 200 },
	};

	(void)state;
	t.input.forbidden = forbidden;
	t.input.forbidden_count = 2;
	add(95, 5, 1);
	add(200, 5, 1);
	patched(2);
	t.arena.used = 0;
	for (uint64_t at = 96; at < 200; at++) {
		t.record[1].site = TEXT_ADDRESS + at;
		t.record[0].site = TEXT_ADDRESS;
		refused(ERROR_SITE_FORBIDDEN, &t.record[1], TEXT_ADDRESS + at);
	}
	t.record[1].site = TEXT_ADDRESS + 19;
	refused(ERROR_SITE_FORBIDDEN, &t.record[1], TEXT_ADDRESS + 19);
	/* A site around all of it. */
	t.record[1].site = TEXT_ADDRESS + 5;
	t.record[1].site_length = 255;
	refused(ERROR_SITE_FORBIDDEN, &t.record[1], TEXT_ADDRESS + 5);
}

static void bad_lengths(void **state)
{
	struct plan_record *record;

	(void)state;
	record = add(100, 0, 0);
	refused(ERROR_SITE_LENGTH, record, 0);
	record->site_length = 5;
	record->length = 6;
	refused(ERROR_SITE_LENGTH, record, 6);
	record->length = 255;
	refused(ERROR_SITE_LENGTH, record, 255);
	record->length = 5;
	record->old = image_bytes;
	record->old_length = 7;
	refused(ERROR_SITE_LENGTH, record, 7);
}

static void other_bytes_there(void **state)
{
	struct plan_record *record = add(100, 6, 5);

	(void)state;
	record->old = image_bytes + 2;
	record->old_length = 4;
	refused(ERROR_SITE_BYTES, record, TEXT_ADDRESS + 100);
	memcpy(t.text.write + 100, "\3\4\5\6\x90\x91", 6);
	refused(ERROR_SITE_BYTES, record, TEXT_ADDRESS + 100);
	t.text.write[105] = 0x90;
	t.text.write[103] ^= 1;
	refused(ERROR_SITE_BYTES, record, TEXT_ADDRESS + 100);
	t.text.write[103] ^= 1;
	patched(1);
	assert_memory_equal(t.text.run + 100, "\1\2\3\4\5\x90", 6);
}

/* Declared sites share no byte, whichever comes first; an outer one, which says nothing of what is there, goes around. */
static void declared_twice(void **state)
{
	struct plan_record *first = add(100, 1, 1), *second = add(100, 1, 1);

	(void)state;
	first->old = second->old = t.text.run + 100;
	first->old_length = second->old_length = 1;
	first->flags = RECORD_SITE | RECORD_SELECTED;
	patched(1);
	t.text.write[100] ^= 1;
	t.arena.used = 0;
	second->flags = RECORD_SITE;
	refused(ERROR_SITE_OVERLAP, second, TEXT_ADDRESS + 100);
	/* Around the first one, and holding something itself. */
	second->site -= 1;
	second->site_length = 3;
	second->old = NULL;
	second->old_length = 0;
	second->flags = RECORD_SITE | RECORD_TRAPPED;
	refused(ERROR_SITE_OVERLAP, second, TEXT_ADDRESS + 100);
	second->flags = RECORD_SITE;
	patched(1);
	/* Two outer ones that begin together. */
	t.arena.used = 0;
	first->old = NULL;
	first->old_length = 0;
	patched(0);
	t.arena.used = 0;
	second->site += 1;
	refused(ERROR_SITE_OVERLAP, second, TEXT_ADDRESS + 100);
}

static void bad_windows(void **state)
{
	struct patched_text text = t.text;
	struct error error;

	(void)state;
	t.input.text = &text;
	text.length = (UINT64_C(1) << 32) + 1;
	error = plan_make(&t.plan, &t.input, &t.arena);
	assert_error(error, ERROR_TEXT_WINDOW);
	assert_int_equal(error.found, text.length);
	text.length = UINT64_C(1) << 32;
	text.address = UINT64_MAX - 100;
	assert_error(plan_make(&t.plan, &t.input, &t.arena), ERROR_TEXT_WINDOW);
}

static void too_little_memory(void **state)
{
	struct error error;

	(void)state;
	add(100, 6, 6);
	add(200, 7, 6);
	t.arena.size = plan_space(t.record, 2) - 1;
	error = plan_make(&t.plan, &t.input, &t.arena);
	assert_error(error, ERROR_SITE_MEMORY);
	assert_int_equal(error.expected, plan_space(t.record, 2));
	assert_int_equal(error.found, plan_space(t.record, 2) - 1);
	/* What is taken of the arena does not count. */
	t.arena.used = 8;
	t.arena.size += 8;
	assert_int_equal(plan_make(&t.plan, &t.input, &t.arena).found, plan_space(t.record, 2) - 1);
	t.arena.used = 0;
	t.arena.size -= 8;
	t.arena.size++;
	patched(2);
	assert_null(arena_take(&t.arena, 1));
	assert_non_null(arena_take(&t.arena, 0));
}

int main(void)
{
	return RUN_TESTS_WITH(begin, end, "engine: plan refuses", bad_nests, neighbours, too_many_for_one_site,
			      outside_the_text, inside_the_patcher, bad_lengths, other_bytes_there,
			      declared_twice, bad_windows, too_little_memory);
}
