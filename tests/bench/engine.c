/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine's times on this machine: `engine KERNEL` prints a line for each run, and engine.py makes medians of them.
 *
 *	table records=N refused=N sites=N edits=N bytes=N hypervisor=0|1
 *	window commit=NS memcpy=NS cold_commit=NS cold_memcpy=NS iret=NS cpuid=NS
 *	plan records=N ns=NS
 *
 * The engine is liblull.a, as it ships.  The runs of each kind take turns.
 */
#include <pv/engine/x86/serialise.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <arch/x86/cpu.h>
#include <pv/engine/journal.h>

#include "table.h"

#define WINDOW_RUNS 31
#define PLAN_RUNS 9
#define PLAN_RECORDS 1000000u

/* What the engine's objects expect of the image that they are linked into. */
uintptr_t __stack_chk_guard = 0x6c756c6c00ff0a0d;

/* Of this thread alone, so that what else the machine does counts for little. */
static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* The backend: a flag for a mask, and the IRET of the shim, since nobody calls serialise_start(). */

static volatile bool masked;

static struct error suits(void) { return error_none(); }
static bool is_masked(void) { return masked; }
static void mask(void) { masked = true; }
static void unmask(void) { masked = false; }

static const struct backend host = {
	.name = "host",
	.suits = suits,
	.is_masked = is_masked,
	.mask = mask,
	.unmask = unmask,
	.serialise = serialise,
};

/* The engine's window: the mask, the stores, one serialisation, and all of it read back. */
static uint64_t time_commit(struct journal *journal)
{
	uint64_t start = now();
	struct mask_token token;

	if (failed(mask_enter(&host, &token)))
		give_up("the mask", NULL);
	if (journal->applied)
		journal_revert(journal, &token);
	else
		journal_apply(journal, &token);
	mask_exit(&token);
	return now() - start;
}

/* The same bytes to the same places, and nothing else. */
static uint64_t time_memcpy(const struct plan *plan, const uint8_t *bytes)
{
	uint64_t start = now();

	for (uint32_t i = 0; i < plan->edit_count; i++) {
		memcpy(plan->text->write + plan->edit[i].offset, bytes, plan->edit[i].length);
		bytes += plan->edit[i].length;
	}
	return now() - start;
}

static void flush(const void *at, uint64_t size)
{
	for (uint64_t done = 0; done < size; done += 64)
		__builtin_ia32_clflush((const uint8_t *)at + done);
	__builtin_ia32_clflush((const uint8_t *)at + size - 1);
}

/* Takes the sites and the plan out of the caches. */
static void chill(const struct plan *plan)
{
	for (uint32_t i = 0; i < plan->edit_count; i++)
		flush(plan->text->run + plan->edit[i].offset, plan->edit[i].length);
	flush(plan->edit, plan->edit_count * sizeof(*plan->edit));
	flush(plan->old_bytes, plan->byte_count);
	flush(plan->new_bytes, plan->byte_count);
	__builtin_ia32_mfence();
}

/* One record's store under Linux's policy (text_poke_early()): its site, as long as the record says. */
struct poke {
	uint8_t *to;
	const uint8_t *bytes;
	uint32_t length;
};

/* What the policy pays for its masks, one a record, is left out: here, nobody may mask. */
static uint64_t time_pokes(const struct poke *poke, uint32_t count, void (*sync)(void))
{
	uint64_t start = now();

	for (uint32_t i = 0; i < count; i++) {
		memcpy(poke[i].to, poke[i].bytes, poke[i].length);
		sync();
	}
	return now() - start;
}

static void sync_cpuid(void) { (void)cpuid(0, 0); }

/* A poke for each selected record, made ready before the clock runs: relocated, and filled with NOPs. */
static struct poke *make_pokes(const struct table *table, uint32_t *count)
{
	struct poke *poke = take(table->input.count * sizeof(*poke));

