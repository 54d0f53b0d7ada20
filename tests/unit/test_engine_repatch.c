/* SPDX-License-Identifier: MIT */
/* Patching a running kernel: threads play the other CPUs. */
#include "test_engine.h"

#include <pthread.h>
#include <sched.h>

#include <pv/engine/repatch.h>

#define ADDRESS(offset) (TEXT_ADDRESS + (offset))
#define CPUS 3

static const uint8_t one[16] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 }, two[16] = { 2, 2, 2, 2, 2, 2, 2, 2, 2, 2 };

static struct {
	struct patched_text text;
	struct arena arena;
	struct plan up, smp;
	struct rendezvous rendezvous;
	pthread_t thread[CPUS];
	unsigned started;
	/* How often somebody serialised, and was interrupted. */
	uint32_t serialised;
	uint32_t interrupts;
	uint64_t now;
	/* How often this CPU unmasked while the others were still to wait. */
	uint32_t unmasked_closed;
} t;

static void count_serialise(void) { __atomic_fetch_add(&t.serialised, 1, __ATOMIC_SEQ_CST); }

/* The others go before this CPU takes an event: a handler of ours may wait for one of them. */
static void watched_unmask(void)
{
	t.unmasked_closed += __atomic_load_n(&t.rendezvous.round_, __ATOMIC_SEQ_CST) >> 32 & 1;
	fake_unmask();
}

static uint64_t ticking(void) { return ++t.now; }
static void yield(void) { sched_yield(); }
static void nobody(void) { t.interrupts++; }

static void *park(void *unused)
{
	rendezvous_park(&t.rendezvous);
	return unused;
}

static void start_threads(void)
{
	t.interrupts++;
	for (t.started = 0; t.started < t.rendezvous.others; t.started++)
		assert_int_equal(pthread_create(&t.thread[t.started], NULL, park, NULL), 0);
}

static void join(void)
{
	for (unsigned i = 0; i < t.started; i++)
		pthread_join(t.thread[i], NULL);
	t.started = 0;
}

static void make_plan(struct plan *plan, const uint8_t *bytes)
{
	const struct plan_record record[] = {
		{ .site = ADDRESS(8), .bytes = bytes, .site_length = 16, .length = 10, .flags = RECORD_SELECTED },
		{ .site = ADDRESS(100), .bytes = bytes, .site_length = 5, .length = 5, .flags = RECORD_SELECTED },
	};
	const struct plan_input input = { .table = "table", .record = record, .count = 2, .text = &t.text };

	assert_fine(plan_make(plan, &input, &t.arena));
}

static struct backend backend;

static int begin(void **state)
{
	fake_reset(state);
	memset(&t, 0, sizeof(t));
	t.text = text_make(4096);
	t.arena = arena_make(8192);
	make_plan(&t.up, one);
	make_plan(&t.smp, two);
	backend = fake_backend;
	backend.serialise = count_serialise;
	backend.unmask = watched_unmask;
	t.rendezvous = (struct rendezvous){
		.interrupt = start_threads, .pause = yield, .clock = ticking, .patience = UINT64_C(1) << 40,
		.backend = &backend,
	};
	return 0;
}

static int end(void **state)
{
	(void)state;
	join();
	text_free(&t.text);
	free(t.arena.at);
	return 0;
}

static void one_cpu(void **state)
{
	struct journal up = journal_make(&t.up), smp = journal_make(&t.smp);
	const uint64_t before = hash(t.text.run, 4096);
	struct window_result result;

	(void)state;
	/* As if one site held its bytes already: it is no edit. */
	t.up.selected_count++;
	assert_fine(repatch_apply(&t.rendezvous, &up, &result));
	assert_memory_equal(t.text.run + 8, one, 10);
	assert_int_equal(result.windows, 1);
	assert_int_equal(result.sites, 3);
	assert_int_equal(result.masked, 1);
	assert_int_equal(result.held + result.delivered, 0);
	assert_fine(repatch_switch(&t.rendezvous, &up, &smp, &result));
	assert_memory_equal(t.text.run + 8, two, 10);
	assert_int_equal(result.windows, 1);
	assert_false(up.applied);
	assert_true(smp.applied);
	assert_fine(repatch_switch(&t.rendezvous, &smp, &up, &result));
	assert_fine(repatch_revert(&t.rendezvous, &up, &result));
	assert_int_equal(result.sites, 0);
	assert_int_equal(hash(t.text.run, 4096), before);
	assert_fine(repatch_switch(&t.rendezvous, NULL, NULL, &result));
	/* Nobody to interrupt; a window each, masked and unmasked. */
	assert_int_equal(t.interrupts, 0);
	assert_string_equal(fake.log, "smusmusmusmusmu");
	assert_int_equal(t.unmasked_closed, 0);
}

