/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lies where among the pages of the domain: in the order that public/xen.h gives, each by itself.
 */
#include "pv.h"

#include <xen/io/console.h>
#include <xen/io/xs_wire.h>

#define SLACK (512u << 10)
#define ROUNDED (4u << 20)

struct range layout[ELEMENTS] = {
	[KERNEL] = { "kernel", 0, 0 },		[MODULE] = { "module", 0, 0 },
	[P2M] = { "p2m", 0, 0 },		[START_INFO] = { "start_info", 0, 0 },
	[STORE] = { "xenstore page", 0, 0 },	[CONSOLE] = { "console page", 0, 0 },
	[TABLES] = { "page tables", 0, 0 },	[STACK] = { "stack", 0, 0 },
};

static uint64_t pages(uint64_t bytes) { return (bytes + PAGE - 1) / PAGE; }

static void set(enum element which, uint64_t start, uint64_t count)
{
	layout[which].start = start;
	layout[which].end = start + count;
}

/* Only a kernel that asks for it may be given them elsewhere. */
static bool outside_mapping(enum element which)
{
	return (which == MODULE && info.flags & SIF_MOD_START_PFN) || (which == P2M && P2M_BASE);
}

void find_layout(void)
{
	bool dom0 = info.flags & SIF_INITDOMAIN;

	set(KERNEL, page_at((uintptr_t)image_start), pages((uint64_t)(image_end - image_start)));
	set(MODULE, outside_mapping(MODULE) ? info.mod_start : page_at(info.mod_start), pages(info.mod_len));
	if (outside_mapping(P2M))
		set(P2M, info.first_p2m_pfn, info.nr_p2m_frames);
	else
		set(P2M, page_at(info.mfn_list), pages(info.nr_pages * 8));
	set(START_INFO, page_at(entry_state.start_info), 1);
	if (!dom0) {
		set(STORE, page_of(info.store_mfn), 1);
		set(CONSOLE, page_of(info.console.domU.mfn), 1);
	}
	set(TABLES, page_at(info.pt_base), info.nr_pt_frames);
	/* The stack pointer stands at the end of its page. */
	set(STACK, page_at(entry_state.stack - 1), 1);
	if (fault("order"))
		set(STACK, layout[TABLES].start - 1, 1);
	if (fault("overlap"))
		set(MODULE, layout[KERNEL].end - 1, 2);
	if (fault("outside"))
		set(STACK, info.nr_pages - 1, 1);
	if (fault("not-ours"))
		set(STORE, NO_PAGE - 1, 1);
}

static void check_overlap(enum element one)
{
	for (unsigned other = 0; other < one; other++)
		if (layout[one].start < layout[other].end && layout[other].start < layout[one].end)
			wrong("what was handed over overlaps: %s and %s", layout[other].name, layout[one].name);
}

static void check_ranges(void)
{
	uint64_t last = 0, mapped = page_at(mapping_end);

	for (unsigned i = 0; i < ELEMENTS; i++) {
		struct range *r = &layout[i];

		if (r->start == r->end)
			continue;
		fact("layout %s %llx-%llx", r->name, r->start, r->end);
		check_overlap(i);
		if (r->end > info.nr_pages || r->end < r->start)
			wrong("not a page of the domain: %s", r->name);
		if (outside_mapping(i))
			continue;
		if (r->end > mapped)
			wrong("not in the initial mapping: %s", r->name);
		if (r->start < last)
			wrong("not in the order of public/xen.h: %s", r->name);
		last = r->end;
	}
}

static void check_alignment(void)
{
	uint64_t addresses = entry_state.start_info | info.pt_base | info.mfn_list;

	if (!(info.flags & SIF_MOD_START_PFN) && info.mod_len)
		addresses |= info.mod_start;
	if (fault("alignment"))
		addresses |= 8;
	if (addresses % PAGE)
		wrong("what was handed over does not begin with a page");
	if (entry_state.stack % 8 || fault("stack"))
		wrong("the stack pointer is not aligned: %llx", entry_state.stack);
}

/* "There is guaranteed to be at least 512kB padding after the final bootstrap element." */
static void check_end(void)
{
	uint64_t stack_end = VIRT_BASE + layout[STACK].end * PAGE;

	if (fault("slack"))
		stack_end = mapping_end - SLACK + PAGE;
	fact("initial mapping %llx-%llx, %llx after the stack", (uint64_t)VIRT_BASE, mapping_end, mapping_end - stack_end);
	if (mapping_end % ROUNDED)
		wrong("the initial mapping does not end at 4 MiB: %llx", mapping_end);
	if (mapping_end - stack_end < SLACK)
		wrong("less than 512 KiB are mapped after the stack: %llx", mapping_end - stack_end);
}

static void check_rings(void)
{
	const volatile struct xencons_interface *console = (const volatile struct xencons_interface *)window[0];
	const volatile struct xenstore_domain_interface *store = (const volatile struct xenstore_domain_interface *)window[1];
	uint32_t written, unread, asked_for, answered;

	if (map_frame(window[0], info.console.domU.mfn, false) ||
	    map_frame(window[1], fault("ring-pages") ? 0 : info.store_mfn, false)) {
		wrong("the console or xenstore page cannot be mapped");
		return;
	}
	unread = console->in_prod - console->in_cons;
	written = console->out_prod - console->out_cons + (fault("console-ring") ? 4096 : 0);
	asked_for = store->req_prod - store->req_cons + (fault("store-ring") ? 4096 : 0);
	answered = store->rsp_prod - store->rsp_cons;
	fact("console ring in %x out %x, xenstore requests %x responses %x", unread, written, asked_for, answered);
	if (unread > sizeof(console->in) || written > sizeof(console->out))
		wrong("the console ring's indices make no sense");
	if (asked_for || answered)
		wrong("the xenstore ring is in use");
	map_own(window[0]);
	map_own(window[1]);
}

void check_layout(void)
{
	check_ranges();
	check_alignment();
	check_end();
	if (!(info.flags & SIF_INITDOMAIN))
		check_rings();
}