	*count = 0;
	for (uint32_t i = 0; i < table->input.count; i++) {
		struct plan_input one = table->input;
		struct arena arena = { .size = plan_space(&table->record[i], 1) };
		struct plan plan;
		struct error error;

		arena.at = take(arena.size);
		one.text = &table->text;
		one.record = &table->record[i];
		one.count = 1;
		error = plan_make(&plan, &one, &arena);
		if (failed(error))
			give_up("a record by itself", &error);
		/* Where the bytes are there already, Linux pokes nevertheless. */
		if (table->record[i].flags & RECORD_SELECTED)
			poke[(*count)++] = (struct poke){
				table->text.write + (table->record[i].site - table->text.address), plan.new_bytes,
				table->record[i].site_length,
			};
	}
	return poke;
}

static struct plan make_plan(const struct table *table)
{
	struct arena arena = { .size = plan_space(table->record, table->input.count) };
	struct plan_input input = table->input;
	struct plan plan;
	struct error error;

	arena.at = take(arena.size);
	input.text = &table->text;
	error = plan_make(&plan, &input, &arena);
	if (failed(error))
		give_up("the plan", &error);
	return plan;
}

/*
 * Every timed run comes behind one of its own kind that was not timed: the old bytes are put back in the way in which the
 * new ones are then stored, so that caches and predictors are as warm for one as for the other.
 */
static void measure_window(const struct table *table)
{
	struct plan plan = make_plan(table);
	struct journal journal = journal_make(&plan);
	uint32_t count;
	struct poke *poke = make_pokes(table, &count);

	printf("table records=%u refused=%u sites=%u edits=%u bytes=%llu hypervisor=%u\n", table->input.count, table->refused,
	       plan.site_count, plan.edit_count, (unsigned long long)plan.byte_count, cpuid(1, 0).ecx >> 31);
	time_commit(&journal);
	for (unsigned run = 0; run < WINDOW_RUNS; run++) {
		time_commit(&journal);
		printf("window commit=%llu", (unsigned long long)time_commit(&journal));
		if (failed(journal_verify(&journal)))
			give_up("the text after a window", NULL);
		time_memcpy(&plan, plan.old_bytes);
		printf(" memcpy=%llu", (unsigned long long)time_memcpy(&plan, plan.new_bytes));
		time_commit(&journal);
		chill(&plan);
		printf(" cold_commit=%llu", (unsigned long long)time_commit(&journal));
		time_memcpy(&plan, plan.old_bytes);
		chill(&plan);
		printf(" cold_memcpy=%llu", (unsigned long long)time_memcpy(&plan, plan.new_bytes));
		time_pokes(poke, count, serialise);
		printf(" iret=%llu", (unsigned long long)time_pokes(poke, count, serialise));
		printf(" cpuid=%llu\n", (unsigned long long)time_pokes(poke, count, sync_cpuid));
	}
}

static uint64_t time_plan(const struct plan_input *input, struct arena *arena)
{
	struct plan plan;
	struct error error;
	uint64_t start = now();

	arena->used = 0;
	error = plan_make(&plan, input, arena);
	if (failed(error))
		give_up("the plan", &error);
	return now() - start;
}

/* The real table, then twice as many records and so on, to a million. */
static void measure_plan(const struct table *table)
{
	struct table all = table_repeat(table, PLAN_RECORDS);
	struct plan_input input = all.input;
	struct arena arena = { .size = plan_space(all.record, PLAN_RECORDS) };

	arena.at = take(arena.size);
	input.text = &all.text;
	for (unsigned run = 0; run < PLAN_RUNS; run++)
		for (uint32_t count = table->input.count; count != 0;
		     count = count == PLAN_RECORDS ? 0 : count * 2 < PLAN_RECORDS ? count * 2 : PLAN_RECORDS) {
			input.count = count;
			printf("plan records=%u ns=%llu\n", count, (unsigned long long)time_plan(&input, &arena));
		}
}

int main(int argc, char **argv)
{
	struct table table;

	if (argc != 2) {
		fprintf(stderr, "usage: engine KERNEL\n");
		return 2;
	}
	table = table_load(argv[1]);
	measure_plan(&table);
	measure_window(&table);
	return 0;
}
