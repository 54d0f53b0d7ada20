/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The proof of every backend whose mask is RFLAGS.IF (mask.h): an interrupt that this CPU's local APIC sends to itself.
 *
 * It is used under Xen too, instead of an event channel.  That would need a callback vector, which a PVH guest cannot take back:
 * hvm_set_callback_via() (xen/arch/x86/hvm/irq.c) returns before it changes anything when the domain has no 8259s and
 * the new way is not a vector, while HVM_PARAM_CALLBACK_IRQ reads back as if it had.  Xen would go on injecting our
 * vector into the next kernel, ahead of the kernel's own, for as long as any event is pending: for ever.
 */
#ifndef LULL_PV_APIC_PROOF_H
#define LULL_PV_APIC_PROOF_H

#include <pv/engine/mask.h>

/* RFLAGS.IF as the mask, and this proof: the backend of every platform at privilege level 0. */
extern const struct backend flag_backend;

#endif
