/* SPDX-License-Identifier: MIT */
#include "boot_plan.h"
#include "replacement.h"

#define TRAP 0xcc
#define NOP  0x90

/* True when a record that declares a site does not say what it holds. */
static bool is_outer(const struct plan_record *record)
{
	return (record->flags & RECORD_TRAPPED) == 0 && record->old == 0;
}

/* Puts into the copy what the site held when it was linked.  A record that makes no sense is left: PLAN refuses it. */
static void put_back(const struct plan_input *input, const struct plan_record *record, uint8_t *copy)
{
	const struct linked_bytes *images = &input->images;
	uint64_t offset = record->site - input->text->address;
	uint64_t target;

	if (offset > input->text->length || record->site_length > input->text->length - offset)
		return;
	__builtin_memset(copy + offset, record->old ? NOP : TRAP, record->site_length);
	if (record->old)
		__builtin_memcpy(copy + offset, record->old, record->old_length);
	if ((record->flags & RECORD_RELOCATE) != 0)
		image_relocate(copy + offset, record->old_length, images->address + (uint64_t)(record->old - images->bytes.at),
			       record->site, &target);
}

static void fill_copy(const struct plan *plan, const uint8_t *bytes, uint8_t *copy)
{
	for (uint32_t i = 0; i < plan->edit_count; i++) {
		__builtin_memcpy(copy + plan->edit[i].offset, bytes, plan->edit[i].length);
		bytes += plan->edit[i].length;
	}
}

/* Compares the running text with the copy, patched by the plan.  They differ when the shim saw other features than these. */
static struct error verify(const struct plan *plan, const struct plan_input *input, uint8_t *copy)
{
	const struct patched_text *text = input->text;
	uint64_t same = 0;

	fill_copy(plan, plan->new_bytes, copy);
	while (same < text->length && copy[same] == text->run[same])
		same++;
	fill_copy(plan, plan->old_bytes, copy);
	if (same < text->length)
		return error_at_site(ERROR_SITE_BYTES, input->table, 0, text->address + same, text->address + same, 1);
	return error_none();
}

struct error boot_plan(struct plan *plan, const struct plan_input *input, uint8_t *copy, struct arena *arena)
{
	const struct plan_record *chosen = 0;

	__builtin_memcpy(copy, input->text->run, input->text->length);
	for (uint32_t i = 0; i < input->count; i++) {
		const struct plan_record *record = &input->record[i];

		if ((record->flags & RECORD_SITE) == 0) {
			chosen = (record->flags & RECORD_SELECTED) != 0 ? record : chosen;
			continue;
		}
		/* The choices of an outer site come before it. */
		if (is_outer(record) && chosen && chosen->site == record->site && chosen->site_length == record->site_length)
			return error_at_site(ERROR_SITE_LOST, input->table, record->index, record->site, record->site,
					     record->site_length);
		if (!is_outer(record))
			put_back(input, record, copy);
		chosen = 0;
	}
	TRY(boot_plan_next(plan, input, copy, arena));
	return verify(plan, input, copy);
}

struct error boot_plan_next(struct plan *plan, const struct plan_input *input, const uint8_t *copy, struct arena *arena)
{
	struct patched_text linked = *input->text;
	struct plan_input again = *input;
	struct error error;

	linked.run = copy;
	again.text = &linked;
	error = plan_make(plan, &again, arena);
	plan->text = input->text;
	return error;
}
