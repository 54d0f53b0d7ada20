/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Xen PV door: what Xen's domain builders, xl's and its own for dom0, leave in start_info.
 */
#include <arch/x86/doors.h>

#include <stddef.h>
#include <string.h>
#include <xen/xen.h>

#define MAGIC_PREFIX "xen-"

_Static_assert(offsetof(struct start_info, cmd_line) == 0x80, "xen.h: struct start_info of a 64-bit guest");
_Static_assert(MAX_GUEST_CMDLINE < BOOT_CMDLINE_SIZE, "a door keeps the whole line");

/*
 * What the builder put behind the module, in the order of xen.h: P2M, start_info, rings, page tables, stack.  The caller has
 * bounded nr_pages; with no more page tables than pages, neither product wraps.
 */
static bool find_bootstrap(const struct start_info *start, uint64_t start_address, uint64_t stack, struct range *out)
{
	struct range tables, p2m;

	if (start->nr_pt_frames > start->nr_pages ||
	    !range_make(start->pt_base, start->nr_pt_frames * PAGE_SIZE, &tables) ||
	    !range_make(start->mfn_list, start->nr_pages * sizeof(uint64_t), &p2m))
		return false;
	*out = (struct range){ p2m.start, 0 };
	return round_up(stack, PAGE_SIZE, &out->end) && (p2m.start & PAGE_MASK) == 0 && (start_address & PAGE_MASK) == 0 &&
	       p2m.end <= start_address && start_address < tables.start && tables.end < out->end;
}

/* By its address, or by the number of its first page (SIF_MOD_START_PFN). */
static bool find_module(const struct start_info *start, struct range *out)
{
	uint64_t address = start->mod_start;

	if ((start->flags & SIF_MOD_START_PFN) && __builtin_mul_overflow(address, PAGE_SIZE, &address))
		return false;
	return range_make(address, start->mod_len, out);
}

/* One block of RAM, less what the builder put there. */
static void fill_memory_map(uint64_t pages, struct range bootstrap, struct memory_map *memory)
{
	uint64_t end = pages * PAGE_SIZE;

	*memory = (struct memory_map){ .count = 3 };
	memory->region[0] = (struct region){ 0, bootstrap.start, REGION_RAM };
	memory->region[1] = (struct region){ bootstrap.start, range_size(bootstrap), REGION_RESERVED };
	memory->region[2] = (struct region){ bootstrap.end, end - bootstrap.end, REGION_RAM };
}

struct error xen_start_info_read(uint64_t address, uint64_t stack, reach_function reach, struct door_strings *strings,
				 struct boot_info *info)
{
	struct span bytes = reach(address, sizeof(struct start_info));
	struct range bootstrap;
	struct start_info start;

	if (bytes.size == 0 || !span_is(bytes, 0, MAGIC_PREFIX, strlen(MAGIC_PREFIX)))
		return error_make(ERROR_XEN_START_INFO, "the magic xen-3.0 in", 0, address);
	memcpy(&start, bytes.at, sizeof(start));
	info->start_flags = start.flags;
	info->xen_pv.start_info = bytes.at;
	memcpy(strings->cmdline, start.cmd_line, MAX_GUEST_CMDLINE);
	strings->cmdline[MAX_GUEST_CMDLINE] = '\0';
	if (strlen(strings->cmdline) == MAX_GUEST_CMDLINE)
		return error_make(ERROR_DOOR_CMDLINE, NULL, MAX_GUEST_CMDLINE, address);
	info->cmdline = strings->cmdline;
	if (start.nr_pages > XEN_PV_MAX_PAGES)
		return error_make(ERROR_XEN_PAGES, NULL, XEN_PV_MAX_PAGES, start.nr_pages);
	if (!find_bootstrap(&start, address, stack, &bootstrap) || bootstrap.end > start.nr_pages * PAGE_SIZE ||
	    bootstrap.start < info->shim.end)
		return error_make(ERROR_XEN_START_INFO, "P2M, page tables and stack in order in", 0, address);
	fill_memory_map(start.nr_pages, bootstrap, &info->memory);
	if (start.mod_len == 0)
		return error_none();
	if (!find_module(&start, &info->module[0].where))
		return error_make(ERROR_XEN_START_INFO, "a module that does not wrap in", 0, start.mod_start);
	info->module_count = 1;
	return error_none();
}
