/* SPDX-License-Identifier: MIT */
/*
 * The second part of the example of lull-sites(7): a kernel with one CPU, patched by lull at boot, that patches itself again
 * with liblull.a.
 */
#include <core/check.h>
#include <lull/receipt.h>
#include <pv/engine/boot_plan.h>
#include <pv/engine/repatch.h>
#include <pv/engine/sites_lull.h>
#include <pv/engine/x86/flag.h>
#include <pv/engine/x86/serialise.h>

#include "again.h"

/* A mask, and how this CPU serialises; proof_*() are for window_run() alone. */
static const struct backend backend = {
	.name = "native",
	.suits = flag_suits,
	.is_masked = flag_is_masked,
	.mask = flag_mask,
	.unmask = flag_unmask,
	.serialise = serialise,
};

/* What runs inside the window lies in .text.window, where no site is. */
WINDOW_CODE static uint64_t clock(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

/* No other CPU runs, so nobody is interrupted and nobody waits. */
static struct rendezvous rendezvous = { .others = 0, .clock = clock, .backend = &backend };

/* Made by the link script. */
extern const char text_start[], text_end[], window_start[], window_end[], data_start[], data_end[];
extern const char sites_start[], sites_end[], images_start[], images_end[];
extern struct lull_receipt receipt;

/* The text as it was linked, and the plans. */
static uint8_t copy[COPY_SIZE], memory[65536] __attribute__((aligned(8)));
static struct arena arena = { memory, sizeof(memory), 0 };
static struct patched_text text;
static struct plan boot, other;
static struct journal journals[2];

static uint64_t address(const char *symbol) { return (uint64_t)symbol; }

static struct span between(const char *start, const char *end) { return span(start, address(end) - address(start)); }

/* Reads the table for some features: what the choices are made by. */
static struct error read_sites(const struct lull_features *features, struct plan_input *input)
{
	static struct code_range quiet;
	const struct sites_lull tables = {
		.sites = between(sites_start, sites_end),
		.sites_address = address(sites_start),
		.images = { between(images_start, images_end), address(images_start) },
		.data = between(data_start, data_end),
		.data_address = address(data_start),
	};

	quiet = (struct code_range){ address(window_start), address(window_end) };
	*input = (struct plan_input){ .text = &text, .forbidden = &quiet, .forbidden_count = 1 };
	return sites_lull_read(&tables, features, &arena, input);
}

/* Once, before anything writes to a slot: what the shim did, and a plan for other features. */
struct error again_plan(uint8_t *alias, const struct lull_features *features)
{
	struct lull_features then;
	struct plan_input input;

	serialise_start();
	text = (struct patched_text){
		.run = (const uint8_t *)text_start,
		.write = alias,
		.address = address(text_start),
		.length = address(text_end) - address(text_start),
	};
	CHECK(text.length <= sizeof(copy));
	__builtin_memcpy(then.word, receipt.features, sizeof(then.word));
	TRY(read_sites(&then, &input));
	TRY(boot_plan(&boot, &input, copy, &arena));
	TRY(read_sites(features, &input));
	TRY(boot_plan_next(&other, &input, copy, &arena));
	journals[0] = (struct journal){ &boot, true };
	journals[1] = journal_make(&other);
	return error_none();
}

/* From the plan that is applied to the other one, in one window. */
struct error again_switch(struct window_result *result)
{
	unsigned to = journals[0].applied ? 1 : 0;

	return repatch_switch(&rendezvous, &journals[1 - to], &journals[to], result);
}
