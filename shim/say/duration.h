/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long something took, as the status lines say it. */
#ifndef LULL_SHIM_SAY_DURATION_H
#define LULL_SHIM_SAY_DURATION_H

#include <core/console.h>
#include <core/machine.h>

/* Prints a name, and ticks in nanoseconds behind it; "unknown" where nobody states how long a tick is. */
static inline void say_nanoseconds(const char *name, uint64_t ticks)
{
	const uint64_t nanoseconds = machine_nanoseconds(ticks);

	if (nanoseconds != 0)
		console_printf("%s%llu", name, (unsigned long long)nanoseconds);
	else
		console_printf("%sunknown", name);
}

#endif
