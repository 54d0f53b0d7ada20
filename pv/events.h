/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Short critical sections of the patched shim: mask and unmask as patch sites.  Not for the window itself, which
 * cannot run what it patches; that is what mask_enter() and mask_exit() are for.
 */
#ifndef LULL_PV_EVENTS_H
#define LULL_PV_EVENTS_H

#include <lull/site.h>

/* xen_pv_shared (xen_pv.h) begins with this CPU's vcpu_info, and that with the bytes "pending" and "mask" (xen.h). */

static inline void events_mask(void)
{
	asm volatile(LULL_SITE_TRAPPED
		     LULL_CHOICE(LULL_FEATURE_MASK_FLAG, "cli")
		     LULL_CHOICE(LULL_FEATURE_MASK_BYTE, "movb $1, xen_pv_shared + 1")
		     LULL_SITE_END : : : "memory");
}

static inline void events_unmask(void)
{
	asm volatile(LULL_SITE_TRAPPED
		     LULL_CHOICE(LULL_FEATURE_MASK_FLAG, "sti")
		     LULL_CHOICE(LULL_FEATURE_MASK_BYTE, LULL_CALL_TO(xen_pv_unmask))
		     LULL_SITE_END : : : "memory", "cc", "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11");
}

#endif
