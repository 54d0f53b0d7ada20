/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arch/x86/layout.h>
#include <pv/engine/plan.h>
#include <pv/engine/sites_lull.h>
#include <pv/self.h>

/* The shim has a few dozen sites; PLAN says how much it lacks if they ever outgrow this. */
#define ARENA_SIZE 16384

/* Made by the link script; addresses only. */
extern const char text_start[], text_end[], window_start[], window_end[], data_start[], data_end[];
extern const char sites_start[], sites_end[], images_start[], images_end[];

static uint8_t memory[ARENA_SIZE] __attribute__((aligned(16)));

static uint64_t address(const char *symbol) { return (uint64_t)symbol; }

static struct span between(const char *start, const char *end) { return span(start, address(end) - address(start)); }

/* The tables, the text and its alias, as the link script and paging.c lay them out. */
static struct error plan_own_sites(const struct machine *machine, struct arena *arena, struct patched_text *text,
				   struct plan *plan, uint32_t *sites)
{
	const struct sites_lull tables = {
		.sites = between(sites_start, sites_end),
		.sites_address = address(sites_start),
		.images = { between(images_start, images_end), address(images_start) },
		.data = between(data_start, data_end),
		.data_address = address(data_start),
	};
	const struct code_range quiet = { address(window_start), address(window_end) };
	struct plan_input input = { .text = text, .forbidden = &quiet, .forbidden_count = 1 };

	*text = (struct patched_text){
		.run = (const uint8_t *)text_start,
		.write = (uint8_t *)(TEXT_ALIAS_BASE + address(text_start)),
		.address = address(text_start),
		.length = address(text_end) - address(text_start),
	};
	TRY(sites_lull_read(&tables, &machine->features, arena, &input));
	TRY(plan_make(plan, &input, arena));
	*sites = plan->site_count;
	return error_none();
}

struct error self_patch(const struct machine *machine, struct self_receipt *receipt)
{
	struct arena arena = { memory, sizeof(memory), 0 };
	struct patched_text text;
	struct plan plan;

	TRY(plan_own_sites(machine, &arena, &text, &plan, &receipt->sites));
	struct journal journal = journal_make(&plan);
	TRY(window_run(&journal, machine->backend, machine_clock, &receipt->window));
	receipt->patched = receipt->window.sites;
	TRY(journal_verify(&journal));
	if (lull_self_test() != LULL_SELF_TEST_PATCHED)
		return error_make(ERROR_SELF_TEST, NULL, LULL_SELF_TEST_PATCHED, 0);
	machine_sites_ready(true);
	return error_none();
}
