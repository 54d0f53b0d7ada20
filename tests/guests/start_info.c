/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a PVH loader must have passed: a start_info (xen/include/public/arch-x86/hvm/start_info.h).
 */
#include "pvh.h"

#include <xen/xen.h>
#include <xen/arch-x86/hvm/start_info.h>

/* Copies the loader's map; true when the table is all there. */
static bool read_memory_map(const struct hvm_start_info *info)
{
	const struct hvm_memmap_table_entry *entry;

	if (info->version < 1 || info->memmap_entries == 0)
		return xen_memory_map(&found);
	entry = reach(info->memmap_paddr);
	if (entry == NULL || info->memmap_entries > MAX_AREAS)
		return false;
	keep(info->memmap_paddr, info->memmap_entries * sizeof(*entry));
	found.area_count = info->memmap_entries;
	for (uint32_t i = 0; i < found.area_count; i++)
		found.area[i] = (struct area){ entry[i].addr, entry[i].addr + entry[i].size,
					       entry[i].type == XEN_HVM_MEMMAP_TYPE_RAM };
	return true;
}

bool read_start_info(void)
{
	const struct hvm_start_info *info = reach(entry_state.start_info);
	const struct hvm_modlist_entry *module;

	if (info == NULL || info->magic != XEN_HVM_START_MAGIC_VALUE)
		return false;
	found.flags = info->flags;
	keep(entry_state.start_info, info->version ? 56 : 40);
	command_line = keep_text(info->cmdline_paddr);
	module = reach(info->modlist_paddr);
	found.modules = info->nr_modules;
	if (found.modules != 0 && module == NULL)
		return false;
	keep(info->modlist_paddr, found.modules * sizeof(*module));
	for (uint32_t i = 0; i < found.modules && i < MAX_MODULES; i++) {
		found.module[i] = (struct module){ module[i].paddr, module[i].size, module[i].cmdline_paddr };
		keep(module[i].paddr, module[i].size);
		keep_text(module[i].cmdline_paddr);
	}
	keep(info->rsdp_paddr, info->rsdp_paddr ? PAGE : 0);
	return read_memory_map(info);
}

void check_start_info(void)
{
	const struct hvm_start_info *found_info = reach(entry_state.start_info);
	uint64_t start = entry_state.start_info;
	struct hvm_start_info info;

	if (found_info == NULL) {
		wrong("start_info cannot be reached: %llx", start);
		return;
	}
	memcpy(&info, found_info, 40);
	if (fault("magic"))
		info.magic++;
	if (fault("version"))
		info.version = 0x10000;
	if (info.magic != XEN_HVM_START_MAGIC_VALUE) {
		wrong("start_info has a wrong magic: %x", info.magic);
		return;
	}
	fact("start_info at %llx version %u flags %x modules %u rsdp %llx", start, info.version, info.flags, info.nr_modules,
	     info.rsdp_paddr);
	if (info.version > 2)
		wrong("start_info has a version from nowhere: %u", info.version);
	if (!inside_ram(start, start + (info.version ? 56 : 40)))
		wrong("start_info is not in RAM: %llx", start);
}
