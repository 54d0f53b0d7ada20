/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a PVH kernel is told (Xen public header arch-x86/hvm/start_info.h, version 1): start_info, the module list, the
 * memory map and the command line, one behind the other, so that they share a page when they are short (NetBSD maps
 * one page only), with zeros behind the command line.
 *
 * A Linux gets one module, its initrd; any other kernel all modules, each with its line.
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
	/* The modules' lines, one behind the other. */
	uint64_t module_lines;
	uint64_t end;
};

/* Modules that the kernel is told of. */
static uint32_t told_modules(const struct payload *payload)
{
	return payload_joins_modules(payload) && payload->module_count != 0 ? 1 : payload->module_count;
}

/* A module's command line is a real string, though it may be empty: FreeBSD reads it without asking.  An initrd has none. */
static struct span line_of(const struct payload *payload, uint32_t index)
{
	return payload_joins_modules(payload) ? span("", 0) : payload->module[index].line;
}

/* Offsets from start_info. */
static struct parts parts_of(const struct boot_info *info, const struct payload *payload, const char *cmdline)
{
	struct parts parts;

	parts.modules = (sizeof(struct hvm_start_info) + 7) & ~UINT64_C(7);
	parts.memory = parts.modules + told_modules(payload) * sizeof(struct hvm_modlist_entry);
	parts.line = parts.memory + info->memory.count * sizeof(struct hvm_memmap_table_entry);
	parts.module_lines = (parts.line + strlen(cmdline) + LINE_PADDING + 7) & ~UINT64_C(7);
	parts.end = parts.module_lines;
	for (uint32_t i = 0; i < told_modules(payload); i++)
		parts.end += line_of(payload, i).size + 1;
	parts.end += LINE_PADDING;
	return parts;
}

uint64_t pvh_size(const struct boot_info *info, const struct payload *payload, const char *cmdline)
{
	return (parts_of(info, payload, cmdline).end + PAGE_MASK) & ~PAGE_MASK;
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

static void put_modules(uint64_t at, uint64_t lines, const struct payload *payload, const struct layout *layout)
{
	struct hvm_modlist_entry *entry = (struct hvm_modlist_entry *)at;

	for (uint32_t i = 0; i < told_modules(payload); i++) {
		struct range where = payload_joins_modules(payload) ? layout->initrd : layout->module[i];
		struct span line = line_of(payload, i);

		entry[i] = (struct hvm_modlist_entry){ .paddr = where.start, .size = range_size(where), .cmdline_paddr = lines };
		memcpy((void *)lines, line.at, line.size);
		lines += line.size + 1;
	}
}

uint64_t pvh_fill(uint64_t at, const struct boot_info *info, const struct payload *payload,
		  const struct layout *layout, const char *cmdline)
{
	struct parts parts = parts_of(info, payload, cmdline);
	struct hvm_start_info *start = (struct hvm_start_info *)at;

	*start = (struct hvm_start_info){
		.magic = XEN_HVM_START_MAGIC_VALUE,
		.version = 1,
		.flags = info->start_flags,
		.nr_modules = told_modules(payload),
		.modlist_paddr = payload->module_count != 0 ? at + parts.modules : 0,
		.cmdline_paddr = at + parts.line,
		.rsdp_paddr = info->rsdp.v,
		.memmap_paddr = at + parts.memory,
		.memmap_entries = (uint32_t)info->memory.count,
	};
	put_modules(at + parts.modules, at + parts.module_lines, payload, layout);
	put_memory_map(at + parts.memory, &info->memory);
	memcpy((void *)(at + parts.line), cmdline, strlen(cmdline) + 1);
	return at;
}
