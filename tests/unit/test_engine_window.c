/* SPDX-License-Identifier: MIT */
/* The window: mask, commit, journal and the proof, with a backend that lies to order. */
#include "test_engine_window.h"

/* The token. */

static void only_a_live_token(void **state)
{
	struct journal journal = journal_make(&t.plan);
	const uint64_t before = text_hash();
	struct mask_token token = { 0 }, copy;

	(void)state;
	expect_assert_failure(journal_apply(&journal, &token));
	expect_assert_failure(mask_serialise(&token));
	expect_assert_failure(mask_exit(&token));
	expect_assert_failure(proof_raise(&token, &(struct proof){ 0 }));

	assert_fine(mask_enter(&fake_backend, &token));
	copy = token;
	expect_assert_failure(journal_apply(&journal, &copy));
	mask_exit(&token);
	/* A store outside of the window. */
	expect_assert_failure(journal_apply(&journal, &token));
	expect_assert_failure(commit(&token, &t.text, t.plan.edit, t.plan.edit_count, t.plan.new_bytes));
	expect_assert_failure(mask_exit(&token));
	/* Not even where somebody else masks. */
	fake.masked = true;
	expect_assert_failure(journal_apply(&journal, &token));
	expect_assert_failure(mask_serialise(&token));
	expect_assert_failure(mask_exit(&token));
	assert_int_equal(text_hash(), before);
}

static void refused_token_is_dead(void **state)
{
	struct mask_token token;

	(void)state;
	memset(&token, 0xff, sizeof(token));
	fake.unsuited = true;
	assert_error(mask_enter(&fake_backend, &token), ERROR_MASK_UNSUITED);
	assert_string_equal(fake.log, "s");
	assert_false(fake.masked);
	expect_assert_failure(mask_check(&token));
}

static void mask_without_effect(void **state)
{
	struct mask_token token;
	struct error error;

	(void)state;
	fake.mask_does_nothing = true;
	error = mask_enter(&fake_backend, &token);
	assert_error(error, ERROR_MASK_EFFECT);
	assert_string_equal(error.subject, "fake");
	assert_string_equal(fake.log, "smu");
	expect_assert_failure(mask_check(&token));
}

/* A mask that opens what was closed: nothing is unmasked on top of it. */
static bool once;
static bool masked_once(void) { return once ? (once = false, true) : false; }

static void mask_that_unmasks(void **state)
{
	struct backend backend = fake_backend;
	struct mask_token token;

	(void)state;
	backend.is_masked = masked_once;
	once = true;
	assert_error(mask_enter(&backend, &token), ERROR_MASK_EFFECT);
	assert_string_equal(fake.log, "sm");
}

static void nesting(void **state)
{
	struct mask_token outer, inner;

	(void)state;
	assert_fine(mask_enter(&fake_backend, &outer));
	assert_fine(mask_enter(&fake_backend, &inner));
	assert_false(mask_was_masked(&outer));
	assert_true(mask_was_masked(&inner));
	mask_exit(&inner);
	assert_true(fake.masked);
	mask_exit(&outer);
	assert_false(fake.masked);
	assert_string_equal(fake.log, "smsmu");
}

static void exit_without_serialising(void **state)
{
	struct mask_token token;

	(void)state;
	assert_fine(mask_enter(&fake_backend, &token));
	mask_note_store(&token);
	expect_assert_failure(mask_exit(&token));
	mask_serialise(&token);
	mask_exit(&token);
	assert_string_equal(fake.log, "smzu");
}

static void somebody_unmasked_inside(void **state)
{
	struct journal journal = journal_make(&t.plan);
	const uint64_t before = text_hash();
	struct mask_token token;

	(void)state;
	assert_fine(mask_enter(&fake_backend, &token));
	fake.masked = false;
	expect_assert_failure(journal_apply(&journal, &token));
	expect_assert_failure(proof_hold(&token, &(struct proof){ 0 }));
	expect_assert_failure(mask_exit(&token));
	assert_int_equal(text_hash(), before);
}

/* What commit() tells its token, as the backend sees it when it is to serialise. */
static struct mask_token watched;
static unsigned unserialised;

static void watched_serialise(void) { unserialised += watched.unserialised_; }

static void serialise_that_unmasks(void) { fake.masked = false; }

static void stores_are_noted(void **state)
{
	struct journal journal = journal_make(&t.plan);
	struct backend backend = fake_backend;

	(void)state;
	backend.serialise = watched_serialise;
	unserialised = 0;
	assert_fine(mask_enter(&backend, &watched));
	journal_apply(&journal, &watched);
	assert_int_equal(unserialised, 1);
	mask_exit(&watched);
}

static void masked_until_the_end(void **state)
{
	struct backend backend = fake_backend;
	struct mask_token token;

	(void)state;
	backend.serialise = serialise_that_unmasks;
	assert_fine(mask_enter(&backend, &token));
	expect_assert_failure(commit(&token, &t.text, t.plan.edit, t.plan.edit_count, t.plan.new_bytes));
}

/* Commit and journal. */

