/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arch/x86/ports.h>
#include <pv/hypervisor.h>
#include <pv/pc.h>

/* eax: kHz of the time stamp counter. */
#define LEAF_FREQUENCY 0x10

uint64_t stated_khz(void)
{
	uint32_t stated = hypervisor_leaf(LEAF_FREQUENCY).eax;

	return stated ? stated : pit_measure_khz();
}
