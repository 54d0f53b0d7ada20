/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <pv/clock.h>

/* Intel SDM, volume 2A, CPUID: eax, ebx: the counter's ticks are ebx / eax of the crystal's, which has ecx Hz. */
#define LEAF_CRYSTAL 0x15
/* eax: the base frequency in MHz. */
#define LEAF_BASE 0x16

#define NANOSECONDS_PER_MILLISECOND 1000000u

uint64_t clock_stated_khz(hypervisor_cpuid *ask)
{
	const uint32_t last = ask(0, 0).eax;
	struct cpuid crystal;

	if (last < LEAF_CRYSTAL)
		return 0;
	crystal = ask(LEAF_CRYSTAL, 0);
	if (crystal.eax == 0 || crystal.ebx == 0)
		return 0;
	if (crystal.ecx != 0)
		return (uint64_t)crystal.ecx * crystal.ebx / crystal.eax / 1000;
	/* Where the crystal's is not stated, the counter has the base frequency (volume 3B, "Invariant Time-Keeping"). */
	return last < LEAF_BASE ? 0 : (uint64_t)(ask(LEAF_BASE, 0).eax & 0xffff) * 1000;
}

uint64_t clock_nanoseconds(uint64_t ticks, uint64_t khz)
{
	/* In two parts, so that the product of an hour's ticks fits. */
	if (khz == 0)
		return 0;
	return ticks / khz * NANOSECONDS_PER_MILLISECOND + ticks % khz * NANOSECONDS_PER_MILLISECOND / khz;
}
