/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The story of lull.efi: wake, find the kernel beside us, go quiet and patch ourselves, measure what we found, publish its initrd, and
 * have firmware start it.  Boot services live all the while, and are the kernel's to end.  A kernel that firmware cannot start, or
 * that is to be entered in another way, is lull.elf's.
 */
#include <arch/x86/cpu.h>
#include <arch/x86/traps.h>
#include <core/fatal.h>
#include <efi/firmware.h>
#include <efi/image.h>
#include <efi/initrd.h>
#include <efi/kernel.h>
#include <efi/measure.h>
#include <efi/options.h>
#include <efi/quiet.h>
#include <efi/shim.h>
#include <efi/traps.h>
#include <pv/self.h>
#include <shim/say/receipt.h>
#include <shim/say/unused.h>

static struct boot_info info = { .door = DOOR_UEFI, .cmdline = "" };
static struct machine machine;
static struct self_receipt receipt;
static struct payload payload;
static struct command_line command_line;

/* Patches the sites of lull.efi, which are those of the window and its proof.  The kernel's text is its own stub's to unpack. */
static struct error patch(void)
{
	struct error error;

	quiet_begin();
	error = self_patch(&machine, &receipt);
	quiet_end();
	return error;
}

/* All that is said, patched and done is then the other story's (shim/main.c). */
static struct error go_by_shim(void)
{
	options_warn();
	measure_image();
	return shim_start((const char *)payload.lines.line[CMDLINE_LOADER].at);
}

/* The kernel's stub asks for one initrd: microcode, then what is packed. */
static struct error publish_parts(void)
{
	struct span part[1 + BOOT_MAX_MODULES] = { payload.ucode };

	for (uint32_t i = 0; i < payload.module_count; i++)
		part[1 + i] = payload.module[i].image.bytes;
	return initrd_publish(part, 1 + payload.module_count);
}

static struct error prepare(void)
{
	static const struct payload_receipt left = { .left = PAYLOAD_LEFT_EFI_STUB };
	struct handover handover = { .protocol_name = "efi" };
	static struct steps steps;
	struct error found;

	steps_begin(&steps);
	TRY(machine_wake(&info, &machine));
	step_done(&steps, STEP_WAKE);
	found = image_find(&payload, &command_line);
	if (!failed(found) && image_wants_shim(&payload))
		return go_by_shim();
	step_done(&steps, STEP_FIND);
	say_door(&info, &machine);
	TRY(patch());
	step_done(&steps, STEP_SELF);
	TRY(found);
	options_warn();
	say_payload(&payload, &command_line);
	say_unused(&info, &payload);
	measure_image();
	step_done(&steps, STEP_FIND);
	TRY(publish_parts());
	TRY(kernel_load(payload.kernel.bytes, cmdline_of(command_line.text), &handover.entry));
	step_done(&steps, STEP_PLACE);
	say_receipt(&receipt, &left, &steps);
	say_handover(&handover, &payload);
	return error_none();
}

/* Called by start.S, on firmware's stack.  Returns by firmware's Exit() alone. */
void EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table);
__attribute__((no_stack_protector)) void EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
	extern uintptr_t __stack_chk_guard;
	struct error error;

	__stack_chk_guard ^= read_tsc() << 16;
	firmware_start(image, table);
	traps_start();
	error = prepare();
	efi_traps_end();
	if (!failed(error))
		error = kernel_start();
	kernel_unload();
	initrd_withdraw();
	fatal(error);
}
