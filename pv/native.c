/* SPDX-License-Identifier: MIT */
/*
 * Bare metal, and every hypervisor that lull has no backend of its own for.
 *
 * What masks: RFLAGS.IF.  What still gets in: NMI, #MC, SMI and faults.  The handlers of NMI and #MC
 * (arch/x86/traps.c) have no patch sites; SMIs run in memory of their own.
 *
 * The proof is made with an interrupt that this CPU's local APIC sends to itself, both 8259s masked meanwhile: what the
 * BIOS left running there would arrive at vectors that mean exceptions.
 */
#include <arch/x86/acpi.h>
#include <arch/x86/apic.h>
#include <arch/x86/cpu.h>
#include <arch/x86/layout.h>
#include <arch/x86/ports.h>
#include <arch/x86/traps.h>
#include <lull/site.h>
#include <pv/flag.h>
#include <pv/platform.h>

static struct {
	bool has_apic;
	uint16_t pic_masks;
	struct apic_state apic;
	uint32_t count;
} proof;

/* The proof. */

static void on_event(void)
{
	proof.count++;
	apic_end_of_interrupt();
}

static struct error begin(void)
{
	if (!apic_present())
		return error_make(ERROR_NO_APIC, NULL, 0, 0);
	proof.pic_masks = pic_mask_all();
	proof.apic = apic_open();
	proof.count = 0;
	traps_on_event(on_event);
	flag_unmask();
	return error_none();
}

WINDOW_CODE static void raise(void) { apic_self_interrupt(VECTOR_EVENT); }

WINDOW_CODE static bool pending(void) { return apic_requested(VECTOR_EVENT); }

WINDOW_CODE static uint32_t delivered(void) { return proof.count; }

static void end(void)
{
	/* Not the site: after a refused window nothing is patched. */
	flag_mask();
	traps_on_event(NULL);
	apic_close(proof.apic);
	/* A mask that did not mask is about to be reported; what the BIOS left running must not come before that. */
	if (!(read_flags() & RFLAGS_IF))
		pic_restore(proof.pic_masks);
}

/* The platform. */

static bool detect(void) { return privilege_level() == 0; }

static struct error start(struct boot_info *info)
{
	if (info->rsdp.v == 0 && info->door == DOOR_MULTIBOOT2)
		info->rsdp = gpa(acpi_find_rsdp(reach_memory));
	return error_none();
}

static void nothing(void) {}
static void no_text(const char *text, size_t size) { (void)text, (void)size; }
static unsigned cannot_say(void) { return 0; }

static const struct backend backend = {
	.name = "native",
	.suits = flag_suits,
	.is_masked = flag_is_masked,
	.mask = flag_mask,
	.unmask = flag_unmask,
	.serialise = serialise,
	.proof_begin = begin,
	.proof_raise = raise,
	.proof_pending = pending,
	.proof_delivered = delivered,
	.proof_end = end,
};

const struct platform platform_native = {
	.name = "native",
	.backend = &backend,
	.feature = LULL_FEATURE_BACKEND_NATIVE,
	.detect = detect,
	.start = start,
	.cpu_limit = cannot_say,
	.clock_khz = pit_measure_khz,
	.console_write = no_text,
	.console_drain = nothing,
	.crash = nothing,
};
