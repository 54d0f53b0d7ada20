/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hand-over on real memory.  What handover_prepare() plans for a machine that is made up (handover_scene.h) is done, move by
 * move, and then every byte is looked for where the protocol says it is; what the kernel is told, by handover_told.h.
 */
#include <tests/unit/layout_check.h>

#include "handover_told.h"

/* Until the shim leaves, all is where it was. */
static void check_untouched(void)
{
	PROMISE(same(info.shim.start, noise(0), range_size(info.shim)));
	PROMISE(same(payload.kernel.start, kernel, payload.kernel.bytes.size));
	for (uint32_t i = 0; i < payload.module_count; i++)
		PROMISE(same(payload.module[i].image.start, module_bytes[i], payload.module[i].image.bytes.size));
}

/* place() was asked this, and its answer stands up to the judge of the unit tests too. */
static void check_layout(void)
{
	struct place_request request = { .memory = &info.memory, .payload = &payload, .shim = info.shim };
	const char *fault;

	for (uint32_t i = 0; i < info.module_count; i++)
		request.keep[request.keep_count++] = info.module[i].where;
	request.handover_size = handover.leave.workspace.end - handover.layout.handover.start;
	fault = layout_fault(&request, &handover.layout);
	if (fault)
		fprintf(stderr, "%s\n", fault);
	PROMISE(fault == NULL);
}

static void run_moves(void)
{
	for (uint32_t i = 0; i < handover.leave.move_count; i++) {
		const struct move *move = &handover.leave.move[i];

		PROMISE(move->to >= REAL_START && move->to + move->size + move->zero <= REAL_END);
		memmove(real(move->to), real(move->from), move->size);
		memset(real(move->to + move->size), 0, move->zero);
	}
}

static void check_kernel(void)
{
	const struct linux_kernel *linux_image = &payload.bzimage;
	uint64_t moved = 0;

	if (payload.kind == PAYLOAD_LINUX_BZIMAGE) {
		uint64_t load = handover.leave.entry - 0x200;

		PROMISE(handover.mode == LEAVE_LINUX64 && same(load, kernel + linux_image->code_offset, linux_image->code_size));
		PROMISE(linux_image->relocatable ? load % linux_image->kernel_alignment == 0 : load == linux_image->pref_address);
		return;
	}
	if (payload.kind == PAYLOAD_LINUX_ELF64) {
		moved = handover.layout.load - payload.elf.memory.start;
		PROMISE(handover.mode == LEAVE_LINUX64 && handover.leave.entry == payload.elf.entry.v + moved);
		PROMISE(moved == 0 || (handover.layout.load % (2 * MIB) == 0 && moved % (2 * MIB) == 0));
	} else if (is_multiboot()) {
		moved = handover.layout.load - payload.elf.memory.start;
		PROMISE(handover.mode == LEAVE_MULTIBOOT && handover.leave.entry == payload.multiboot.entry + moved);
		PROMISE(moved == 0 || payload.multiboot.relocatable);
	} else {
		PROMISE(handover.mode == LEAVE_PVH && handover.leave.entry == payload.pvh_entry && handover.leave.magic == 0);
	}
	for (uint32_t i = 0; i < payload.elf.segment_count; i++) {
		const struct elf_segment *segment = &payload.elf.segment[i];

		PROMISE(same(segment->memory.start + moved, kernel + segment->offset, segment->file_size));
		PROMISE(is_zero(segment->memory.start + moved + segment->file_size, range_size(segment->memory) - segment->file_size));
	}
}

/* Whether place() says no for a reason that it has. */
static void check_refusal(enum error_code code)
{
	if (code == ERROR_HANDOVER_REGIONS)
		PROMISE((payload.kind == PAYLOAD_PVH_ELF64 || payload.kind == PAYLOAD_PVH_ELF32) &&
			info.memory.count > PVH_MAX_REGIONS);
	else
		PROMISE(code == ERROR_PLACE_SEGMENT_RAM || code == ERROR_PLACE_KERNEL || code == ERROR_PLACE_INITRD ||
			code == ERROR_PLACE_HANDOVER || code == ERROR_PLACE_ASIDE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t told[MIB];
	struct range block;
	struct error error;

	c = choices_of(span(data, size));
	if (!make_scene())
		return 0;
	PROMISE(!failed(memory_map_check(&info.memory)));
	error = handover_prepare(&info, &payload, line, &handover);
	check_untouched();
	if (failed(error)) {
		check_refusal(error.code);
		return 0;
	}
	check_layout();
	block = handover.layout.handover;
	PROMISE(handover.leave.workspace.start % PAGE_SIZE == 0 && range_contains(block, handover.leave.workspace));
	PROMISE(range_size(block) <= sizeof(told));
	for (uint32_t i = 0; i < info.module_count; i++)
		PROMISE(range_size(handover.leave.workspace) >= leave_workspace_size(info.module[i].where.end));
	memcpy(real(handover.leave.workspace.start), noise(0), range_size(handover.leave.workspace));
	memcpy(told, real(block.start), range_size(block));
	run_moves();
	PROMISE(same(block.start, told, range_size(block)));
	check_kernel();
	if (payload.kind == PAYLOAD_LINUX_BZIMAGE || payload.kind == PAYLOAD_LINUX_ELF64)
		check_zero_page(handover.leave.argument);
	else if (payload.kind == PAYLOAD_MULTIBOOT1)
		check_multiboot1(handover.leave.argument);
	else if (payload.kind == PAYLOAD_MULTIBOOT2)
		check_multiboot2(handover.leave.argument);
	else
		check_start_info(handover.leave.argument);
	return 0;
}
