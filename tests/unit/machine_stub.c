/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clock of core/machine.h in a unit test: each look at it is ten ticks later, and a tick lasts two nanoseconds. */
#include <core/machine.h>

uint64_t machine_clock(void)
{
	static uint64_t now;

	return now += 10;
}

uint64_t machine_nanoseconds(uint64_t ticks) { return 2 * ticks; }
