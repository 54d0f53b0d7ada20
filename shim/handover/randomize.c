/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <core/leave.h>
#include <core/machine.h>
#include <shim/find.h>
#include <shim/handover/handover.h>
#include <shim/handover/kaslr.h>
#include <shim/handover/randomize.h>
#include <shim/payload/payload_move.h>

#include <string.h>

/* Draws of a place before there is said to be no room: some of the places leave none for what must lie beside the kernel. */
#define DRAWS 32

static uint64_t fold(uint64_t hash, const void *bytes, uint64_t size)
{
	const uint8_t *at = bytes;

	for (uint64_t i = 0; i < size; i++)
		hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/* What the loader gave, some of which other guests, and users of this one, do not know. */
static uint64_t seed_of(const struct boot_info *info)
{
	uint64_t seed = fold(0, info, sizeof(*info));

	return info->door == DOOR_XEN_PV ? fold(seed, info->xen_pv.start_info, PAGE_SIZE) : seed;
}

static uint64_t below(uint64_t *seed, uint64_t count)
{
	*seed = machine_random(*seed);
	return *seed % count;
}

/* The size to find a place for, as the decompressor reckons it: the larger of the kernel in memory and its unpacked file. */
static struct kaslr_request request_of(const struct boot_info *info, const struct payload *payload, const char *cmdline,
				       struct range memory, uint64_t file_size, bool one_offset)
{
	uint64_t size = range_size(memory);
	struct kaslr_request request = {
		.memory = &info->memory,
		.cmdline = cmdline_of(cmdline),
		.linked = memory.start,
		.size = size > file_size ? size : file_size,
		.alignment = payload_alignment(payload),
		.limit = one_offset ? KASLR_IMAGE_SIZE : LEAVE_TOP,
		.initrd_count = info->door == DOOR_XEN_PV ? 0 : payload->module_count,
	};

	for (uint32_t i = 0; i < request.initrd_count; i++)
		request.initrd[i] = image_range(payload->module[i].image);
	return request;
}

void randomize_ahead(const struct boot_info *info, struct payload *payload)
{
	static struct command_line line;
	static struct kaslr_slots slots;
	const struct stored_header *header = &payload->stored.header;
	const struct range memory = { header->memory_start, header->memory_start + header->memory_size };
	const bool one_offset = machine_is_control_domain(info) || payload->options.value[LULL_PROTO] == PROTO_PVH;
	struct kaslr_request request;
	uint64_t seed = seed_of(info);

	/* A line that is too long has its error later. */
	if (range_empty(memory) || payload->as_xen_pv || !payload_wants_move(payload, one_offset) ||
	    failed(cmdline_write(&payload->lines, sizeof(line.text) - 1, NULL, line.text, sizeof(line.text))) ||
	    kaslr_is_forbidden(cmdline_of(line.text)))
		return;
	request = request_of(info, payload, line.text, memory, header->unpacked_size, one_offset);
	kaslr_physical_slots(&request, &slots);
	if (slots.total == 0)
		return;
	payload->ahead.chosen = true;
	payload->ahead.physical = kaslr_slot(&slots, request.alignment, below(&seed, slots.total)) - request.linked;
}

/* How far the kernel is moved in physical memory.  The first time it is what was chosen ahead, if that is a slot. */
static uint64_t draw_physical(const struct payload *payload, const struct kaslr_request *request,
			      const struct kaslr_slots *slots, bool first, uint64_t *seed)
{
	if (first && payload->ahead.chosen && kaslr_is_slot(slots, request->alignment, request->linked + payload->ahead.physical))
		return payload->ahead.physical;
	return kaslr_slot(slots, request->alignment, below(seed, slots->total)) - request->linked;
}

/* Draws places until one leaves room beside it; `moved` is then the payload there.  False when none was found. */
static bool draw_place(const struct boot_info *info, const struct payload *payload, const char *cmdline, struct payload *moved)
{
	static struct kaslr_slots slots;
	const bool one_offset = payload->kind != PAYLOAD_LINUX_ELF64;
	struct kaslr_request request = request_of(info, payload, cmdline, payload->elf.memory, payload->kernel.bytes.size,
						  one_offset);
	uint64_t virtual_slots = kaslr_virtual_slots(&request), seed = seed_of(info);

	kaslr_physical_slots(&request, &slots);
	for (unsigned draw = 0; draw < DRAWS && virtual_slots != 0; draw++) {
		uint64_t physical = 0, virtual;

		if (slots.total != 0)
			physical = draw_physical(payload, &request, &slots, draw == 0, &seed);
		else if (one_offset)
			return false;
		virtual = one_offset ? physical : below(&seed, virtual_slots) * request.alignment;
		*moved = *payload;
		payload_move(moved, virtual, physical);
		if (!failed(handover_try(info, moved, cmdline)))
			return true;
	}
	return false;
}

static struct error move_kernel(const struct boot_info *info, struct payload *payload, const char *cmdline)
{
	static struct payload moved;
	struct linux_relocs relocs;

	TRY(linux_relocs_find(&payload->elf, &relocs));
	if (relocs.lists == 0) {
		payload->moved.why_not = "this kernel has no relocations";
		return error_none();
	}
	if (!draw_place(info, payload, cmdline, &moved)) {
		payload->moved.why_not = "there is no room for another place";
		return error_none();
	}
	linux_relocs_apply(&payload->elf, &relocs, moved.moved.virtual);
	*payload = moved;
	payload_move_note(payload, &relocs);
	return error_none();
}

struct error randomize(const struct boot_info *info, struct payload *payload, const char *cmdline)
{
	struct error error = error_none();

	if (!payload_can_move(payload))
		payload->moved.why_not = "this is no Linux that lull has unpacked";
	else if (!payload_wants_move(payload, payload->kind != PAYLOAD_LINUX_ELF64))
		return error_none();
	else if (kaslr_is_forbidden(cmdline_of(cmdline)))
		payload->moved.why_not = "the kernel's command line says nokaslr";
	else
		error = move_kernel(info, payload, cmdline);
	if (payload->options.value[LULL_KASLR] == KASLR_UNASKED)
		payload->moved.why_not = NULL;
	return error;
}
