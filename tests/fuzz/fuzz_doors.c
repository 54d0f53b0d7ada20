/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What loaders and firmware left in memory, read by the doors and by ACPI's reader; then the memory map.
 *
 * The scene is made whole first, and what is read must be what was written.  In most scenes some bytes of it are then
 * damaged, or pieces are missing: what is still taken must keep the promises of boot_info.h.
 */
#include "choices.h"
#include "fuzz.h"

#include <string.h>

#include <arch/x86/acpi.h>
#include <arch/x86/doors.h>
#include <shim/memory/memory_map.h>
#include <xen/xen.h>
#include <xen/arch-x86/hvm/start_info.h>

#define AREAS 24

/* Each a block of the heap of exactly its size, for the address sanitiser. */
static struct area {
	uint64_t address;
	uint64_t size;
	uint8_t *bytes;
} area[AREAS];
static unsigned areas;

static struct choices c;
static bool is_damaged;
static struct boot_info info, wanted;
static struct door_strings strings, texts;

static uint8_t *lay(uint64_t address, uint64_t size)
{
	PROMISE(areas < AREAS);
	area[areas] = (struct area){ address, size, calloc(1, size ? size : 1) };
	return area[areas++].bytes;
}

static void lay_bytes(uint64_t address, const void *bytes, uint64_t size)
{
	memcpy(lay(address, size), bytes, size);
}

static struct span reach(uint64_t address, uint64_t size)
{
	for (unsigned i = 0; i < areas; i++)
		if (address >= area[i].address && size != 0 &&
		    span_has(span(area[i].bytes, area[i].size), address - area[i].address, size))
			return span(area[i].bytes + (address - area[i].address), size);
	return span(NULL, 0);
}

/* An address of its own for each piece; the low bits are free, as loaders align little. */
static uint64_t somewhere(void)
{
	return (UINT64_C(1) + areas) * 64 * MIB + below(&c, 64 * KIB);
}

static void put_number(uint8_t *at, uint64_t value, unsigned bytes)
{
	memcpy(at, &value, bytes);
}

static uint64_t odd_number(void)
{
	const uint64_t base[] = { 0, 1, BOOT_MAX_REGIONS, BOOT_MAX_MODULES, UINT32_MAX, UINT64_MAX, 1ull << below(&c, 64),
				  below(&c, 4096) };

	return base[below(&c, 8)] + below(&c, 5) - 2;
}

/* Bits, numbers, an end that is missing, a piece that is. */
static void damage(void)
{
	for (uint64_t i = below(&c, 4) + 1; i > 0 && areas > 0; i--) {
		struct area *hit = &area[below(&c, areas)];
		unsigned width = 1u << below(&c, 4);
		uint64_t at = below(&c, hit->size < 96 || once_in(&c, 2) ? hit->size : 96) & ~(uint64_t)(width - 1);

		if (hit->size < width || at > hit->size - width)
			continue;
		if (once_in(&c, 12))
			hit->bytes = realloc(hit->bytes, hit->size = at + (at == 0));
		else if (once_in(&c, 2))
			hit->bytes[at] ^= (uint8_t)(1u << below(&c, 8));
		else
			put_number(hit->bytes + at, odd_number(), width);
	}
}

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
		start.mod_start = wanted.module[0].where.start;
		start.mod_len = range_size(wanted.module[0].where);
	}
	wanted.memory.count = 3;
	wanted.memory.region[0] = (struct region){ 0, start.mfn_list, REGION_RAM };
	wanted.memory.region[1] = (struct region){ start.mfn_list, last - start.mfn_list, REGION_RESERVED };
	wanted.memory.region[2] = (struct region){ last, start.nr_pages * PAGE_SIZE - last, REGION_RAM };
	page = lay(*address, once_in(&c, 2) ? PAGE_SIZE : sizeof(start));
	memcpy(page, &start, sizeof(start));
	return last <= start.nr_pages * PAGE_SIZE;
}

static void set_sum(uint8_t *bytes, uint64_t size, uint64_t at)
{
	uint8_t sum = 0;

	for (uint64_t i = 0; i < size; i++)
		sum = (uint8_t)(sum + bytes[i]);
	bytes[at] = (uint8_t)(bytes[at] - sum);
}

/* A MADT that counts; the number of CPUs in it. */
static unsigned make_madt(uint64_t address)
{
	uint64_t count = once_in(&c, 16) ? below(&c, 5000) : below(&c, 12), size = 44;
	/* A table of more than a MiB is no table of ours, whatever it sums to. */
	bool is_too_large = once_in(&c, 200);
	uint64_t room = 44 + count * 32 + (is_too_large ? MIB : 0);
	uint8_t *bytes = lay(address, room);
	unsigned cpus = 0, revision = (unsigned)below(&c, 8);

	memcpy(bytes, "APIC", 4);
	bytes[8] = (uint8_t)revision;
	for (uint64_t i = 0; i < count; i++) {
		uint8_t *entry = bytes + size;
		bool is_wide = once_in(&c, 3), none = once_in(&c, 6);
		uint32_t flags = (uint32_t)below(&c, 4);

		if (once_in(&c, 5)) {
			entry[0] = (uint8_t)(1 + below(&c, 8));
			entry[1] = (uint8_t)(2 + below(&c, 30));
			size += entry[1];
			continue;
		}
		entry[0] = is_wide ? 9 : 0;
		entry[1] = is_wide ? 16 : 8;
		put_number(entry + (is_wide ? 4 : 3), none ? UINT32_MAX : i & 0x7f, is_wide ? 4 : 1);
		put_number(entry + (is_wide ? 8 : 4), flags, 4);
		cpus += (flags & 1) || (revision >= 5 ? flags & 2 : !none);
		size += entry[1];
	}
	if (is_too_large)
		for (; size + 2 <= room; size += 2)
			put_number(bytes + size, 0x0204, 2);
	area[areas - 1].bytes = bytes = realloc(bytes, size);
	area[areas - 1].size = size;
	put_number(bytes + 4, size, 4);
	set_sum(bytes, size, 9);
	return is_too_large && size > MIB ? 0 : cpus;
}

