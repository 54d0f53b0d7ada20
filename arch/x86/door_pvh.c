/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PVH door: Xen (domU and dom0), QEMU, Cloud Hypervisor, Firecracker.
 */
#include <arch/x86/doors.h>

#include <stddef.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/arch-x86/hvm/start_info.h>

/* Version 0 ends before the memory map; reading on is reading garbage. */
#define START_INFO_V0_SIZE 40
#define START_INFO_V1_SIZE 56

_Static_assert(offsetof(struct hvm_start_info, memmap_paddr) == START_INFO_V0_SIZE, "start_info.h, version 0");
_Static_assert(sizeof(struct hvm_start_info) == START_INFO_V1_SIZE, "start_info.h, version 1");
_Static_assert(sizeof(struct hvm_modlist_entry) == 32, "start_info.h");
_Static_assert(sizeof(struct hvm_memmap_table_entry) == 24, "start_info.h");

static bool in_ram(const struct memory_map *memory, uint64_t address)
{
	for (uint64_t i = 0; i < memory->count && i < BOOT_MAX_REGIONS; i++) {
		const struct region *region = &memory->region[i];

		if (region->type == REGION_RAM && address >= region->start && address - region->start < region->size)
			return true;
	}
	return false;
}

static struct error read_memory_map(const struct hvm_start_info *start, reach_function reach, struct memory_map *memory)
{
	uint64_t kept = start->memmap_entries;

	memory->count = start->memmap_entries;
	if (kept > BOOT_MAX_REGIONS)
		kept = BOOT_MAX_REGIONS;
	struct span table = reach(start->memmap_paddr, kept * sizeof(struct hvm_memmap_table_entry));
	if (table.size == 0 && kept != 0)
		return error_make(ERROR_START_INFO_REACH, "the memory map", 0, start->memmap_paddr);
	for (uint64_t i = 0; i < kept; i++) {
		struct hvm_memmap_table_entry entry;

		memcpy(&entry, table.at + i * sizeof(entry), sizeof(entry));
		memory->region[i] = (struct region){ entry.addr, entry.size, entry.type };
	}
	return error_none();
}

static struct error read_module(const struct hvm_modlist_entry *entry, reach_function reach,
				const struct memory_map *memory, char *text, struct boot_module *module)
{
	*module = (struct boot_module){ .cmdline = NULL };
	if (!range_make(entry->paddr, entry->size, &module->where))
		return error_make(ERROR_START_INFO_REACH, "a module", 0, entry->paddr);
	if (entry->cmdline_paddr == 0 || (memory->count != 0 && !in_ram(memory, entry->cmdline_paddr)))
		return error_none();
	TRY(door_string(entry->cmdline_paddr, reach, text));
	module->cmdline = text;
	return error_none();
}

static struct error read_modules(const struct hvm_start_info *start, reach_function reach,
				 struct door_strings *strings, struct boot_info *info)
{
	if (start->nr_modules > BOOT_MAX_MODULES)
		return error_make(ERROR_MODULE_COUNT, NULL, BOOT_MAX_MODULES, start->nr_modules);
	if (start->nr_modules == 0)
		return error_none();
	struct span list = reach(start->modlist_paddr, start->nr_modules * sizeof(struct hvm_modlist_entry));
	if (list.size == 0)
		return error_make(ERROR_START_INFO_REACH, "the module list", 0, start->modlist_paddr);
	for (uint32_t i = 0; i < start->nr_modules; i++) {
		struct hvm_modlist_entry entry;

		memcpy(&entry, list.at + i * sizeof(entry), sizeof(entry));
		TRY(read_module(&entry, reach, &info->memory, strings->module_cmdline[i], &info->module[i]));
	}
	info->module_count = start->nr_modules;
	return error_none();
}

struct error start_info_read(uint64_t address, reach_function reach, struct door_strings *strings,
			     struct boot_info *info)
{
	struct hvm_start_info start = { 0 };
	struct span bytes = reach(address, START_INFO_V0_SIZE);

	if (bytes.size == 0)
		return error_make(ERROR_START_INFO_REACH, "the address", 0, address);
	memcpy(&start, bytes.at, START_INFO_V0_SIZE);
	if (start.magic != XEN_HVM_START_MAGIC_VALUE)
		return error_make(ERROR_START_INFO_MAGIC, NULL, XEN_HVM_START_MAGIC_VALUE, start.magic);
	if (start.version >= 1) {
		bytes = reach(address, START_INFO_V1_SIZE);
		if (bytes.size == 0)
			return error_make(ERROR_START_INFO_REACH, "the end", 0, address);
		memcpy(&start, bytes.at, START_INFO_V1_SIZE);
		TRY(read_memory_map(&start, reach, &info->memory));
	}
	info->start_flags = start.flags;
	info->rsdp = gpa(start.rsdp_paddr);
	if (start.cmdline_paddr != 0) {
		TRY(door_string(start.cmdline_paddr, reach, strings->cmdline));
		info->cmdline = strings->cmdline;
	}
	return read_modules(&start, reach, strings, info);
}
