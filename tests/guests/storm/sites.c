/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <lull/site.h>
#include <pv/engine/journal.h>
#include <pv/engine/sites_lull.h>

#include "storm.h"

/* Made by the link script; addresses only. */
extern const char text_start[], text_end[], window_start[], window_end[], data_start[], data_end[];
extern const char sites_start[], sites_end[], images_start[], images_end[];

/* sites_text.S */
void sites_alternative(uint32_t *answers);
void sites_trapped(uint32_t *answers);
void sites_nested(uint32_t *answers);
void sites_call(uint32_t *answers);
void sites_branch(uint32_t *answers);
void sites_outer(uint32_t *answers);
void sites_increment(void);
extern const uint8_t sites_first_lock[];
extern void (*volatile sites_slot)(void);
extern volatile uint64_t sites_counter;
void sites_answer_slot(void);

#define LOCK_PREFIX   0xf0
#define NOTHING_THERE 0x3e

volatile unsigned sites_state = STATE_NONE;
struct journal sites_up, sites_smp;

static uint8_t memory[65536] __attribute__((aligned(16)));
static struct arena arena = { memory, sizeof(memory), 0 };
static struct patched_text text;
static struct plan up, smp;

static uint64_t address(const char *symbol) { return (uint64_t)symbol; }

static struct span between(const char *start, const char *end) { return span(start, address(end) - address(start)); }

static struct error plan_one(struct plan *plan, bool one_cpu)
{
	const struct sites_lull tables = {
		.sites = between(sites_start, sites_end),
		.sites_address = address(sites_start),
		.images = { between(images_start, images_end), address(images_start) },
		.data = between(data_start, data_end),
		.data_address = address(data_start),
	};
	const struct code_range quiet = { address(window_start), address(window_end) };
	struct plan_input input = { .text = &text, .forbidden = &quiet, .forbidden_count = 1 };
	struct lull_features features = { { 0, 0 } };

	if (one_cpu)
		lull_features_set(&features, LULL_FEATURE_ONE_CPU);
	TRY(sites_lull_read(&tables, &features, &arena, &input));
	return plan_make(plan, &input, &arena);
}

struct error sites_plan(uint64_t alias)
{
	text = (struct patched_text){
		.run = (const uint8_t *)text_start,
		.write = (uint8_t *)(address(text_start) + alias),
		.address = address(text_start),
		.length = address(text_end) - address(text_start),
	};
	TRY(plan_one(&up, true));
	TRY(plan_one(&smp, false));
	sites_up = journal_make(&up);
	sites_smp = journal_make(&smp);
	/* From now on, who still asks the slot answers otherwise than who calls what it held. */
	sites_slot = sites_answer_slot;
	return error_none();
}

static void check(unsigned kind, bool numbered, void (*run)(uint32_t *))
{
	const unsigned state = sites_state;
	uint32_t answers[KIND_SITES];

	run(answers);
	for (unsigned i = 0; i < KIND_SITES; i++) {
		if (answers[i] == (uint32_t)SIGNATURE(kind, state) + (numbered ? i : 0))
			continue;
		tally_add(&tally.torn);
		if (answers[i] == (uint32_t)SIGNATURE(kind, STATE_MIDDLE) + i)
			tally_add(&tally.middle);
	}
}

void sites_lock(struct cpu *cpu)
{
	sites_increment();
	/* One instruction, because a handler of this CPU counts here too. */
	asm volatile("addq %1, %0" : "+m"(cpu->locked) : "i"(KIND_SITES) : "cc");
}

void sites_check(struct cpu *cpu)
{
	const unsigned state = sites_state;

	check(KIND_ALTERNATIVE, true, sites_alternative);
	check(KIND_NESTED, true, sites_nested);
	check(KIND_CALL, false, sites_call);
	check(KIND_BRANCH, true, sites_branch);
	check(KIND_OUTER, true, sites_outer);
	if (state != STATE_NONE)
		check(KIND_TRAPPED, true, sites_trapped);
	if (lull_self_test() != (state == STATE_NONE ? 0 : LULL_SELF_TEST_PATCHED))
		tally_add(&tally.torn);
	if (*(const volatile uint8_t *)sites_first_lock != (state == STATE_UP ? NOTHING_THERE : LOCK_PREFIX))
		tally_add(&tally.torn);
	sites_lock(cpu);
}

bool sites_locked_all(void)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < cpu_count; i++)
		sum += cpu_at(i)->locked;
	return sum == sites_counter;
}