static void others_park_and_serialise(void **state)
{
	struct journal up = journal_make(&t.up), smp = journal_make(&t.smp);
	struct window_result result;

	(void)state;
	t.rendezvous.others = CPUS;
	for (unsigned round = 0; round < 50; round++) {
		assert_fine(repatch_apply(&t.rendezvous, &up, &result));
		join();
		assert_fine(repatch_switch(&t.rendezvous, &up, &smp, &result));
		join();
		assert_fine(repatch_revert(&t.rendezvous, &smp, &result));
		join();
	}
	assert_int_equal(t.interrupts, 150);
	assert_int_equal(t.unmasked_closed, 0);
	/* Each of the others once a window, and the patcher once a commit. */
	assert_int_equal(t.serialised, 150 * CPUS + 50 * 4);
}

/* One CPU too few comes: called off, nothing written, and those that came leave. */
static void one_too_few(void)
{
	t.rendezvous.others--;
	start_threads();
	t.rendezvous.others++;
}

static void called_off(void **state)
{
	struct journal up = journal_make(&t.up);
	const uint64_t before = hash(t.text.run, 4096);
	struct window_result result;
	struct error error;

	(void)state;
	t.rendezvous.others = CPUS;
	t.rendezvous.interrupt = one_too_few;
	t.rendezvous.patience = 1000;
	error = repatch_apply(&t.rendezvous, &up, &result);
	assert_error(error, ERROR_RENDEZVOUS);
	assert_int_equal(error.expected, CPUS);
	assert_true(error.found < CPUS);
	join();
	assert_int_equal(hash(t.text.run, 4096), before);
	assert_false(up.applied);
	assert_int_equal(result.windows, 0);
	assert_string_equal(fake.log, "");

	/* Too late for that one: it does not wait, and is not counted in the next. */
	rendezvous_park(&t.rendezvous);
	t.rendezvous.interrupt = nobody;
	t.rendezvous.patience = 100;
	error = repatch_apply(&t.rendezvous, &up, &result);
	assert_error(error, ERROR_RENDEZVOUS);
	assert_int_equal(error.found, 0);
}

static void refused_mask_lets_them_go(void **state)
{
	struct journal up = journal_make(&t.up);
	struct window_result result;

	(void)state;
	t.rendezvous.others = CPUS;
	fake.mask_does_nothing = true;
	assert_error(repatch_apply(&t.rendezvous, &up, &result), ERROR_MASK_EFFECT);
	join();
	assert_int_equal(t.serialised, CPUS);
	assert_false(up.applied);
	assert_int_equal(result.windows, 0);
}

static void foreign_bytes(void **state)
{
	struct journal up = journal_make(&t.up), smp = journal_make(&t.smp);
	struct window_result result;

	(void)state;
	t.text.write[9] = 7;
	assert_error(repatch_apply(&t.rendezvous, &up, &result), ERROR_SITE_BYTES);
	t.text.write[9] = 0;
	assert_fine(repatch_apply(&t.rendezvous, &up, &result));
	t.text.write[9] = 7;
	assert_error(repatch_switch(&t.rendezvous, &up, &smp, &result), ERROR_SITE_BYTES);
	assert_string_equal(fake.log, "smu");
}

static void own_invariants(void **state)
{
	struct journal up = journal_make(&t.up), smp = journal_make(&t.smp);
	struct window_result done;

	(void)state;
	expect_assert_failure(repatch_revert(&t.rendezvous, &up, &done));
	assert_fine(repatch_apply(&t.rendezvous, &up, &done));
	expect_assert_failure(repatch_switch(&t.rendezvous, &smp, &up, &done));
	expect_assert_failure(repatch_apply(&t.rendezvous, &up, &done));
	expect_assert_failure(rendezvous_release(&t.rendezvous));
	assert_fine(rendezvous_gather(&t.rendezvous));
	expect_assert_failure((void)rendezvous_gather(&t.rendezvous));
	rendezvous_release(&t.rendezvous);
}

int main(void)
{
	return RUN_TESTS_WITH(begin, end, "engine: a running kernel", one_cpu, others_park_and_serialise,
			 called_off, refused_mask_lets_them_go, foreign_bytes, own_invariants);
}
