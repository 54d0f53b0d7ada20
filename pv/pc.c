/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <pv/hypervisor.h>
#include <pv/pc.h>

/* eax: kHz of the time stamp counter. */
#define LEAF_FREQUENCY 0x10

uint64_t stated_khz(void)
{
	return hypervisor_leaf(LEAF_FREQUENCY).eax;
}
