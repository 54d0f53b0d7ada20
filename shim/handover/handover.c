/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/handover/handover.h>
#include <shim/memory/memory_map.h>

#include <string.h>

static uint64_t larger(uint64_t a, uint64_t b) { return a > b ? a : b; }

/*
 * The highest address that the trampoline's tables must reach: sources can be anywhere, and a payload's segments where
 * its headers say, as far as there is RAM (place() refuses the rest).  What place() chooses itself lies below 4 GiB.
 */
static uint64_t highest(const struct boot_info *info, const struct payload *payload)
{
	uint64_t ram = memory_top(&info->memory);
	uint64_t top = 4 * GIB;

	for (uint32_t i = 0; i < info->module_count; i++)
		top = larger(top, info->module[i].where.end);
	if (payload->kind != PAYLOAD_LINUX_BZIMAGE)
		top = larger(top, payload->elf.memory.end < ram ? payload->elf.memory.end : ram);
	return top;
}

static struct error place_all(const struct boot_info *info, const struct payload *payload, uint64_t size,
			      struct layout *layout)
{
	struct place_request request = {
		.memory = &info->memory,
		.payload = payload,
		.shim = info->shim,
		.handover_size = size,
	};

	if (info->embedded.size != 0)
		request.shim.end = (uint64_t)info->embedded.at + info->embedded.size;
	for (uint32_t i = 0; i < info->module_count; i++)
		request.keep[request.keep_count++] = info->module[i].where;
	return place(&request, layout);
}

static struct error prepare_moves(const struct boot_info *info, const struct payload *payload, const char *cmdline,
				  struct handover *handover)
{
	bool bzimage = payload->kind == PAYLOAD_LINUX_BZIMAGE;
	uint64_t top = highest(info, payload);
	uint64_t told = bzimage ? linux64_size(info, cmdline) : pvh_size(info, cmdline);
	struct layout *layout = &handover->layout;
	struct leave *leave = &handover->leave;

	if (top > LEAVE_TOP)
		return error_make(ERROR_REACH, NULL, 0, top);
	uint64_t workspace = leave_workspace_size(top);
	if (!bzimage && info->memory.count > PVH_MAX_REGIONS)
		return error_make(ERROR_HANDOVER_REGIONS, NULL, PVH_MAX_REGIONS, info->memory.count);
	TRY(place_all(info, payload, workspace + told, layout));

	uint64_t at = layout->handover.start;
	memset((void *)at, 0, told);
	leave->mode = layout->mode;
	leave->entry = layout->entry;
	leave->argument = bzimage ? linux64_fill(at, info, payload, layout, cmdline)
				  : pvh_fill(at, info, payload, layout, cmdline);
	leave->workspace = (struct range){ at + told, at + told + workspace };
	leave->move_count = layout->move_count;
	memcpy(leave->move, layout->move, sizeof(leave->move));
	return error_none();
}

struct error handover_prepare(const struct boot_info *info, struct payload *payload, const char *cmdline,
			      struct handover *handover)
{
	if (info->door == DOOR_XEN_PV) {
		TRY(xen_pv_prepare(info, payload, cmdline, &handover->xen_pv));
		handover->mode = LEAVE_XEN_PV;
		handover->entry = handover->xen_pv.entry.v;
		return error_none();
	}
	TRY(prepare_moves(info, payload, cmdline, handover));
	handover->mode = handover->leave.mode;
	handover->entry = handover->leave.entry;
	return error_none();
}

_Noreturn void handover_leave(const struct handover *handover)
{
	if (handover->mode == LEAVE_XEN_PV)
		machine_leave_xen_pv(&handover->xen_pv);
	machine_leave(&handover->leave);
}
