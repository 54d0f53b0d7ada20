/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each loader leaves in memory, made whole by chance: the scene that a door reads, and what it must make of it.
 */
#ifndef LULL_TESTS_DOOR_SCENES_H
#define LULL_TESTS_DOOR_SCENES_H

#include <arch/x86/doors.h>
#include <core/boot_params.h>
#include <xen/xen.h>
#include <xen/arch-x86/hvm/start_info.h>

#include "hostile_memory.h"

/* What the door must find, and the lines in it. */
static struct boot_info wanted;
static struct door_strings texts;

/* Reserved regions stand in no order, as xl has them; RAM ascends, unless that is to be the fault. */
static void swap_regions(struct region *one, struct region *other, bool ram_too)
{
	struct region region = *one;

	if (!ram_too && (one->type == REGION_RAM || other->type == REGION_RAM))
		return;
	*one = *other;
	*other = region;
}

/* A map as loaders make them, or with something wrong in it, of as many regions as may be or some more. */
static void make_map(struct memory_map *map, uint64_t most)
{
	uint64_t at = 0, count = once_in(&c, 8) ? BOOT_MAX_REGIONS - 2 + below(&c, 5) : below(&c, 12);
	bool has_faults = once_in(&c, 2);

	map->count = count < most ? count : most;
	for (uint64_t i = 0; i < map->count && i < BOOT_MAX_REGIONS; i++) {
		struct region *region = &map->region[i];

		*region = (struct region){ at, once_in(&c, 8) ? 0 : some_size(&c, 64 * MIB), (uint32_t)below(&c, 6) };
		at += region->size + (once_in(&c, 2) ? 0 : some_size(&c, MIB));
		if (once_in(&c, 2))
			region->type = REGION_RAM;
		if (has_faults && once_in(&c, 40))
			region->start = UINT64_MAX - below(&c, 2 * region->size + 2);
		if (has_faults && once_in(&c, 40))
			region->start -= region->start < MIB ? 0 : below(&c, MIB);
	}
	if (map->count > 1 && map->count <= BOOT_MAX_REGIONS && once_in(&c, 3))
		swap_regions(&map->region[below(&c, map->count)], &map->region[below(&c, map->count)], has_faults);
}

/* Lines up to and beyond what lull keeps; what is too long is refused. */
static bool make_line(char *line, uint64_t most)
{
	if (once_in(&c, 16)) {
		memset(line, 'x', most);
		line[most] = '\0';
		return most < BOOT_CMDLINE_SIZE;
	}
	fill_line(&c, line, BOOT_CMDLINE_SIZE - 1);
	return true;
}

static char long_line[2 * BOOT_CMDLINE_SIZE];

/* Into `where` what the door must keep; false when the line is too long for it. */
static bool make_kept_line(char *where)
{
	uint64_t most = BOOT_CMDLINE_SIZE - 2 + below(&c, 4);

	if (!make_line(long_line, most))
		return false;
	strcpy(where, long_line);
	return true;
}

static void make_module(unsigned index)
{
	wanted.module[index] = (struct boot_module){ .cmdline = NULL };
	wanted.module[index].where.start = below(&c, 4 * GIB);
	wanted.module[index].where.end = wanted.module[index].where.start + some_size(&c, 64 * MIB);
}

static bool in_wanted_ram(uint64_t address)
{
	for (uint64_t i = 0; i < wanted.memory.count && i < BOOT_MAX_REGIONS; i++)
		if (wanted.memory.region[i].type == REGION_RAM && address >= wanted.memory.region[i].start &&
		    address - wanted.memory.region[i].start < wanted.memory.region[i].size)
			return true;
	return false;
}

static bool make_pvh_modules(struct hvm_start_info *start)
{
	struct hvm_modlist_entry list[BOOT_MAX_MODULES] = { 0 };
	bool fits = true;

	wanted.module_count = start->nr_modules = (uint32_t)below(&c, BOOT_MAX_MODULES + 1);
	for (unsigned i = 0; i < start->nr_modules; i++) {
		make_module(i);
		list[i].paddr = wanted.module[i].where.start;
		list[i].size = range_size(wanted.module[i].where);
		if (once_in(&c, 2))
			continue;
		list[i].cmdline_paddr = somewhere();
		if (start->version >= 1 && wanted.memory.count != 0 && !in_wanted_ram(list[i].cmdline_paddr))
			continue;
		wanted.module[i].cmdline = texts.module_cmdline[i];
		if (!make_kept_line(texts.module_cmdline[i]))
			fits = false;
		lay_bytes(list[i].cmdline_paddr, long_line, strlen(long_line) + 1);
	}
	start->modlist_paddr = somewhere();
	lay_bytes(start->modlist_paddr, list, start->nr_modules * sizeof(list[0]));
	return fits;
}

