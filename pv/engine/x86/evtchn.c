/* SPDX-License-Identifier: MIT */
#include "../mask.h"
#include "cpu_state.h"
#include "evtchn.h"

#include <xen/xen.h>
#include <xen/version.h>

/* Volatile: Xen sets `pending` at any time, and unmasking depends on the order of the store to `mask` and the test of it. */
static volatile struct vcpu_info *vcpu;

void xen_pv_mask_start(struct vcpu_info *info) { vcpu = info; }

struct error xen_pv_suits(void)
{
	if (privilege_level() != 3)
		return error_make(ERROR_MASK_UNSUITED, "evtchn_upcall_mask", 3, privilege_level());
	return error_none();
}

WINDOW_CODE bool xen_pv_is_masked(void) { return vcpu->evtchn_upcall_mask != 0; }

/* The memory clobbers keep the compiler from moving a store to text over the edge of the window. */
WINDOW_CODE void xen_pv_mask(void)
{
	vcpu->evtchn_upcall_mask = 1;
	asm volatile("" : : : "memory");
}

/*
 * Enters Xen, which delivers on its way out whatever is pending and unmasked.  XENVER_version reads nothing and fails
 * never.  The instruction itself, and neither hypercall page nor patch site: this runs while both may be half written.
 * SYSCALL puts away the return address and the flags in rcx and r11.
 */
WINDOW_CODE static void force_callback(void)
{
	uint64_t number = __HYPERVISOR_xen_version, command = XENVER_version, argument = 0;

	asm volatile("syscall" : "+a"(number), "+D"(command), "+S"(argument) : : "rcx", "r11", "memory");
}

WINDOW_CODE void xen_pv_unmask(void)
{
	asm volatile("" : : : "memory");
	vcpu->evtchn_upcall_mask = 0;
	asm volatile("" : : : "memory");
	if (vcpu->evtchn_upcall_pending != 0)
		force_callback();
}
