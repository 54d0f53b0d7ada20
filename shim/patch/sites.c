/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <lull/receipt.h>
#include <shim/memory/work_memory.h>
#include <shim/patch/sites.h>
#include <shim/payload/named_sites.h>

#include <string.h>

/* The budget of a window, in bytes of text: some thousand sites, a fraction of a millisecond on hardware. */
#define WINDOW_BYTES (32 * KIB)

static struct error room_arena(struct free_memory *room, uint64_t size, struct arena *arena)
{
	struct range block;

	TRY(room_take(room, size, ROOM_LOWEST, ERROR_SITES_ROOM, &block));
	*arena = (struct arena){ (uint8_t *)block.start, size, 0 };
	return error_none();
}

static struct error plan_sites(const struct lull_notes *notes, const struct machine *machine, struct free_memory *room,
			       struct named_sites *sites, struct plan *plan)
{
	struct arena arena;

	TRY(room_arena(room, named_sites_space(notes), &arena));
	TRY(named_sites_read(notes, &machine->features, &arena, sites));
	TRY(room_arena(room, plan_space(sites->input.record, sites->input.count), &arena));
	return plan_make(plan, &sites->input, &arena);
}

static struct error commit_groups(const struct plan *plan, const struct machine *machine, struct window_result *sum)
{
	struct plan group = { 0 };

	while (plan_next_group(plan, WINDOW_BYTES, &group)) {
		struct journal journal = journal_make(&group);
		struct window_result one;

		TRY(window_run(&journal, machine->backend, machine_clock, &one));
		TRY(journal_verify(&journal));
		window_add(sum, &one);
	}
	return error_none();
}

/* The CPUs that can ever exist, 0 when nobody says: then the machine counts one, but does not vouch for it. */
static unsigned known_cpus(const struct machine *machine)
{
	bool vouched = machine->cpus > 1 || lull_features_has(&machine->features, LULL_FEATURE_ONE_CPU);

	return vouched ? machine->cpus : 0;
}

static uint32_t why_left(unsigned kind, uint32_t left, unsigned cpus)
{
	if (left == 0)
		return LULL_LEFT_NONE;
	if (kind == LULL_KIND_LOCK)
		return cpus == 0 ? LULL_LEFT_CPUS_UNKNOWN : LULL_LEFT_CPUS;
	return kind == LULL_KIND_BRANCH ? LULL_LEFT_RIGHT : LULL_LEFT_CHOICE;
}

static uint32_t backend_of(const struct lull_features *features)
{
	uint32_t feature = LULL_FEATURE_BACKEND_NATIVE;

	while (!lull_features_has(features, feature) && feature < LULL_FEATURE_BACKEND_LAST)
		feature++;
	return feature;
}

_Static_assert(LULL_RECEIPT_KINDS == PLAN_KINDS, "every kind that PLAN counts goes into the receipt");

/* The kernel's own receipt, at any alignment. */
static void fill_receipt(const struct lull_part *part, const struct plan *plan, const struct machine *machine,
			 const struct window_result *window)
{
	struct lull_receipt out = LULL_RECEIPT;

	out.size = (uint32_t)part->bytes.size;
	out.version = LULL_RECEIPT_VERSION;
	memcpy(out.features, machine->features.word, sizeof(out.features));
	out.backend = backend_of(&machine->features);
	out.cpus = known_cpus(machine);
	out.windows = window->windows;
	out.patched = plan->selected_count;
	out.sites = plan->site_count;
	out.masked_ns = machine_nanoseconds(window->masked);
	for (unsigned kind = 1; kind < LULL_RECEIPT_KINDS; kind++) {
		out.kind[kind].patched = plan->kind[kind].patched;
		out.kind[kind].left = plan->kind[kind].left;
		out.kind[kind].left_why = why_left(kind, plan->kind[kind].left, out.cpus);
	}
	memcpy((uint8_t *)part->bytes.at, &out, sizeof(out));
}

struct error patch_sites(const struct boot_info *info, const struct machine *machine, const struct payload *payload,
			   struct payload_receipt *receipt)
{
	const struct lull_part *receipt_part = &payload->sites.part[LULL_NOTE_RECEIPT];
	struct free_memory room = work_memory(info, payload);
	struct named_sites sites;
	struct plan plan;

	if (!payload->sites.present)
		return error_none();
	TRY(plan_sites(&payload->sites, machine, &room, &sites, &plan));
	TRY(commit_groups(&plan, machine, &receipt->window));
	receipt->patched = plan.selected_count;
	receipt->sites = plan.site_count;
	if (receipt_part->present)
		fill_receipt(receipt_part, &plan, machine, &receipt->window);
	return error_none();
}
