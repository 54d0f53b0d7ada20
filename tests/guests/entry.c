/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the loader must have done: entered the image as docs/misc/pvh.pandoc says, and passed a start_info
 * (xen/include/public/arch-x86/hvm/start_info.h).
 */
#include "pvh.h"

#include <xen/xen.h>
#include <xen/arch-x86/hvm/start_info.h>

#define CR0_PE 0x01u
#define CR0_ET 0x10u
#define EFLAGS_TF (1u << 8)
#define EFLAGS_IF (1u << 9)
#define EFLAGS_VM (1u << 17)
#define EFER_LME (1u << 8)
#define EFER_LMA (1u << 10)

struct found found;

void check_entry_state(void)
{
	struct entry_state s = entry_state;

	if (fault("cr0"))
		s.cr0 |= 1u << 16;
	if (fault("cr4"))
		s.cr4 |= 1u << 5;
	if (fault("eflags"))
		s.eflags |= EFLAGS_IF;
	if (fault("efer"))
		s.efer |= EFER_LME;
	if (fault("segments"))
		s.es_marker++;
	fact("entry cr0 %x cr4 %x eflags %x efer %x tr %x start_info %x", s.cr0, s.cr4, s.eflags, s.efer, s.tr, s.start_info);
	if ((s.cr0 & ~CR0_ET) != CR0_PE)
		wrong("cr0 has more or less than PE: %x", s.cr0);
	if (s.cr4)
		wrong("cr4 is not zero: %x", s.cr4);
	if (s.eflags & (EFLAGS_IF | EFLAGS_TF | EFLAGS_VM))
		wrong("eflags has IF, TF or VM set: %x", s.eflags);
	/* Not in the document, but a 32-bit kernel that turns paging on would find itself in long mode. */
	if (s.efer & (EFER_LME | EFER_LMA))
		wrong("EFER has long mode set: %x", s.efer);
	if (s.ds_marker != MARKER || s.es_marker != MARKER)
		wrong("ds or es is not a flat segment of base 0");
}

static void keep(uint64_t start, uint64_t size)
{
	if (size && found.kept_count < sizeof(found.kept) / sizeof(found.kept[0]))
		found.kept[found.kept_count++] = (struct area){ start, start + size, true };
}

/* The command line of a module or of all; NULL when there is none or it cannot be reached. */
static const char *keep_text(uint64_t address)
{
	const char *text = address ? reach(address) : NULL;

	if (text)
		keep(address, text_length(text) + 1);
	return text;
}

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
	found.modules = info->nr_modules;
	keep(entry_state.start_info, info->version ? 56 : 40);
	command_line = keep_text(info->cmdline_paddr);
	module = reach(info->modlist_paddr);
	if (found.modules && module) {
		keep(info->modlist_paddr, found.modules * sizeof(*module));
		for (uint32_t i = 0; i < found.modules && i < 4; i++) {
			keep(module[i].paddr, module[i].size);
			keep_text(module[i].cmdline_paddr);
		}
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
