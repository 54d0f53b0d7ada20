/* SPDX-License-Identifier: MIT */
/* The proof around the window: what it counts, and every way in which a backend that lies to order disproves the mask. */
#include "test_engine_window.h"

static struct window_result result;

static struct error run(struct journal *journal)
{
	*journal = journal_make(&t.plan);
	memset(&result, 0xff, sizeof(result));
	return window_run(journal, &fake_backend, fake_clock, &result);
}

static void proved(void **state)
{
	struct journal journal;

	(void)state;
	fake.masked = true;
	/* As if one site held its bytes already: it is no edit. */
	t.plan.selected_count++;
	assert_fine(run(&journal));
	assert_true(journal.applied);
	assert_string_equal(fake.log, "bsmrzue");
	assert_int_equal(result.sites, 42);
	assert_int_equal(result.windows, 1);
	assert_int_equal(result.masked, 10);
	assert_int_equal(result.held, 1);
	assert_int_equal(result.delivered, 1);
	assert_int_equal(fake.delivered, 1);
}

static unsigned looks;

/* An event that takes its time: it is seen at the thousandth look behind the window. */
static uint32_t late_delivered(void) { return fake.masked || ++looks >= 1000 ? fake.delivered : 0; }

static void waited_for(void **state)
{
	struct backend backend = fake_backend;
	struct journal journal = journal_make(&t.plan);

	(void)state;
	backend.proof_delivered = late_delivered;
	looks = 0;
	assert_fine(window_run(&journal, &backend, fake_clock, &result));
	assert_int_equal(result.delivered, 1);
	assert_int_equal(looks, 1001);
}

/* The window does not open: nothing is raised, nothing is written, and the proof is taken down again. */
static void no_window(enum error_code code, const char *log)
{
	const uint64_t before = text_hash();
	struct journal journal;

	assert_error(run(&journal), code);
	assert_string_equal(fake.log, log);
	assert_false(journal.applied);
	assert_int_equal(text_hash(), before);
	assert_int_equal(result.windows, 0);
	assert_int_equal(fake.raised, 0);
}

static void begin_fails(void **state)
{
	(void)state;
	fake.begin_fails = true;
	no_window(ERROR_MASK_UNSUITED, "b");
}

static void unsuited(void **state)
{
	(void)state;
	fake.unsuited = true;
	no_window(ERROR_MASK_UNSUITED, "bse");
}

static void no_effect(void **state)
{
	(void)state;
	fake.mask_does_nothing = true;
	no_window(ERROR_MASK_EFFECT, "bsmue");
}

/* A flag that reads as masked for ever: taken at its word, it would prove nothing. */
static void stuck(void **state)
{
	(void)state;
	fake.stuck_masked = true;
	no_window(ERROR_MASK_EFFECT, "bsme");
}

/* The text is patched and whole, but the mask is not to be trusted. */
static void disproved(enum error_code code, unsigned held, unsigned delivered)
{
	struct journal journal;
	struct error error = run(&journal);

	assert_error(error, code);
	assert_int_equal(error.expected, 1);
	assert_int_equal(error.found, code == ERROR_PROOF_HELD ? held : delivered);
	assert_string_equal(error.subject, "fake");
	assert_int_equal(result.held, held);
	assert_int_equal(result.delivered, delivered);
	assert_fine(journal_verify(&journal));
	assert_true(journal.applied);
	assert_int_equal(fake.log[fake.logged - 1], 'e');
}

static void arrives_inside(void **state)
{
	(void)state;
	fake.leaks = true;
	disproved(ERROR_PROOF_HELD, 0, 0);
}

/* One arrives inside, and one is pending beside it. */
static void arrives_inside_and_after(void **state)
{
	(void)state;
	fake.leaks = true;
	fake.always_pending = true;
	disproved(ERROR_PROOF_HELD, 0, 0);
}

static void never_pending(void **state)
{
	(void)state;
	fake.raise_does_nothing = true;
	disproved(ERROR_PROOF_HELD, 0, 0);
}

static void arrives_twice(void **state)
{
	(void)state;
	fake.doubles = true;
	disproved(ERROR_PROOF_DELIVERED, 1, 2);
}

static void lost(void **state)
{
	(void)state;
	fake.loses = true;
	disproved(ERROR_PROOF_DELIVERED, 1, 0);
}

/* Somebody else's, pending when the proof began: they prove nothing and disprove nothing. */
static void arrived_before(void **state)
{
	struct journal journal;

	(void)state;
	fake.earlier = 2;
	assert_fine(run(&journal));
	assert_int_equal(result.held, 1);
	assert_int_equal(result.delivered, 1);
	fake.leaks = true;
	disproved(ERROR_PROOF_HELD, 0, 0);
	fake.leaks = false;
	fake.doubles = true;
	disproved(ERROR_PROOF_DELIVERED, 1, 2);
}

int main(void)
{
	return RUN_TESTS_WITH(begin, end, "proof", proved, waited_for, begin_fails, unsuited, no_effect, stuck,
			 arrives_inside, arrives_inside_and_after, never_pending, arrives_twice, lost, arrived_before);
}
