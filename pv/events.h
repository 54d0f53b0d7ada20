/* SPDX-License-Identifier: MIT */
/*
 * Short critical sections of the patched shim: mask and unmask as patch sites.  Not for the window itself, which
 * cannot run what it patches; that is what mask_enter() and mask_exit() are for.
 */
#ifndef LULL_PV_EVENTS_H
#define LULL_PV_EVENTS_H

#include <lull/site.h>

static inline void events_mask(void)
{
	asm volatile(LULL_SITE_TRAPPED
		     LULL_CHOICE(LULL_FEATURE_MASK_FLAG, "cli")
		     LULL_SITE_END : : : "memory");
}

static inline void events_unmask(void)
{
	asm volatile(LULL_SITE_TRAPPED
		     LULL_CHOICE(LULL_FEATURE_MASK_FLAG, "sti")
		     LULL_SITE_END : : : "memory");
}

#endif
