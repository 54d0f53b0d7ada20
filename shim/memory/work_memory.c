/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <core/machine.h>
#include <shim/memory/memory_map.h>
#include <shim/memory/work_memory.h>

/* Below are a firmware's tables and the ISA hole.  place() uses nothing above 4 GiB either. */
#define LOWEST  MIB
#define HIGHEST (4 * GIB)

static struct range range_of(uint64_t start, uint64_t size)
{
	return (struct range){ start, start + size };
}

static struct range range_of_span(struct span bytes) { return range_of((uint64_t)bytes.at, bytes.size); }

uint32_t kept_memory(const struct boot_info *info, struct range kept[KEPT_MOST])
{
	uint32_t count = 0;

	kept[count++] = range_of_span(info->embedded);
	for (uint32_t i = 0; i < info->module_count; i++)
		kept[count++] = info->module[i].where;
	kept[count++] = info->added.initrd;
	for (uint32_t i = 0; i < info->linux_boot.data_count; i++)
		kept[count++] = range_of_span(info->linux_boot.data[i]);
	kept[count++] = range_of_span(info->linux_boot.efi_map);
	return count;
}

struct error loader_data_check(const struct boot_info *info)
{
	const struct linux_boot *loader = &info->linux_boot;

	for (uint32_t i = 0; i < loader->data_count; i++)
		if (!memory_is_listed(&info->memory, range_of_span(loader->data[i])))
			return error_make(ERROR_BOOT_PARAMS, "setup_data", 0, (uint64_t)loader->data[i].at);
	if (!memory_is_listed(&info->memory, range_of_span(loader->efi_map)))
		return error_make(ERROR_BOOT_PARAMS, "the EFI memory map", 0, (uint64_t)loader->efi_map.at);
	return error_none();
}

struct free_memory work_memory(const struct boot_info *info, const struct payload *payload)
{
	struct range kept[KEPT_MOST];
	uint32_t count = kept_memory(info, kept);
	struct free_memory room = { .memory = &info->memory, .limits = { LOWEST, HIGHEST } };

	free_memory_take(&room, info->shim);
	if (payload != NULL)
		free_memory_take(&room, range_of(payload->kernel.start, payload->kernel.bytes.size));
	for (uint32_t i = 0; i < count; i++)
		free_memory_take(&room, kept[i]);
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
