/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The proof of every backend whose mask is RFLAGS.IF (mask.h): an interrupt that this CPU's local APIC sends to itself.
 *
 * Under Xen too, rather than an event channel.  That would need a callback vector, and a PVH guest cannot take one back:
 * hvm_set_callback_via() (xen/arch/x86/hvm/irq.c) returns before it changes anything when the domain has no 8259s and
 * the new way is not a vector, while HVM_PARAM_CALLBACK_IRQ reads back as if it had.  Xen would go on injecting our
 * vector into the next kernel, ahead of the kernel's own, for as long as any event is pending: for ever.
 */
#ifndef LULL_PV_APIC_PROOF_H
#define LULL_PV_APIC_PROOF_H

#include <arch/x86/cpu.h>
#include <core/error.h>
#include <pv/engine/x86/flag.h>
#include <pv/engine/x86/serialise.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Opens the local APIC, with both 8259s masked meanwhile: what a BIOS left running there would arrive at vectors that
 * mean exceptions.  Leaves the CPU unmasked.  Errors: NO_APIC.
 */
struct error apic_proof_begin(void);

void apic_proof_raise(void);
bool apic_proof_pending(void);
uint32_t apic_proof_delivered(void);

/* Masks, and puts APIC and 8259s back as they were. */
void apic_proof_end(void);

/* The whole struct backend (mask.h) of a platform whose mask is RFLAGS.IF; only its name is the platform's own. */
#define FLAG_BACKEND(label) { \
	.name = (label), \
	.suits = flag_suits, \
	.is_masked = flag_is_masked, \
	.mask = flag_mask, \
	.unmask = flag_unmask, \
	.serialise = serialise, \
	.proof_begin = apic_proof_begin, \
	.proof_raise = apic_proof_raise, \
	.proof_pending = apic_proof_pending, \
	.proof_delivered = apic_proof_delivered, \
	.proof_end = apic_proof_end, \
}

#endif
