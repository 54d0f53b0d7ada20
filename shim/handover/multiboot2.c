/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a multiboot2 kernel is told (Multiboot2 Specification 2.0, section 3.6): tags, each at a multiple of eight.
 */
#include <shim/handover/handover.h>
#include <shim/handover/told.h>

#define TAG_ALIGNMENT 8

enum {
	TAG_END = 0,
	TAG_CMDLINE = 1,
	TAG_LOADER = 2,
	TAG_MODULE = 3,
	TAG_MEMORY_SIZES = 4,
	TAG_MEMORY_MAP = 6,
	TAG_ACPI_OLD = 14,
	TAG_ACPI_NEW = 15,
	TAG_LOAD_BASE = 21,

	TAG_HEADER = 8,
	REGION_SIZE = 24,
};

/* The header of a tag with so many bytes behind it. */
static void begin_tag(struct told *told, uint32_t type, uint64_t size)
{
	told_align(told, TAG_ALIGNMENT);
	told_number(told, type, 4);
	told_number(told, TAG_HEADER + size, 4);
}

static void put_string(struct told *told, uint32_t type, struct span text)
{
	begin_tag(told, type, text.size + 1);
	told_string(told, text);
}

static void put_modules(struct told *told, const struct payload *payload, const struct layout *layout)
{
	for (uint32_t i = 0; i < payload->module_count; i++) {
		struct span line = payload->module[i].line;

		begin_tag(told, TAG_MODULE, 8 + line.size + 1);
		told_number(told, layout->module[i].start, 4);
		told_number(told, layout->module[i].end, 4);
		told_string(told, line);
	}
}

static void put_memory(struct told *told, const struct memory_map *memory)
{
	begin_tag(told, TAG_MEMORY_SIZES, 8);
	told_number(told, told_lower(memory), 4);
	told_number(told, told_upper(memory), 4);
	begin_tag(told, TAG_MEMORY_MAP, 8 + memory->count * REGION_SIZE);
	told_number(told, REGION_SIZE, 4);
	told_number(told, 0, 4);
	for (uint64_t i = 0; i < memory->count; i++) {
		told_number(told, memory->region[i].start, 8);
		told_number(told, memory->region[i].size, 8);
		told_number(told, memory->region[i].type, 8);
	}
}

/* A root pointer of ACPI 2 begins as one of ACPI 1, with a checksum of its own. */
static void put_acpi(struct told *told, const struct boot_info *info)
{
	struct span rsdp = told_rsdp(info);

	if (rsdp.size == 0)
		return;
	begin_tag(told, TAG_ACPI_OLD, TOLD_RSDP_OLD_SIZE);
	told_put(told, span(rsdp.at, TOLD_RSDP_OLD_SIZE));
	if (rsdp.size == TOLD_RSDP_OLD_SIZE)
		return;
	begin_tag(told, TAG_ACPI_NEW, rsdp.size);
	told_put(told, rsdp);
}

/* All of it, or with nowhere to write its size. */
static uint64_t tell(uint64_t at, uint64_t size, const struct boot_info *info, const struct payload *payload,
		     const struct layout *layout, const char *cmdline)
{
	struct told told = { .at = at };

	told_number(&told, size, 4);
	told_number(&told, 0, 4);
	put_string(&told, TAG_CMDLINE, cmdline_of(cmdline));
	put_string(&told, TAG_LOADER, cmdline_of(TOLD_LOADER_NAME));
	put_modules(&told, payload, layout);
	put_memory(&told, &info->memory);
	put_acpi(&told, info);
	if (payload->multiboot.relocatable) {
		begin_tag(&told, TAG_LOAD_BASE, 4);
		told_number(&told, layout->load, 4);
	}
	begin_tag(&told, TAG_END, 0);
	return told.size;
}

static uint64_t count(const struct boot_info *info, const struct payload *payload, const char *cmdline)
{
	/* Not const: all of it is zeroes, which then take no room in the file. */
	static struct layout nowhere;

	return tell(0, 0, info, payload, &nowhere, cmdline);
}

uint64_t multiboot2_size(const struct boot_info *info, const struct payload *payload, const char *cmdline)
{
	return (count(info, payload, cmdline) + PAGE_MASK) & ~PAGE_MASK;
}

uint64_t multiboot2_fill(uint64_t at, const struct boot_info *info, const struct payload *payload,
			 const struct layout *layout, const char *cmdline)
{
	tell(at, count(info, payload, cmdline), info, payload, layout, cmdline);
	return at;
}
