/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Masks events for good, right before the hand-over, by a patch site of the shim.  Windows use mask_enter() and mask_exit()
 * instead, because a window must not run a site.
 */
#ifndef LULL_PV_EVENTS_H
#define LULL_PV_EVENTS_H

#include <lull/site.h>

/* xen_pv_shared (pv/xen/pv.h) begins with this CPU's vcpu_info, and that with the bytes "pending" and "mask" (xen.h). */

static inline void events_mask(void)
{
	asm volatile(LULL_SITE_TRAPPED
		     LULL_CHOICE(LULL_FEATURE_MASK_FLAG, "cli")
		     LULL_CHOICE(LULL_FEATURE_MASK_BYTE, "movb $1, xen_pv_shared + 1")
		     LULL_SITE_END : : : "memory");
}

#endif
