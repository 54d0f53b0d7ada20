/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What loaders left in memory, read by the doors; then the memory map.
 *
 * The scene is made whole first, and what is read must be what was written.  In most scenes some bytes of it are then
 * damaged, or pieces are missing: what is still taken must keep the promises of boot_info.h.
 */
#include "door_scenes.h"
#include "map_check.h"

static bool is_damaged;
static struct boot_info info;
static struct door_strings strings;

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
	case DOOR_MULTIBOOT1:
		return multiboot1_read(address, reach, &strings, &info);
	case DOOR_LINUX:
		return boot_params_read(span(boot_params, sizeof(boot_params)), reach, &strings, &info);
	case DOOR_MULTIBOOT2:
		return multiboot2_read(MULTIBOOT2_MAGIC, address, reach, &strings, &info);
	default:
		return xen_start_info_read(address, stack, reach, &strings, &info);
	}
}

/* The page of boot_params is no area of the memory, since the door has it already. */
static void damage_params(void)
{
	for (uint64_t i = below(&c, 4); i > 0; i--)
		put_number(boot_params + below(&c, sizeof(boot_params) - 8), once_in(&c, 2) ? odd_number() : any(&c),
			   1u << below(&c, 4));
}

static void try_door(enum door door)
{
	uint64_t address = 0, stack = 0;
	struct error error;
	bool fits;

	fits = make_scene(door, &address, &stack);
	if (is_damaged) {
		damage();
		damage_params();
	}
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
	try_door((enum door)below(&c, DOOR_XEN_PV + 1));
	forget_memory();
	return 0;
}
