/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The story of lull.efi: wake, find the kernel beside us, go quiet and patch ourselves, measure what we found, publish its initrd, and
 * have firmware start it.  Boot services live all the while, and are the kernel's to end.  A kernel that firmware cannot start, or
 * that is to be entered in another way, is lull.elf's.
 */
#include <arch/x86/cpu.h>
#include <arch/x86/traps.h>
#include <core/console.h>
#include <core/fatal.h>
#include <efi/addons.h>
#include <efi/firmware.h>
#include <efi/image.h>
#include <efi/initrd.h>
#include <efi/kernel.h>
#include <efi/measure.h>
#include <efi/options.h>
#include <efi/quiet.h>
#include <efi/shim.h>
#include <efi/splash.h>
#include <efi/traps.h>
#include <pv/self.h>
#include <shim/payload/cmdline_passed.h>
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

/* What lull.elf does not hear of, and so does not warn of. */
static void say_passed_on(void)
{
	if (payload.lines.added.size != 0 && cmdline_is_unused(&payload.lines, CMDLINE_LOADER))
		say_unused_line("the loader's", payload.lines.line[CMDLINE_LOADER]);
	addons_warn_microcode(image_addons());
}

/* All that is said, patched and done is then the other story's (shim/main.c). */
static struct error go_by_shim(void)
{
	static char line[BOOT_CMDLINE_SIZE];

	TRY(cmdline_pass_on(&payload.lines, line, sizeof(line)));
	options_warn();
	say_passed_on();
	addons_warn();
	measure_image();
	measure_addons(image_addons());
	splash_read();
	splash_show();
	return shim_start(line);
}

/*
 * The kernel's stub asks for one initrd: microcode, of which the first that fits counts to Linux, so that of the add-ons stands before
 * that of the UKI, the last one's first; then what is packed, and what the add-ons have.
 */
static struct error publish_parts(void)
{
	const struct addons *addons = image_addons();
	struct span part[1 + BOOT_MAX_MODULES + 2 * ADDONS_MOST];
	unsigned count = 0;

	for (uint32_t i = addons->count; i-- > 0;)
		part[count++] = addons->section[i][ADDON_UCODE];
	part[count++] = payload.ucode;
	for (uint32_t i = 0; i < payload.module_count; i++)
		part[count++] = payload.module[i].image.bytes;
	for (uint32_t i = 0; i < addons->count; i++)
		part[count++] = addons->section[i][ADDON_INITRD];
	return initrd_publish(part, count);
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
	addons_warn();
	measure_image();
	measure_addons(image_addons());
	splash_read();
	step_done(&steps, STEP_FIND);
	TRY(publish_parts());
	TRY(kernel_load(payload.kernel.bytes, cmdline_of(command_line.text), &handover.entry));
	step_done(&steps, STEP_PLACE);
	say_receipt(&receipt, &left, &steps);
	say_handover(&handover, &payload);
	/* Last, since the lines above would stand upon it. */
	splash_show();
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
	addons_release();
	fatal(error);
}
