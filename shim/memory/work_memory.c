/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <core/machine.h>
#include <shim/memory/work_memory.h>

/* Below are a firmware's tables and the ISA hole.  place() uses nothing above 4 GiB either. */
#define LOWEST  MIB
#define HIGHEST (4 * GIB)

static struct range range_of(uint64_t start, uint64_t size)
{
	return (struct range){ start, start + size };
}

struct free_memory work_memory(const struct boot_info *info, const struct payload *payload)
{
	struct free_memory room = { .memory = &info->memory, .window = { LOWEST, HIGHEST } };

	free_memory_take(&room, info->shim);
	free_memory_take(&room, range_of((uint64_t)info->embedded.at, info->embedded.size));
	free_memory_take(&room, range_of(payload->kernel.start, payload->kernel.bytes.size));
	for (uint32_t i = 0; i < info->module_count; i++)
		free_memory_take(&room, info->module[i].where);
	return room;
}

struct error room_take(struct free_memory *room, uint64_t size, enum room which, enum error_code code, struct range *out)
{
	bool found;

	*out = (struct range){ 0 };
	if (size == 0)
		return error_none();
	if (which == ROOM_LOWEST)
		found = free_memory_lowest(room, size, PAGE_SIZE, out);
	else
		found = free_memory_highest(room, size, PAGE_SIZE, out);
	if (!found)
		return error_make(code, NULL, size / KIB + 1, free_memory_largest(room) / KIB);
	free_memory_take(room, *out);
	return machine_reach(*out) ? error_none() : error_make(ERROR_REACH, NULL, 0, out->start);
}
