/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The story: wake, go quiet and patch ourselves, find the payload, unpack it where it must be, choose where it will run (KASLR),
 * patch it, give everything its place, hand over.
 */
#include <core/boot_info.h>
#include <core/fatal.h>
#include <core/machine.h>
#include <pv/self.h>
#include <shim/boot_disk.h>
#include <shim/find.h>
#include <shim/handover/handover.h>
#include <shim/handover/protocol.h>
#include <shim/handover/randomize.h>
#include <shim/memory/memory_map.h>
#include <shim/memory/work_memory.h>
#include <shim/patch/patch.h>
#include <shim/say/receipt.h>
#include <shim/say/steps.h>
#include <shim/say/unused.h>
#include <shim/unpack/kernel.h>

static struct machine machine;
static struct self_receipt receipt;
static struct payload payload;
static struct payload_receipt patched;
static struct command_line command_line;
static struct handover handover;
static struct steps steps;

static struct error boot(struct boot_info *info)
{
	enum protocol protocol;

	steps_begin(&steps);
	TRY(machine_wake(info, &machine));
	say_door(info, &machine);
	/* What the door found wrong waits until now: there were no consoles to say it on. */
	TRY(info->error);
	TRY(memory_map_check(&info->memory));
	memory_map_sort(&info->memory);
	TRY(loader_data_check(info));
	step_done(&steps, STEP_WAKE);
	TRY(self_patch(&machine, &receipt));
	step_done(&steps, STEP_SELF);
	if (boot_disk_is_wanted(info))
		TRY(boot_disk(info));
	TRY(payload_from_door(info, &payload));
	step_done(&steps, STEP_FIND);
	if (payload_is_packed(&payload)) {
		randomize_ahead(info, &payload);
		TRY(unpack_packed(info, &payload));
	}
	step_done(&steps, STEP_UNPACK);
	TRY(payload_cmdline(&payload, &command_line));
	say_payload(&payload, &command_line);
	say_unused(info, &payload);
	TRY(protocol_choose(&payload, machine_is_control_domain(info), &protocol));
	step_done(&steps, STEP_FIND);
	if (protocol_wants_vmlinux(protocol, &payload))
		TRY(unpack_kernel(info, &payload));
	TRY(protocol_settle(protocol, &payload));
	step_done(&steps, STEP_UNPACK);
	TRY(randomize(info, &payload, command_line.text));
	say_unused_options(&payload);
	step_done(&steps, STEP_MOVE);
	TRY(patch_payload(info, &machine, &payload, command_line.text, &patched));
	step_done(&steps, STEP_PATCH);
	TRY(handover_prepare(info, &payload, command_line.text, &handover));
	step_done(&steps, STEP_PLACE);
	say_receipt(&receipt, &patched, &steps);
	say_handover(&handover, &payload);
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