static void apply_revert_apply(void **state)
{
	struct journal journal = journal_make(&t.plan);
	const uint64_t before = text_hash();
	struct mask_token token;
	uint64_t after;

	(void)state;
	assert_int_equal(t.plan.edit_count, 41);
	assert_int_equal(t.plan.byte_count, 820 + 255);
	assert_fine(journal_verify(&journal));
	apply(&journal);
	after = text_hash();
	assert_int_not_equal(after, before);
	assert_fine(journal_verify(&journal));
	assert_int_equal(t.text.run[2], (uint8_t)(2 * 13 + 5));
	assert_memory_equal(t.text.run + 3 + 820, bytes, 255);
	assert_int_equal(t.text.run[3 + 820 + 255], (uint8_t)((3 + 820 + 255) * 13 + 5));

	assert_fine(mask_enter(&fake_backend, &token));
	journal_revert(&journal, &token);
	mask_exit(&token);
	assert_int_equal(text_hash(), before);
	assert_fine(journal_verify(&journal));

	apply(&journal);
	assert_int_equal(text_hash(), after);
	assert_string_equal(fake.log, "smzusmzusmzu");
}

static void not_twice(void **state)
{
	struct journal journal = journal_make(&t.plan);
	struct mask_token token;

	(void)state;
	assert_fine(mask_enter(&fake_backend, &token));
	expect_assert_failure(journal_revert(&journal, &token));
	journal_apply(&journal, &token);
	expect_assert_failure(journal_apply(&journal, &token));
	mask_exit(&token);
}

static void verify_sees_a_third_writer(void **state)
{
	struct journal journal = journal_make(&t.plan);
	struct error error;

	(void)state;
	apply(&journal);
	t.text.write[3 + 1] ^= 1;
	error = journal_verify(&journal);
	assert_error(error, ERROR_SITE_BYTES);
	assert_int_equal(error.expected, 1);
	assert_int_equal(error.found, TEXT_ADDRESS + 4);
	/* The same in the last edit. */
	t.text.write[3 + 1] ^= 1;
	assert_fine(journal_verify(&journal));
	t.text.write[t.plan.edit[t.plan.edit_count - 1].offset] ^= 1;
	assert_error(journal_verify(&journal), ERROR_SITE_BYTES);
}

static void read_back_differs(struct mask_token *token, const struct patched_text *text, const struct edit *edit,
			      uint8_t *byte)
{
	*byte ^= 0x80;
	expect_assert_failure(commit(token, text, edit, 1, bytes));
	*byte ^= 0x80;
}

/* An alias that is no alias: what is read back differs, in any of the bytes. */
static void read_back(void **state)
{
	static const uint8_t lengths[] = { 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 255 };
	uint8_t other[255];

	(void)state;
	for (unsigned i = 0; i < sizeof(lengths); i++) {
		struct patched_text text = { .run = other, .write = t.text.write };
		const struct edit edit = { 0, lengths[i] };
		struct mask_token token;

		memcpy(other, bytes, sizeof(other));
		assert_fine(mask_enter(&fake_backend, &token));
		memset(text.write, 0x5a, sizeof(other));
		commit(&token, &text, &edit, 1, bytes);
		assert_memory_equal(text.write, bytes, lengths[i]);
		for (unsigned after = lengths[i]; after < sizeof(other); after++)
			assert_int_equal(text.write[after], 0x5a);
		for (unsigned at = 0; at < lengths[i]; at++)
			read_back_differs(&token, &text, &edit, other + at);
		mask_exit(&token);
	}
}

/* In groups of any size the text comes out as in one window, and every site is in one group. */
static void groups(void **state)
{
	static const struct { uint64_t bytes; unsigned groups; } cases[] = {
		{ 0, 41 }, { 1, 41 }, { 45, 25 }, { 255, 5 }, { 820 + 255, 1 }, { UINT64_MAX, 1 },
	};
	struct journal whole = journal_make(&t.plan);
	const uint64_t before = text_hash();
	struct mask_token token;
	uint64_t after;

	(void)state;
	apply(&whole);
	after = text_hash();
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct plan group = { 0 };
		unsigned count = 0, sites = 0;

		assert_fine(mask_enter(&fake_backend, &token));
		journal_revert(&whole, &token);
		mask_exit(&token);
		assert_int_equal(text_hash(), before);
		while (plan_next_group(&t.plan, cases[i].bytes, &group)) {
			struct journal journal = journal_make(&group);

			assert_true(group.edit_count == 1 || group.byte_count <= cases[i].bytes);
			assert_fine(journal_verify(&journal));
			apply(&journal);
			assert_fine(journal_verify(&journal));
			sites += group.selected_count;
			count++;
		}
		assert_int_equal(count, cases[i].groups);
		assert_int_equal(sites, 41);
		assert_int_equal(text_hash(), after);
		whole.applied = true;
	}
}

#define test(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(only_a_live_token), test(refused_token_is_dead), test(mask_without_effect),
		test(mask_that_unmasks), test(nesting), test(exit_without_serialising),
		test(somebody_unmasked_inside), test(apply_revert_apply), test(not_twice),
		test(verify_sees_a_third_writer), test(groups), test(read_back), test(stores_are_noted),
		test(masked_until_the_end),
	};

	return cmocka_run_group_tests_name("engine: window", tests, NULL, NULL);
}
