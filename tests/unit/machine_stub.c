/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * core/machine.h in a unit test.  Each look at the clock is ten ticks later, and a tick lasts two nanoseconds; all memory can
 * be reached until a test says otherwise.
 */
#include "machine_stub.h"

bool machine_stub_unreachable;

bool machine_reach(struct range range)
{
	(void)range;
	return !machine_stub_unreachable;
}

uint64_t machine_clock(void)
{
	static uint64_t now;

	return now += 10;
}

uint64_t machine_nanoseconds(uint64_t ticks) { return 2 * ticks; }
