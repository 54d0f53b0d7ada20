/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <cpuid.h>
#include <stdlib.h>
#include <string.h>

#include <tools/check_predict.h>
#include <tools/message.h>

/* The CPUID registers of this machine. */
static struct sites_linux_cpuid this_cpu(void)
{
	struct sites_linux_cpuid cpuid = { 0 };
	unsigned a, b, c, d;

	if (__get_cpuid(1, &a, &b, &c, &d))
		cpuid.leaf1_c = c;
	if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
		cpuid.leaf7_b = b;
		cpuid.leaf7_d = d;
	}
	if (__get_cpuid(0x80000001, &a, &b, &c, &d)) {
		cpuid.extended1_c = c;
		cpuid.extended1_d = d;
	}
	return cpuid;
}

bool check_memory(uint64_t size, struct arena *arena)
{
	size = (size + 15) & ~UINT64_C(15);
	*arena = (struct arena){ malloc(size ? size : 16), size, 0 };
	if (!arena->at)
		message("no memory to check the kernel in");
	return arena->at != NULL;
}

/* The same sections, those that are written copied.  NULL, with a message, when there is no memory; else to be freed. */
static uint8_t *copy_text(const struct sites_linux *sites, struct sites_linux *copy)
{
	uint64_t size = 1;
	uint8_t *bytes, *end;

	*copy = *sites;
	for (unsigned i = SITES_LINUX_TEXT; i <= SITES_LINUX_ALTERNATIVES; i++)
		size += sites->section[i].bytes.size;
	bytes = end = malloc(size);
	if (!bytes) {
		message("no memory for a copy of the kernel's text");
		return NULL;
	}
	for (unsigned i = SITES_LINUX_TEXT; i <= SITES_LINUX_ALTERNATIVES; i++) {
		struct span *section = &copy->section[i].bytes;

		if (section->size != 0)
			memcpy(end, section->at, section->size);
		section->at = end;
		end += section->size;
	}
	return bytes;
}

/* Nothing runs this text, so it is patched without a mask. */
static void apply_edits(const struct plan *plan)
{
	const uint8_t *bytes = plan->new_bytes;

	for (uint32_t i = 0; i < plan->edit_count; i++) {
		memcpy(plan->text->write + plan->edit[i].offset, bytes, plan->edit[i].length);
		bytes += plan->edit[i].length;
	}
}

/* FNV-1a, 64 bits, of .text and then .init.text as they are now. */
static uint64_t hash_text(const struct sites_linux *sites)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (unsigned i = SITES_LINUX_TEXT; i <= SITES_LINUX_INIT_TEXT; i++) {
		const struct span text = sites->section[i].bytes;

		for (uint64_t at = 0; at < text.size; at++)
			hash = (hash ^ text.at[at]) * UINT64_C(0x100000001b3);
	}
	return hash;
}

/* Plans the records and patches the copy. */
static bool patch(struct report *report, const struct sites_linux *sites, const struct plan_input *input,
		  uint64_t records_size)
{
	uint64_t space = plan_space(input->record, input->count);
	struct arena arena;
	const struct plan_tally *locks;
	struct error error;
	struct plan plan;

	if (!check_memory(space, &arena))
		return false;
	error = plan_make(&plan, input, &arena);
	if (failed(error)) {
		report_error(report, "error", &error);
	} else {
		apply_edits(&plan);
		locks = &plan.kind[SITES_LINUX_LOCK];
		report_number(report, "locks", locks->patched + locks->left);
		report_number(report, "locks_patched", locks->patched);
		report_number(report, "alternatives_patched", plan.kind[SITES_LINUX_ALTERNATIVE].patched);
		report_number(report, "bytes", plan.byte_count);
		report_number(report, "memory", records_size + space);
		report_address(report, "text_hash", hash_text(sites));
	}
	free(arena.at);
	return true;
}

bool check_predict(struct report *report, const struct sites_linux *sites, const struct sites_linux_found *found,
		   const struct prediction *prediction)
{
	const struct sites_linux_cpuid cpuid = this_cpu();
	const struct sites_linux_choice choice = {
		.one_cpu = prediction->cpus == 1, .cpuid = prediction->safe ? &cpuid : NULL,
	};
	struct patched_text text;
	struct plan_input input = { .text = &text };
	struct sites_linux copy;
	struct arena arena;
	uint8_t *bytes;
	bool done = false;

	if (!check_memory(sites_linux_space(sites, &choice), &arena))
		return false;
	report_open(report, "prediction");
	report_number(report, "cpus", prediction->cpus);
	bytes = copy_text(sites, &copy);
	if (bytes) {
		struct error error = sites_linux_text(&copy, &text);

		if (!failed(error))
			error = sites_linux_read(&copy, found, &choice, &arena, &input);
		if (failed(error))
			report_error(report, "error", &error);
		done = !failed(error) && patch(report, &copy, &input, arena.used);
		free(bytes);
	}
	report_close(report);
	free(arena.at);
	return done;
}
