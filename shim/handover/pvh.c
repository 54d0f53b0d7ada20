/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a PVH kernel is told (Xen public header arch-x86/hvm/start_info.h, version 1): start_info, the module list, the
 * memory map and the command line, one behind the other, so that they share a page when they are short (NetBSD maps
 * one page only), with zeros behind the command line.
 *
 * A few zero bytes lie before start_info as well as behind everything: Linux uses the dword there as its first stack.
 */
#include <shim/handover/handover.h>

#include <string.h>
#include <xen/xen.h>
#include <xen/arch-x86/hvm/start_info.h>

#define LINE_PADDING 8

struct parts {
	uint64_t modules;
	uint64_t memory;
	uint64_t line;
	uint64_t no_line;
	uint64_t end;
};

/* Offsets from start_info. */
static struct parts parts_of(const struct boot_info *info, const char *cmdline)
{
	struct parts parts;

	parts.modules = (sizeof(struct hvm_start_info) + 7) & ~UINT64_C(7);
	parts.memory = parts.modules + sizeof(struct hvm_modlist_entry);
	parts.line = parts.memory + info->memory.count * sizeof(struct hvm_memmap_table_entry);
	/* A module's command line is a real, empty string: FreeBSD reads it without asking. */
	parts.no_line = (parts.line + strlen(cmdline) + 1 + 7) & ~UINT64_C(7);
	parts.end = parts.no_line + LINE_PADDING;
	return parts;
}

uint64_t pvh_size(const struct boot_info *info, const char *cmdline)
{
	return (parts_of(info, cmdline).end + PAGE_MASK) & ~PAGE_MASK;
}

static void put_memory_map(uint64_t at, const struct memory_map *memory)
{
	struct hvm_memmap_table_entry *entry = (struct hvm_memmap_table_entry *)at;

	for (uint64_t i = 0; i < memory->count; i++)
		entry[i] = (struct hvm_memmap_table_entry){
			.addr = memory->region[i].start,
			.size = memory->region[i].size,
			.type = memory->region[i].type,
		};
}

uint64_t pvh_fill(uint64_t at, const struct boot_info *info, const struct payload *payload,
		  const struct layout *layout, const char *cmdline)
{
	struct parts parts = parts_of(info, cmdline);
	struct hvm_start_info *start = (struct hvm_start_info *)at;
	struct hvm_modlist_entry *module = (struct hvm_modlist_entry *)(at + parts.modules);
	bool has_initrd = payload->initrd.bytes.size != 0;

	*start = (struct hvm_start_info){
		.magic = XEN_HVM_START_MAGIC_VALUE,
		.version = 1,
		.flags = info->start_flags,
		.nr_modules = has_initrd,
		.modlist_paddr = has_initrd ? at + parts.modules : 0,
		.cmdline_paddr = at + parts.line,
		.rsdp_paddr = info->rsdp.v,
		.memmap_paddr = at + parts.memory,
		.memmap_entries = (uint32_t)info->memory.count,
	};
	if (has_initrd)
		*module = (struct hvm_modlist_entry){
			.paddr = layout->initrd.start,
			.size = range_size(layout->initrd),
			.cmdline_paddr = at + parts.no_line,
		};
	put_memory_map(at + parts.memory, &info->memory);
	memcpy((void *)(at + parts.line), cmdline, strlen(cmdline) + 1);
	return at;
}
