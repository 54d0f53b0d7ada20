/* SPDX-License-Identifier: MIT */
/*
 * The mask of a Xen PV guest: vcpu_info.evtchn_upcall_mask (xen/include/public/xen.h).
 *
 * What masks: Xen delivers an event to a vCPU only when evtchn_upcall_pending is set and this byte is 0.  RFLAGS.IF masks
 * nothing here: CLI is emulated as a no-op, or faults, and POPF does not change the flag at privilege level 3.
 * What still gets in: exceptions, NMI and machine check, each through a handler that the guest registered itself; the
 * guest that registers none gets none.
 */
#ifndef LULL_PV_ENGINE_X86_EVTCHN_H
#define LULL_PV_ENGINE_X86_EVTCHN_H

#include <core/error.h>
#include <stdbool.h>

struct vcpu_info;

/*
 * Says where the byte of this vCPU is.  Called before the first window, and again whenever VCPUOP_register_vcpu_info has
 * moved it, never inside one: a pointer to where it was masks nothing.  A window runs on the vCPU that called this.
 */
void xen_pv_mask_start(struct vcpu_info *vcpu);

/*
 * Refuses at any privilege level but 3, where a 64-bit PV kernel runs: Xen does not look at the byte in an HVM or PVH
 * guest.  Errors: MASK_UNSUITED.
 */
struct error xen_pv_suits(void);

/* The backend's is_masked(), mask() and unmask() (mask.h), of the byte that xen_pv_mask_start() named. */
bool xen_pv_is_masked(void);
void xen_pv_mask(void);

/*
 * Stores 0, then tests pending, then lets Xen deliver what is pending.  In any other order an event that comes in between
 * stays pending until something else enters Xen.
 */
void xen_pv_unmask(void);

#endif