/* What an entry of the table has behind its type is nobody's. */
static void lay_pvh_map(struct hvm_start_info *start)
{
	struct hvm_memmap_table_entry table[BOOT_MAX_REGIONS];
	uint64_t kept = wanted.memory.count < BOOT_MAX_REGIONS ? wanted.memory.count : BOOT_MAX_REGIONS;

	for (uint64_t i = 0; i < kept; i++) {
		const struct region *region = &wanted.memory.region[i];

		table[i] = (struct hvm_memmap_table_entry){ region->start, region->size, region->type, (uint32_t)any(&c) };
	}
	start->memmap_entries = (uint32_t)wanted.memory.count;
	start->memmap_paddr = somewhere();
	lay_bytes(start->memmap_paddr, table, kept * sizeof(table[0]));
}

/* True when the door must take it. */
static bool make_pvh(uint64_t *address)
{
	struct hvm_start_info start = { .magic = XEN_HVM_START_MAGIC_VALUE, .version = (uint32_t)below(&c, 3) };
	bool fits = true;

	wanted.start_flags = start.flags = (uint32_t)any(&c);
	wanted.rsdp.v = start.rsdp_paddr = below(&c, 4 * GIB);
	if (start.version >= 1) {
		make_map(&wanted.memory, BOOT_MAX_REGIONS + 2);
		lay_pvh_map(&start);
	}
	if (!once_in(&c, 4)) {
		wanted.cmdline = texts.cmdline;
		fits = make_kept_line(texts.cmdline);
		start.cmdline_paddr = somewhere();
		lay_bytes(start.cmdline_paddr, long_line, strlen(long_line) + 1);
	}
	fits = make_pvh_modules(&start) && fits;
	*address = somewhere();
	lay_bytes(*address, &start, start.version == 0 ? 40 : sizeof(start));
	return fits;
}

#include "door_multiboot2_scene.h"

static void put_multiboot1_map(uint8_t *at)
{
	uint64_t size = 20 + 4 * below(&c, 3), address = somewhere();
	uint8_t *map;

	make_map(&wanted.memory, BOOT_MAX_REGIONS + 2);
	put_number(at + 44, wanted.memory.count * (size + 4), 4);
	put_number(at + 48, address, 4);
	map = lay(address, wanted.memory.count * (size + 4));
	for (uint64_t i = 0; i < wanted.memory.count; i++, map += size + 4) {
		const struct region none = { 0, 0, 0 }, *region = i < BOOT_MAX_REGIONS ? &wanted.memory.region[i] : &none;

		put_number(map, size, 4);
		put_number(map + 4, region->start, 8);
		put_number(map + 12, region->size, 8);
		put_number(map + 20, region->type, 4);
	}
}

/* A line behind a file's name; what is kept holds both for a moment, so that name and line must fit. */
static uint64_t lay_named(char *kept, bool *fits)
{
	uint64_t at = somewhere();

	*fits = make_kept_line(kept) && *fits;
	memmove(long_line + 2, long_line, strlen(long_line) + 1);
	memcpy(long_line, "k ", 2);
	*fits = *fits && strlen(long_line) < BOOT_CMDLINE_SIZE;
	lay_bytes(at, long_line, strlen(long_line) + 1);
	return at;
}

static bool make_multiboot1(uint64_t *address)
{
	uint8_t start[72] = { 0 }, list[BOOT_MAX_MODULES * 16] = { 0 };
	uint64_t name = somewhere(), modules;
	bool fits = true;

	put_number(start, 0x4c | (below(&c, 2) << 9), 4);
	put_number(start + 64, name, 4);
	lay_bytes(name, "qemu 0", 7);
	wanted.cmdline = texts.cmdline;
	put_number(start + 16, lay_named(texts.cmdline, &fits), 4);
	wanted.module_count = (uint32_t)below(&c, BOOT_MAX_MODULES + 1);
	for (unsigned i = 0; i < wanted.module_count; i++) {
		make_module(i);
		if (wanted.module[i].where.end > UINT32_MAX)
			wanted.module[i].where.end = wanted.module[i].where.start;
		put_number(list + 16 * i, wanted.module[i].where.start, 4);
		put_number(list + 16 * i + 4, wanted.module[i].where.end, 4);
		if (once_in(&c, 2))
			continue;
		put_number(list + 16 * i + 8, lay_named(texts.module_cmdline[i], &fits), 4);
		wanted.module[i].cmdline = texts.module_cmdline[i][0] ? texts.module_cmdline[i] : NULL;
	}
	modules = somewhere();
	put_number(start + 20, wanted.module_count, 4);
	put_number(start + 24, modules, 4);
	lay_bytes(modules, list, wanted.module_count * 16);
	put_multiboot1_map(start);
	*address = somewhere();
	lay_bytes(*address, start, sizeof(start));
	return fits;
}

static uint8_t boot_params[BOOT_PARAMS_SIZE];

