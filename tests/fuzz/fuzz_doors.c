/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What loaders left in memory, read by the doors; then the memory map.
 *
 * The scene is made whole first, and what is read must be what was written.  In most scenes some bytes of it are then
 * damaged, or pieces are missing: what is still taken must keep the promises of boot_info.h.
 */
#include <arch/x86/doors.h>
#include <xen/xen.h>
#include <xen/arch-x86/hvm/start_info.h>

#include "hostile_memory.h"
#include "map_check.h"

static bool is_damaged;
static struct boot_info info, wanted;
static struct door_strings strings, texts;

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

static uint8_t information[256 * KIB];
static uint64_t information_size;

/* A tag's header, and room for what follows; tags begin at multiples of 8. */
static uint8_t *add_tag(uint32_t type, uint64_t size)
{
	uint8_t *tag = information + information_size;

	put_number(tag, type, 4);
	put_number(tag + 4, size, 4);
	information_size += (size + 7) & ~UINT64_C(7);
	PROMISE(information_size < sizeof(information));
	return tag;
}

static bool add_module_tag(unsigned index)
{
	bool fits = true, has_line = once_in(&c, 2);
	uint8_t *tag;

	make_module(index);
	/* The specification has 32 bits. */
	if (wanted.module[index].where.end > UINT32_MAX)
		wanted.module[index].where.end = wanted.module[index].where.start;
	long_line[0] = '\0';
	if (has_line) {
		fits = make_kept_line(texts.module_cmdline[index]);
		wanted.module[index].cmdline = long_line[0] ? texts.module_cmdline[index] : NULL;
	}
	tag = add_tag(3, 16 + (has_line ? strlen(long_line) + 1 : 0));
	put_number(tag + 8, wanted.module[index].where.start, 4);
	put_number(tag + 12, wanted.module[index].where.end, 4);
	if (has_line)
		strcpy((char *)tag + 16, long_line);
	return fits;
}

static void add_map_tag(void)
{
	uint64_t step = 24 + 8 * below(&c, 3);
	uint8_t *tag;

	make_map(&wanted.memory, BOOT_MAX_REGIONS + 2);
	tag = add_tag(6, 16 + wanted.memory.count * step);
	put_number(tag + 8, step, 4);
	for (uint64_t i = 0; i < wanted.memory.count && i < BOOT_MAX_REGIONS; i++) {
		put_number(tag + 16 + i * step, wanted.memory.region[i].start, 8);
		put_number(tag + 24 + i * step, wanted.memory.region[i].size, 8);
		put_number(tag + 32 + i * step, wanted.memory.region[i].type, 4);
	}
}

