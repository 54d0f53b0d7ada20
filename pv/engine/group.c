/* SPDX-License-Identifier: MIT */
#include "plan.h"

bool plan_next_group(const struct plan *plan, uint64_t bytes, struct plan *group)
{
	const struct edit *end = plan->edit + plan->edit_count;
	const struct plan *before = group->edit ? group : plan;
	uint32_t edits = group->edit_count;
	uint64_t offset = group->byte_count;
	uint32_t count = 0;
	uint64_t size = 0;

	for (const struct edit *edit = before->edit + edits; edit < end; edit++) {
		if (count > 0 && size + edit->length > bytes)
			break;
		size += edit->length;
		count++;
	}
	*group = (struct plan){
		.text = plan->text,
		.edit = before->edit + edits,
		.edit_count = count,
		.byte_count = size,
		.new_bytes = before->new_bytes + offset,
		.old_bytes = before->old_bytes + offset,
		.site_count = count,
		.selected_count = count,
	};
	return count > 0;
}
