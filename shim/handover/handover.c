/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/handover/handover.h>
#include <shim/memory/memory_map.h>
#include <shim/memory/work_memory.h>

#include <string.h>

/* How each kind of payload is told what there is.  Behind the Xen PV door it is told by xen_pv_prepare(). */
static const struct entry_protocol {
	/* As the last status line names it. */
	const char *name;
	/* Most regions of the memory map that it can be told. */
	uint64_t most_regions;
	/* What a multiboot kernel finds in eax (Multiboot 0.6.96, section 3.2; Multiboot2 2.0, section 3.3). */
	uint32_t magic;
	/* handover.h. */
	uint64_t (*size)(const struct boot_info *info, const struct payload *payload, const char *cmdline);
	uint64_t (*fill)(uint64_t at, const struct boot_info *info, const struct payload *payload,
			 const struct layout *layout, const char *cmdline);
} protocols[] = {
	[PAYLOAD_LINUX_BZIMAGE] = { "linux64", BOOT_MAX_REGIONS, 0, linux64_size, linux64_fill },
	[PAYLOAD_PVH_ELF64] = { "pvh", PVH_MAX_REGIONS, 0, pvh_size, pvh_fill },
	[PAYLOAD_PVH_ELF32] = { "pvh", PVH_MAX_REGIONS, 0, pvh_size, pvh_fill },
	[PAYLOAD_LINUX_ELF64] = { "vmlinux", BOOT_MAX_REGIONS, 0, linux64_size, linux64_fill },
	[PAYLOAD_MULTIBOOT1] = { "multiboot1", BOOT_MAX_REGIONS, 0x2badb002, multiboot1_size, multiboot1_fill },
	[PAYLOAD_MULTIBOOT2] = { "multiboot2", BOOT_MAX_REGIONS, 0x36d76289, multiboot2_size, multiboot2_fill },
	[PAYLOAD_XEN_PV_ELF64] = { .name = "xen-pv" },
};

static uint64_t larger(uint64_t a, uint64_t b) { return a > b ? a : b; }

/*
 * The highest address that the trampoline's tables must reach: sources can be anywhere, and a payload's segments where
 * its headers say, as far as there is RAM (place() refuses the rest).  What place() chooses itself lies below 4 GiB.
 */
static uint64_t highest(const struct boot_info *info, const struct payload *payload)
{
	uint64_t ram = memory_top(&info->memory);
	uint64_t top = 4 * GIB;
	struct range kept[KEPT_MOST];
	uint32_t count = kept_memory(info, kept);

	for (uint32_t i = 0; i < count; i++)
		top = larger(top, kept[i].end);
	top = larger(top, payload->kernel.start + payload->kernel.bytes.size);
	return larger(top, payload->elf.memory.end < ram ? payload->elf.memory.end : ram);
}

_Static_assert(KEPT_MOST <= PLACE_MAX_KEEP, "all that is kept is a range of the request");

static struct error place_all(const struct boot_info *info, const struct payload *payload, uint64_t size,
			      struct layout *layout)
{
	struct place_request request = {
		.memory = &info->memory,
		.payload = payload,
		.shim = info->shim,
		.handover_size = size,
	};

	request.keep_count = kept_memory(info, request.keep);
	return place(&request, layout);
}

static struct error prepare_moves(const struct boot_info *info, const struct payload *payload, const char *cmdline,
				  struct handover *handover)
{
	const struct entry_protocol *protocol = &protocols[payload->kind];
	uint64_t top = highest(info, payload);
	uint64_t told = protocol->size(info, payload, cmdline);
	struct layout *layout = &handover->layout;
	struct leave *leave = &handover->leave;

	if (top > LEAVE_TOP)
		return error_make(ERROR_REACH, NULL, 0, top);
	uint64_t workspace = leave_workspace_size(top);
	if (info->memory.count > protocol->most_regions)
		return error_make(ERROR_HANDOVER_REGIONS, NULL, protocol->most_regions, info->memory.count);
	TRY(place_all(info, payload, workspace + told, layout));

	uint64_t at = layout->handover.start;
	memset((void *)at, 0, told);
	leave->mode = layout->mode;
	leave->entry = layout->entry;
	leave->magic = protocol->magic;
	leave->argument = protocol->fill(at, info, payload, layout, cmdline);
	leave->workspace = (struct range){ at + told, at + told + workspace };
	leave->move_count = layout->move_count;
	memcpy(leave->move, layout->move, sizeof(leave->move));
	return error_none();
}

struct error handover_try(const struct boot_info *info, const struct payload *payload, const char *cmdline)
{
	static struct layout layout;
	uint64_t top = highest(info, payload);

	if (info->door == DOOR_XEN_PV)
		return xen_pv_try(info, payload);
	if (top > LEAVE_TOP)
		return error_make(ERROR_REACH, NULL, 0, top);
	return place_all(info, payload, leave_workspace_size(top) + protocols[payload->kind].size(info, payload, cmdline), &layout);
}

struct error handover_prepare(const struct boot_info *info, struct payload *payload, const char *cmdline,
			      struct handover *handover)
{
	handover->protocol_name = protocols[payload->kind].name;
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