static bool make_multiboot2(uint64_t *address)
{
	bool fits = true;

	memset(information, 0, sizeof(information));
	information_size = 8;
	if (!once_in(&c, 4)) {
		wanted.cmdline = texts.cmdline;
		fits = make_kept_line(texts.cmdline);
		strcpy((char *)add_tag(1, 8 + strlen(long_line) + 1) + 8, long_line);
	}
	if (once_in(&c, 2))
		fill(&c, add_tag(2 + (uint32_t)below(&c, 2) * 18, 8 + 13) + 8, 13);
	wanted.module_count = (uint32_t)below(&c, BOOT_MAX_MODULES + 1);
	for (unsigned i = 0; i < wanted.module_count; i++)
		fits = add_module_tag(i) && fits;
	if (!once_in(&c, 8))
		add_map_tag();
	add_tag(0, 8);
	put_number(information, information_size, 4);
	*address = somewhere();
	lay_bytes(*address, information, information_size);
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

/* A line that a door passes on is one that it keeps, and ends there. */
static void check_line(const char *line, const char *kept)
{
	PROMISE(line == kept && memchr(kept, '\0', BOOT_CMDLINE_SIZE) != NULL);
}

static void check_info(void)
{
	PROMISE(info.module_count <= BOOT_MAX_MODULES);
	if (info.cmdline != NULL)
		check_line(info.cmdline, strings.cmdline);
	for (unsigned i = 0; i < info.module_count; i++) {
		PROMISE(info.module[i].where.start <= info.module[i].where.end);
		if (info.module[i].cmdline)
			check_line(info.module[i].cmdline, strings.module_cmdline[i]);
	}
}

static void same_line(const char *found, const char *expected)
{
	PROMISE((found == NULL) == (expected == NULL));
	PROMISE(found == NULL || strcmp(found, expected) == 0);
}

static void check_same(void)
{
	uint64_t kept = wanted.memory.count < BOOT_MAX_REGIONS ? wanted.memory.count : BOOT_MAX_REGIONS;

	same_line(info.cmdline, wanted.cmdline);
	PROMISE(info.start_flags == wanted.start_flags && info.rsdp.v == wanted.rsdp.v);
	PROMISE(info.module_count == wanted.module_count);
	for (unsigned i = 0; i < wanted.module_count; i++) {
		PROMISE(info.module[i].where.start == wanted.module[i].where.start);
		PROMISE(info.module[i].where.end == wanted.module[i].where.end);
		same_line(info.module[i].cmdline, wanted.module[i].cmdline);
	}
	PROMISE(info.memory.count == wanted.memory.count);
	for (uint64_t i = 0; i < kept; i++)
		PROMISE(same_region(&info.memory.region[i], &wanted.memory.region[i]));
}

/* What find_bootstrap() takes is covered: list, start_info, tables and stack, whatever their numbers add up to. */
static void check_xen_pv(uint64_t address, uint64_t stack)
{
	const struct region *region = info.memory.region;
	struct start_info start;

	memcpy(&start, info.xen_pv.start_info, sizeof(start));
	PROMISE(info.memory.count == 3 && region[1].type == REGION_RESERVED && region[0].start == 0);
	PROMISE(end_of(&region[0]) == region[1].start && end_of(&region[1]) == region[2].start);
	PROMISE(end_of(&region[2]) == (wide)start.nr_pages * PAGE_SIZE);
	PROMISE(start.mfn_list >= region[1].start && start.mfn_list + (wide)start.nr_pages * 8 <= address);
	PROMISE(address < start.pt_base && start.pt_base + (wide)start.nr_pt_frames * PAGE_SIZE <= end_of(&region[1]));
	PROMISE(stack <= end_of(&region[1]));
}

/* Each door in its turn; whether it took what is there. */
static struct error read_door(enum door door, uint64_t address, uint64_t stack)
{
	switch (door) {
	case DOOR_PVH:
		return start_info_read(address, reach, &strings, &info);
	case DOOR_MULTIBOOT2:
		return multiboot2_read(MULTIBOOT2_MAGIC, address, reach, &strings, &info);
	default:
		return xen_start_info_read(address, stack, reach, &strings, &info);
	}
}

static void try_door(enum door door)
{
	uint64_t address, stack = 0;
	struct error error;
	bool fits;

	fits = door == DOOR_PVH ? make_pvh(&address) : door == DOOR_MULTIBOOT2 ? make_multiboot2(&address)
									       : make_xen_pv(&address, &stack);
	if (is_damaged)
		damage();
	memset(&strings, 0x5a, sizeof(strings));
	error = read_door(door, address, stack);
	if (!is_damaged)
		PROMISE(failed(error) == !fits);
	if (failed(error))
		return;
	check_info();
	if (!is_damaged)
		check_same();
	if (door == DOOR_XEN_PV)
		check_xen_pv(address, stack);
	check_map(&info.memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	c = choices_of(span(data, size));
	memset(&info, 0, sizeof(info));
	memset(&wanted, 0, sizeof(wanted));
	is_damaged = !once_in(&c, 3);
	try_door((enum door)below(&c, 3));
	forget_memory();
	return 0;
}