static bool make_boot_params(void)
{
	bool fits = true;

	memset(boot_params, 0, sizeof(boot_params));
	put_number(boot_params + BOOT_PARAMS_MAGIC, BOOT_PARAMS_HDRS, 4);
	wanted.rsdp.v = any(&c);
	put_number(boot_params + BOOT_PARAMS_RSDP, wanted.rsdp.v, 8);
	make_map(&wanted.memory, BOOT_MAX_REGIONS);
	boot_params[BOOT_PARAMS_E820_ENTRIES] = (uint8_t)wanted.memory.count;
	for (uint64_t i = 0; i < wanted.memory.count; i++) {
		uint8_t *at = boot_params + BOOT_PARAMS_E820_TABLE + i * BOOT_PARAMS_E820_ENTRY;

		put_number(at, wanted.memory.region[i].start, 8);
		put_number(at + 8, wanted.memory.region[i].size, 8);
		put_number(at + 16, wanted.memory.region[i].type, 4);
	}
	if (!once_in(&c, 4)) {
		uint64_t line = somewhere();

		wanted.cmdline = texts.cmdline;
		fits = make_kept_line(texts.cmdline);
		lay_bytes(line, long_line, strlen(long_line) + 1);
		put_number(boot_params + BOOT_PARAMS_CMD_LINE_PTR, line, 4);
	}
	if (once_in(&c, 2)) {
		make_module(0);
		wanted.module_count = !range_empty(wanted.module[0].where);
		put_number(boot_params + BOOT_PARAMS_RAMDISK_IMAGE, wanted.module[0].where.start, 4);
		put_number(boot_params + BOOT_PARAMS_RAMDISK_SIZE, range_size(wanted.module[0].where), 4);
	}
	for (uint64_t i = below(&c, 3), *link = NULL; i > 0; i--) {
		uint64_t size = below(&c, 64), at = somewhere();
		uint8_t *node = lay(at, SETUP_DATA_HEADER + size);

		put_number(node + 8, 2 + below(&c, 8), 4);
		put_number(node + 12, size, 4);
		memcpy(link ? (void *)link : boot_params + BOOT_PARAMS_SETUP_DATA, &at, 8);
		link = (uint64_t *)node;
	}
	return fits;
}

/* In the order of xen.h: P2M, start_info, rings, tables, stack. */
static bool make_xen_pv(uint64_t *address, uint64_t *stack)
{
	struct start_info start = { .magic = "xen-3.0-x86_64", .nr_pages = 2048 + below(&c, 1 << 20) };
	uint64_t at = below(&c, 1024) * PAGE_SIZE, last;
	uint8_t *page;

	start.flags = wanted.start_flags = (uint32_t)any(&c);
	start.mfn_list = at;
	at += (start.nr_pages * sizeof(uint64_t) + PAGE_MASK) & ~PAGE_MASK;
	*address = at;
	at += (1 + below(&c, 4)) * PAGE_SIZE;
	start.pt_base = at;
	start.nr_pt_frames = 1 + below(&c, 64);
	at += start.nr_pt_frames * PAGE_SIZE;
	*stack = at + PAGE_SIZE - below(&c, PAGE_SIZE);
	last = at + PAGE_SIZE;
	fill_line(&c, texts.cmdline, MAX_GUEST_CMDLINE - 1);
	memcpy(start.cmd_line, texts.cmdline, strlen(texts.cmdline) + 1);
	wanted.cmdline = texts.cmdline;
	if (once_in(&c, 2)) {
		make_module(0);
		wanted.module_count = 1;
		start.mod_len = range_size(wanted.module[0].where);
		start.mod_start = wanted.module[0].where.start;
		if (start.flags & SIF_MOD_START_PFN)
			start.mod_start /= PAGE_SIZE;
		wanted.module[0].where.start = start.mod_start * (start.flags & SIF_MOD_START_PFN ? PAGE_SIZE : 1);
		wanted.module[0].where.end = wanted.module[0].where.start + start.mod_len;
	}
	wanted.memory.count = 3;
	wanted.memory.region[0] = (struct region){ 0, start.mfn_list, REGION_RAM };
	wanted.memory.region[1] = (struct region){ start.mfn_list, last - start.mfn_list, REGION_RESERVED };
	wanted.memory.region[2] = (struct region){ last, start.nr_pages * PAGE_SIZE - last, REGION_RAM };
	page = lay(*address, once_in(&c, 2) ? PAGE_SIZE : sizeof(start));
	memcpy(page, &start, sizeof(start));
	return last <= start.nr_pages * PAGE_SIZE;
}

/* True when the door must take it. */
static bool make_scene(enum door door, uint64_t *address, uint64_t *stack)
{
	switch (door) {
	case DOOR_PVH: return make_pvh(address);
	case DOOR_MULTIBOOT1: return make_multiboot1(address);
	case DOOR_MULTIBOOT2: return make_multiboot2(address);
	case DOOR_LINUX: return make_boot_params();
	default: return make_xen_pv(address, stack);
	}
}

#endif
