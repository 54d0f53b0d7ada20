/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a multiboot1 kernel is told (Multiboot Specification 0.6.96, section 3.3): the information structure, the list of
 * modules, the memory map and the strings, one behind the other.
 */
#include <shim/handover/handover.h>
#include <shim/handover/told.h>

/* Fields of the structure that are filled: memory, command line, modules, memory map, loader's name. */
#define FLAGS (1u << 0 | 1u << 2 | 1u << 3 | 1u << 6 | 1u << 9)

enum {
	INFORMATION_SIZE = 116,
	BEFORE_MAP = 16,
	BETWEEN_MAP_AND_NAME = 12,
	MODULE_SIZE = 16,
	REGION_SIZE = 24,
};

/* Offsets from the structure. */
struct parts {
	uint64_t modules, map, name, line, module_lines, end;
};

static struct parts parts_of(const struct boot_info *info, const struct payload *payload, const char *cmdline)
{
	struct parts parts;

	parts.modules = INFORMATION_SIZE;
	parts.map = parts.modules + payload->module_count * (uint64_t)MODULE_SIZE;
	parts.name = parts.map + info->memory.count * REGION_SIZE;
	parts.line = parts.name + sizeof(TOLD_LOADER_NAME);
	parts.module_lines = parts.line + cmdline_of(cmdline).size + 1;
	parts.end = parts.module_lines;
	for (uint32_t i = 0; i < payload->module_count; i++)
		parts.end += payload->module[i].line.size + 1;
	return parts;
}

uint64_t multiboot1_size(const struct boot_info *info, const struct payload *payload, const char *cmdline)
{
	return (parts_of(info, payload, cmdline).end + PAGE_MASK) & ~PAGE_MASK;
}

static void zeros(struct told *told, unsigned bytes)
{
	while (bytes-- > 0)
		told_number(told, 0, 1);
}

static void put_information(struct told *told, const struct boot_info *info, const struct payload *payload,
			    const struct parts *parts)
{
	told_number(told, FLAGS, 4);
	told_number(told, told_lower(&info->memory), 4);
	told_number(told, told_upper(&info->memory), 4);
	told_number(told, 0, 4);
	told_number(told, told->at + parts->line, 4);
	told_number(told, payload->module_count, 4);
	told_number(told, told->at + parts->modules, 4);
	zeros(told, BEFORE_MAP);
	told_number(told, info->memory.count * REGION_SIZE, 4);
	told_number(told, told->at + parts->map, 4);
	zeros(told, BETWEEN_MAP_AND_NAME);
	told_number(told, told->at + parts->name, 4);
	zeros(told, (unsigned)(INFORMATION_SIZE - told->size));
}

static void put_modules(struct told *told, const struct payload *payload, const struct layout *layout, uint64_t line)
{
	for (uint32_t i = 0; i < payload->module_count; i++) {
		told_number(told, layout->module[i].start, 4);
		told_number(told, layout->module[i].end, 4);
		told_number(told, told->at + line, 4);
		told_number(told, 0, 4);
		line += payload->module[i].line.size + 1;
	}
}

/* The first word of a region is how many bytes follow it. */
static void put_map(struct told *told, const struct memory_map *memory)
{
	for (uint64_t i = 0; i < memory->count; i++) {
		told_number(told, REGION_SIZE - 4, 4);
		told_number(told, memory->region[i].start, 8);
		told_number(told, memory->region[i].size, 8);
		told_number(told, memory->region[i].type, 4);
	}
}

uint64_t multiboot1_fill(uint64_t at, const struct boot_info *info, const struct payload *payload,
			 const struct layout *layout, const char *cmdline)
{
	struct parts parts = parts_of(info, payload, cmdline);
	struct told told = { .at = at };

	put_information(&told, info, payload, &parts);
	put_modules(&told, payload, layout, parts.module_lines);
	put_map(&told, &info->memory);
	told_string(&told, cmdline_of(TOLD_LOADER_NAME));
	told_string(&told, cmdline_of(cmdline));
	for (uint32_t i = 0; i < payload->module_count; i++)
		told_string(&told, payload->module[i].line);
	return at;
}
