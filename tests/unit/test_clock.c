/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What CPUID states of the time stamp counter, as real CPUs do, and what is no statement. */
#include "unit.h"

#include <pv/clock.h>

static uint32_t last;
static struct cpuid crystal, base;

static struct cpuid ask(uint32_t leaf, uint32_t subleaf)
{
	assert_int_equal(subleaf, 0);
	assert_true(leaf <= last);
	return leaf == 0 ? (struct cpuid){ .eax = last } : leaf == 0x15 ? crystal : base;
}

static void stated(void **state)
{
	(void)state;
	/* Ice Lake: 25 MHz * 200 / 2. */
	last = 0x1b;
	crystal = (struct cpuid){ .eax = 2, .ebx = 200, .ecx = 25000000 };
	base = (struct cpuid){ .eax = 1 };
	assert_int_equal(clock_stated_khz(ask), 2500000);
	/* Large numbers, whose product has more than 32 bits. */
	crystal = (struct cpuid){ .eax = 4, .ebx = UINT32_MAX, .ecx = UINT32_MAX };
	assert_int_equal(clock_stated_khz(ask), UINT64_C(0xfffffffe00000001) / 4 / 1000);
}

/* Skylake states a ratio, and no crystal. */
static void base_frequency(void **state)
{
	(void)state;
	last = 0x16;
	crystal = (struct cpuid){ .eax = 2, .ebx = 216 };
	base = (struct cpuid){ .eax = 0xabcd0000 + 2600 };
	assert_int_equal(clock_stated_khz(ask), 2600000);
	last = 0x15;
	assert_int_equal(clock_stated_khz(ask), 0);
}

static void not_stated(void **state)
{
	(void)state;
	/* QEMU's CPUs, and AMD's. */
	last = 0x14;
	assert_int_equal(clock_stated_khz(ask), 0);
	last = 0x16;
	base = (struct cpuid){ .eax = 2600 };
	crystal = (struct cpuid){ .eax = 2, .ecx = 24000000 };
	assert_int_equal(clock_stated_khz(ask), 0);
	crystal = (struct cpuid){ .ebx = 216, .ecx = 24000000 };
	assert_int_equal(clock_stated_khz(ask), 0);
	/* A base frequency, but no ratio: the counter need not have it. */
	crystal = (struct cpuid){ .eax = 2 };
	assert_int_equal(clock_stated_khz(ask), 0);
}

static void nanoseconds(void **state)
{
	(void)state;
	assert_int_equal(clock_nanoseconds(5350, 2500000), 2140);
	assert_int_equal(clock_nanoseconds(5350, 0), 0);
	/* A day at 5 GHz. */
	assert_int_equal(clock_nanoseconds(UINT64_C(432000000000001), 5000000), UINT64_C(86400000000000));
	assert_int_equal(clock_nanoseconds(UINT64_C(432000000000005), 5000000), UINT64_C(86400000000001));
}

int main(void)
{
	return RUN_TESTS("clock", stated, base_frequency, not_stated, nanoseconds);
}
