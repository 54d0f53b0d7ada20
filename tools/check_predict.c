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

/* A copy of the sections, as far from one another as they are linked. */
static bool copy_text(const struct sites_linux *sites, struct text_window *text)
{
	if (failed(sites_linux_window(sites, &text->address, &text->length)))
		return false;
	text->write = calloc(1, text->length ? text->length : 1);
	text->run = text->write;
	if (!text->write) {
		message("no memory for a copy of the kernel's text");
		return false;
	}
	for (unsigned i = SITES_LINUX_TEXT; i <= SITES_LINUX_ALTERNATIVES; i++) {
		const struct image_window *section = &sites->section[i];

		if (section->bytes.size != 0)
			memcpy(text->write + (section->address - text->address), section->bytes.at, section->bytes.size);
	}
	return true;
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
static uint64_t hash_text(const struct sites_linux *sites, const struct text_window *text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (unsigned i = SITES_LINUX_TEXT; i <= SITES_LINUX_INIT_TEXT; i++) {
		const struct image_window *section = &sites->section[i];

		for (uint64_t at = 0; at < section->bytes.size; at++)
			hash = (hash ^ text->run[section->address - text->address + at]) * UINT64_C(0x100000001b3);
	}
	return hash;
}

/* Plans the records and patches the copy. */
static bool patch(struct report *report, const struct sites_linux *sites, const struct plan_input *input,
		  uint64_t records_size)
{
	uint64_t space = plan_space(input->record, input->count);
	struct arena arena;
	struct error error;
	struct plan plan;

	if (!check_memory(space, &arena))
		return false;
	error = plan_make(&plan, input, &arena);
	if (failed(error)) {
		report_error(report, "error", &error);
	} else {
		apply_edits(&plan);
		report_number(report, "sites", plan.site_count);
		report_number(report, "patched", plan.selected_count);
		report_number(report, "bytes", plan.byte_count);
		report_number(report, "memory", records_size + space);
		report_address(report, "text_hash", hash_text(sites, input->text));
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
	struct text_window text = { 0 };
	struct plan_input input = { .text = &text };
	struct arena arena;
	bool done = false;

	if (!check_memory(sites_linux_space(sites, &choice), &arena))
		return false;
	report_open(report, "prediction");
	report_number(report, "cpus", prediction->cpus);
	if (copy_text(sites, &text)) {
		struct error error = sites_linux_read(sites, found, &choice, &arena, &input);

		if (failed(error))
			report_error(report, "error", &error);
		done = !failed(error) && patch(report, sites, &input, arena.used);
		free(text.write);
	}
	report_close(report);
	free(arena.at);
	return done;
}
