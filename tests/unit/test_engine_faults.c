/* SPDX-License-Identifier: MIT */
/*
 * The order of a window, watched from outside, and the seeded faults that the watcher must notice.
 *
 * The writable alias is read-only here.  Each store to it faults, is logged, and is let through one instruction at a
 * time.  The program is built once as it is, when the watcher must find nothing, and once with each fault of tests/mutate/fault.h
 * that is the engine's, when it must find that one.
 */
#include "test_engine.h"

#include <signal.h>
#include <ucontext.h>

#include <pthread.h>
#include <tests/mutate/fault.h>
#include <pv/engine/repatch.h>
#include <sched.h>

#define LENGTH 4096
#define TRAP_FLAG 0x100

static struct patched_text text;
/* Who is to be parked while text is stored to; none in the window of the boot. */
static struct rendezvous rendezvous;
static pthread_t other;

/* What the watcher knows of the window so far. */
static struct {
	bool unserialised;
	uint8_t stored[LENGTH];
	unsigned stores;
	/* What went wrong. */
	bool unmasked_store;
	bool unmasked_unserialised;
	bool stored_twice;
	bool unparked_store;
} watch;

static void on_store(int signal, siginfo_t *info, void *context)
{
	const uintptr_t offset = (uintptr_t)info->si_addr - (uintptr_t)text.write;

	(void)signal;
	if (offset >= LENGTH)
		_exit(3);
	watch.stores++;
	watch.unserialised = true;
	watch.unmasked_store |= !fake.masked;
	watch.unparked_store |= (uint32_t)rendezvous.round_ != rendezvous.others;
	watch.stored_twice |= watch.stored[offset]++ != 0;
	mprotect(text.write, LENGTH, PROT_READ | PROT_WRITE);
	((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
}

static void on_step(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)info;
	mprotect(text.write, LENGTH, PROT_READ);
	((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
}

static void watched_serialise(void)
{
	watch.unserialised = false;
	fake_serialise();
}

static void watched_unmask(void)
{
	watch.unmasked_unserialised |= watch.unserialised;
	fake_unmask();
}

static void *park(void *unused)
{
	rendezvous_park(&rendezvous);
	return unused;
}

static void start_other(void) { assert_int_equal(pthread_create(&other, NULL, park, NULL), 0); }
static void yield(void) { sched_yield(); }

/* Reverts what the first window did, as a running kernel with another CPU would. */
static struct error a_second_window(struct journal *journal, const struct backend *backend)
{
	struct window_result result;
	struct error error;

	memset(watch.stored, 0, sizeof(watch.stored));
	rendezvous = (struct rendezvous){
		.others = 1, .interrupt = start_other, .pause = yield, .patience = UINT64_C(1) << 40,
		.clock = fake_clock, .backend = backend,
	};
	error = repatch_revert(&rendezvous, journal, &result);
	if (!FAULT_UNPARKED)
		pthread_join(other, NULL);
	return error;
}

/* Plans one plain site and one with two matches, and commits them under the watcher's eyes. */
static void a_window(void **state)
{
	static const uint8_t bytes[24] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
	const struct plan_record record[] = {
		{ .site = TEXT_ADDRESS + 16, .bytes = bytes, .site_length = 15, .length = 15, .flags = RECORD_SELECTED },
		{ .site = TEXT_ADDRESS + 64, .bytes = bytes, .site_length = 6, .length = 6, .flags = RECORD_SELECTED },
		{ .site = TEXT_ADDRESS + 64, .bytes = bytes + 7, .site_length = 6, .length = 5, .flags = RECORD_SELECTED },
	};
	const struct plan_input input = { .table = "table", .record = record, .count = 3, .text = &text };
	struct arena arena = arena_make(plan_space(record, 3));
	struct backend backend = fake_backend;
	struct sigaction store = { .sa_sigaction = on_store, .sa_flags = SA_SIGINFO };
	struct sigaction step = { .sa_sigaction = on_step, .sa_flags = SA_SIGINFO };
	struct window_result result;
	struct journal journal;
	struct error error;
	struct plan plan;

	(void)state;
	text = text_make(LENGTH);
	assert_fine(plan_make(&plan, &input, &arena));
	journal = journal_make(&plan);
	backend.serialise = watched_serialise;
	backend.unmask = watched_unmask;

	mprotect(text.write, LENGTH, PROT_READ);
	sigaction(SIGSEGV, &store, NULL);
	sigaction(SIGTRAP, &step, NULL);
	error = window_run(&journal, &backend, fake_clock, &result);
	assert_memory_equal(text.run + 16, bytes, 15);
	assert_memory_equal(text.run + 64, "\x8\x9\xa\xb\xc\x90", 6);
	assert_false(watch.unparked_store);
	assert_fine(a_second_window(&journal, &backend));
	signal(SIGSEGV, SIG_DFL);
	signal(SIGTRAP, SIG_DFL);

	assert_true(watch.stores >= 8);
	/* The watcher, and the proof of every boot, find the fault of this build and no other. */
	assert_int_equal(watch.unmasked_store, FAULT_NO_MASK);
	assert_int_equal(watch.unmasked_unserialised, FAULT_LATE_SERIALISE);
	assert_int_equal(watch.stored_twice, FAULT_TWO_STEPS);
	assert_int_equal(watch.unparked_store, FAULT_UNPARKED);
	assert_error(error, FAULT_NO_MASK ? ERROR_PROOF_HELD : ERROR_NONE);
	assert_false(watch.unserialised);
	free(arena.at);
	text_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_window) };
	const char *name = FAULT_NO_MASK ? "engine: fault no-mask" :
			   FAULT_LATE_SERIALISE ? "engine: fault late-serialise" :
			   FAULT_TWO_STEPS ? "engine: fault two-steps" :
			   FAULT_UNPARKED ? "engine: fault unparked" : "engine: order of a window";

	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}
