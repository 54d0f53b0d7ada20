/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The story: wake, go quiet, find the payload, give everything its place, hand over.
 */
#include <core/boot_info.h>
#include <core/fatal.h>
#include <core/machine.h>
#include <pv/self.h>
#include <shim/find.h>
#include <shim/handover/handover.h>
#include <shim/memory_map.h>
#include <shim/patch_payload.h>
#include <shim/receipt.h>

static struct machine machine;
static struct self_receipt receipt;
static struct payload payload;
static struct payload_receipt patched;
static struct command_line command_line;
static struct handover handover;

static struct error boot(struct boot_info *info)
{
	uint64_t door = machine_clock();

	TRY(machine_wake(info, &machine));
	say_door(info, &machine);
	TRY(info->error);
	TRY(memory_map_check(&info->memory));
	memory_map_sort(&info->memory);
	TRY(self_patch(&machine, &receipt));
	TRY(find_payload(info, &payload, &command_line));
	say_payload(&payload, &command_line);
	TRY(patch_payload(info, &machine, &payload, &patched));
	TRY(handover_prepare(info, &payload, command_line.text, &handover));
	say_receipt(&receipt, &patched, machine_clock() - door);
	say_handover(&handover);
	return error_none();
}

_Noreturn void lull_main(struct boot_info *info)
{
	struct error error = boot(info);

	if (failed(error))
		fatal(error);
	machine_retire();
	handover_leave(&handover);
}