/* Root pointer, list, MADT among other tables; the number of CPUs that must be read. */
static unsigned make_acpi(uint64_t address)
{
	bool extended = once_in(&c, 2);
	unsigned width = extended ? 8 : 4, others = (unsigned)below(&c, 4), cpus;
	uint64_t list, size = 36 + (others + 1) * width, other;
	uint8_t *root = lay(address, 36), *bytes;

	list = somewhere();
	bytes = lay(list, size);
	memcpy(root, "RSD PTR ", 8);
	root[15] = extended ? 2 : (uint8_t)below(&c, 2);
	put_number(root + 16, extended ? any(&c) : list, 4);
	put_number(root + 24, extended ? list : any(&c), 8);
	memcpy(bytes, extended ? "XSDT" : "RSDT", 4);
	put_number(bytes + 4, size, 4);
	for (unsigned i = 0; i < others; i++) {
		other = somewhere();
		fill(&c, lay(other, 36 + below(&c, 64)), 36);
		put_number(bytes + 36 + i * width, other, width);
	}
	other = somewhere();
	cpus = make_madt(other);
	put_number(bytes + 36 + others * width, other, width);
	set_sum(bytes, size, 9);
	set_sum(root, 20, 8);
	return cpus;
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

static bool same_region(const struct region *one, const struct region *other)
{
	return one->start == other->start && one->size == other->size && one->type == other->type;
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

typedef unsigned __int128 wide;

static wide end_of(const struct region *region)
{
	return (wide)region->start + region->size;
}

static bool is_ram(const struct region *region)
{
	return region->type == REGION_RAM && region->size != 0;
}

/* What memory_map.h says of a map that can be used, in numbers that do not wrap. */
static bool map_is_good(const struct memory_map *map)
{
	bool ram = false;
	uint64_t last = 0;

	if (map->count > BOOT_MAX_REGIONS)
		return false;
	for (uint64_t i = 0; i < map->count; i++) {
		const struct region *here = &map->region[i];

		if (end_of(here) > UINT64_MAX || (is_ram(here) && here->start < last))
			return false;
		for (uint64_t j = 0; j < i; j++) {
			const struct region *there = &map->region[j];

			if (here->size && there->size && here->start < end_of(there) && there->start < end_of(here))
				return false;
		}
		if (is_ram(here)) {
			ram = true;
			last = here->start;
		}
	}
	return ram;
}

/* Sorting loses no region, and changes nothing of the RAM. */
static void check_sorted(struct memory_map *map)
{
	static struct memory_map before;
	bool used[BOOT_MAX_REGIONS] = { false };
	uint64_t size = memory_ram_size(map), top = memory_top(map);

	before = *map;
	memory_map_sort(map);
	PROMISE(map->count == before.count && !failed(memory_map_check(map)));
	PROMISE(memory_ram_size(map) == size && memory_top(map) == top);
	for (uint64_t i = 0; i < map->count; i++) {
		uint64_t j = 0;

		PROMISE(i == 0 || map->region[i - 1].start <= map->region[i].start);
		while (j < map->count && (used[j] || !same_region(&before.region[j], &map->region[i])))
			j++;
		PROMISE(j < map->count);
		used[j] = true;
	}
}

static void check_map(struct memory_map *map)
{
	bool good = map_is_good(map);

	PROMISE(failed(memory_map_check(map)) == !good);
	if (good)
		check_sorted(map);
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

static void try_acpi(void)
{
	bool is_bios = once_in(&c, 8);
	uint64_t rsdp = is_bios ? 0xe0000 + 16 * below(&c, 0x2000 - 3) : somewhere();
	unsigned cpus = make_acpi(rsdp), found;

	if (is_damaged)
		damage();
	if (is_bios && !is_damaged)
		PROMISE(acpi_find_rsdp(reach) == rsdp);
	found = acpi_cpu_limit(rsdp, reach);
	PROMISE(is_damaged ? found <= MIB / 8 : found == cpus);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	c = choices_of(span(data, size));
	memset(&info, 0, sizeof(info));
	memset(&wanted, 0, sizeof(wanted));
	is_damaged = !once_in(&c, 3);
	if (once_in(&c, 4))
		try_acpi();
	else
		try_door((enum door)below(&c, 3));
	while (areas > 0)
		free(area[--areas].bytes);
	return 0;
}
