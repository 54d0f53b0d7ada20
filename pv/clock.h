/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clock.c: how fast the time stamp counter runs, by what CPUID states.  Pure functions.
 */
#ifndef LULL_PV_CLOCK_H
#define LULL_PV_CLOCK_H

#include <pv/hypervisor.h>

/*
 * Frequency in kHz, 0 when it is not stated.  Nothing is measured: that takes a millisecond, which is longer than all else
 * that the shim does.
 */
uint64_t clock_stated_khz(hypervisor_cpuid *ask);

/* For waits on a machine that states no frequency: counters run at a processor's base frequency, and few have a higher one. */
#define CLOCK_ASSUMED_KHZ UINT64_C(4000000)

/* Nanoseconds of so many ticks; 0 where the frequency is not stated. */
uint64_t clock_nanoseconds(uint64_t ticks, uint64_t khz);

#endif
