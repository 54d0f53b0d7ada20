/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arch/x86/apic.h>
#include <arch/x86/cpu.h>
#include <arch/x86/layout.h>
#include <arch/x86/ports.h>
#include <arch/x86/traps.h>
#include <lull/site.h>
#include <pv/apic_proof.h>
#include <pv/engine/mask.h>
#include <pv/engine/x86/cpu_state.h>
#include <pv/engine/x86/flag.h>
#include <pv/engine/x86/serialise.h>

static struct {
	uint16_t pic_masks;
	struct apic_state apic;
	uint32_t count;
} proof;

static void on_event(void)
{
	asm volatile(LULL_LOCK "incl %0" : "+m"(proof.count) : : "cc");
	apic_end_of_interrupt();
}

/*
 * Opens the local APIC, with both 8259s masked meanwhile: what a BIOS left running there would arrive at vectors that
 * mean exceptions.  Leaves the CPU unmasked.
 */
static struct error apic_proof_begin(void)
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

WINDOW_CODE static void apic_proof_raise(void) { apic_self_interrupt(VECTOR_EVENT); }

WINDOW_CODE static bool apic_proof_pending(void) { return apic_requested(VECTOR_EVENT); }

WINDOW_CODE static uint32_t apic_proof_delivered(void) { return proof.count; }

/* Masks, and puts APIC and 8259s back as they were. */
static void apic_proof_end(void)
{
	/* A plain CLI, not a patch site: after a refused window no site is patched. */
	flag_mask();
	traps_on_event(NULL);
	apic_close(proof.apic);
	/*
	 * If the CPU is unmasked still, the mask failed, and that is about to be reported.  The 8259s then stay masked, so that
	 * nothing that the BIOS left running arrives before.
	 */
	if (!(read_flags() & RFLAGS_IF))
		pic_restore(proof.pic_masks);
}

const struct backend flag_backend = {
	.name = "RFLAGS.IF",
	.suits = flag_suits,
	.is_masked = flag_is_masked,
	.mask = flag_mask,
	.unmask = flag_unmask,
	.serialise = serialise,
	.proof_begin = apic_proof_begin,
	.proof_raise = apic_proof_raise,
	.proof_pending = apic_proof_pending,
	.proof_delivered = apic_proof_delivered,
	.proof_end = apic_proof_end,
};
