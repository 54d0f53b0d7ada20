/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Xen PV door with something wrong: a start_info that no domain builder makes, memory that cannot be reached, and
 * page tables that Xen must refuse.
 */
#include "trip.h"

#include <arch/x86/doors.h>
#include <core/leave.h>
#include <pv/xen/pv.h>
#include <string.h>

/* The door's own limit, and more pages than fit before start_info when they are listed in the P2M. */
#define TOO_MANY_PAGES (XEN_PV_MAX_PAGES + 1)
#define PAGES_WITH_LONG_LIST (XEN_PV_MAX_PAGES / 2)

static bool leaving, spoilt;

/* One more page than what the builder put there takes: nothing is left for page tables. */
static uint64_t pages_of(uint64_t stack) { return stack / PAGE_SIZE + 1; }

/* A hexadecimal number at the beginning of a text, and what is behind it. */
static uint64_t number_of(const char *text, const char **rest)
{
	uint64_t number = 0;

	for (; (*text >= '0' && *text <= '9') || (*text >= 'a' && *text <= 'f'); text++)
		number = number << 4 | (uint64_t)(*text <= '9' ? *text - '0' : *text - 'a' + 10);
	*rest = text;
	return number;
}

/*
 * The trip field-OFFSET-VALUE writes 64 bits into start_info; a VALUE that begins with @ is the machine frame of that
 * page, and one with @@ the address of it.
 */
static void forge_field(struct start_info *start)
{
	const char *at = trip_argument("field-");
	const uint64_t *list = (const uint64_t *)start->mfn_list;
	unsigned frames = 0;
	uint64_t offset, value;

	if (!at)
		return;
	offset = number_of(at, &at);
	for (at++; *at == '@'; at++)
		frames++;
	value = number_of(at, &at);
	if (frames != 0)
		value = list[value] << (frames == 2 ? PAGE_SHIFT : 0);
	memcpy((uint8_t *)start + offset, &value, sizeof(value));
}

static void forge(struct start_info *start, uint64_t stack)
{
	forge_field(start);
	if (tripping("start-info-magic"))
		start->magic[0] = 'X';
	if (tripping("start-info-cmdline"))
		memset(start->cmd_line, 'a', sizeof(start->cmd_line));
	if (tripping("start-info-pages"))
		start->nr_pages = TOO_MANY_PAGES;
	if (tripping("start-info-p2m"))
		start->nr_pages = PAGES_WITH_LONG_LIST;
	if (tripping("start-info-p2m-wraps"))
		start->mfn_list = ~PAGE_MASK;
	if (tripping("start-info-p2m-elsewhere"))
		start->mfn_list = start->mod_start & ~PAGE_MASK;
	if (tripping("store-is-console"))
		start->store_mfn = start->console.domU.mfn;
	if (tripping("start-info-order"))
		start->pt_base = 0;
	if (tripping("start-info-tables"))
		start->nr_pt_frames = start->nr_pages;
	if (tripping("start-info-module")) {
		start->mod_start = ~PAGE_MASK;
		start->mod_len = 2 * PAGE_SIZE;
	}
	if (tripping("start-info-module-far"))
		start->mod_start = start->nr_pages * PAGE_SIZE;
	if (tripping("little-memory"))
		start->nr_pages = pages_of(stack);
}

WRAP(_Noreturn __attribute__((no_stack_protector)) void, xen_pv_door_entry, uint64_t structure, uint64_t stack)
{
	struct start_info *start = (struct start_info *)structure;

	choose_trip((const char *)start->cmd_line);
	forge(start, stack);
	__real_xen_pv_door_entry(structure, stack);
}

WRAP(struct error, xen_start_info_read, uint64_t address, uint64_t stack, reach_function reach,
     struct door_strings *strings, struct boot_info *info)
{
	struct error error = __real_xen_start_info_read(address, stack, reach, strings, info);

	fault_at(STAGE_DOOR);
	return error;
}

/*
 * The module comes first, then memory for the plan of the kernel's sites, then the list of frames, which is more than a
 * page, and then single pages, which are filled.
 */
WRAP(bool, xen_pv_reach, struct range range)
{
	static unsigned calls;
	unsigned call = calls++;
	bool is_page = range_size(range) == PAGE_SIZE;

	if (leaving ? tripping("reach-table") : call == 0 ? tripping("reach-module") : call == 1 ? tripping("reach-plan") :
	    is_page ? tripping("reach-page") : tripping("reach-list"))
		return false;
	return __real_xen_pv_reach(range);
}

/* One of the new tables keeps its writable mapping. */
WRAP(struct error, xen_pv_map, va_t address, mfn_t frame, uint64_t rights)
{
	if (leaving && !spoilt && tripping("table-writable")) {
		spoilt = true;
		return error_none();
	}
	return __real_xen_pv_map(address, frame, rights);
}

WRAP(_Noreturn void, machine_leave_xen_pv, const struct xen_pv_leave *leave)
{
	leaving = true;
	__real_machine_leave_xen_pv(leave);
}

bool trip_leaving(void) { return leaving; }
