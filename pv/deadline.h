/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bounded waits for a device or another domain, which may be slow, or gone.
 */
#ifndef LULL_PV_DEADLINE_H
#define LULL_PV_DEADLINE_H

#include <core/machine.h>

struct deadline {
	uint64_t start;
	uint64_t nanoseconds;
};

static inline struct deadline deadline_in(uint32_t seconds)
{
	return (struct deadline){ machine_clock(), UINT64_C(1000000000) * seconds };
}

static inline bool deadline_passed(const struct deadline *deadline)
{
	return machine_waited(deadline->start) > deadline->nanoseconds;
}

#endif
