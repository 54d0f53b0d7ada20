/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * core/machine.h in a unit test.  Each look at the clock is ten ticks later (or more), and a tick lasts two nanoseconds; all memory can
 * be reached, and the CPU has nothing, until a test says otherwise.
 */
#include "machine_stub.h"

bool machine_stub_unreachable;
uint32_t machine_stub_cpuid;
struct machine_stub_register machine_stub_register;

bool machine_reach(struct range range)
{
	return range.start < range.end && !machine_stub_unreachable;
}

void machine_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
	(void)subleaf;
	for (unsigned i = 0; i < 4; i++)
		out[i] = machine_stub_cpuid;
	if (leaf == machine_stub_register.leaf)
		out[machine_stub_register.number] |= machine_stub_register.bits;
}

uint64_t machine_stub_step = 10;

uint64_t machine_clock(void)
{
	static uint64_t now;

	return now += machine_stub_step;
}

const char *machine_stub_typed = "";

bool machine_console_read(char *out)
{
	*out = *machine_stub_typed;
	machine_stub_typed += *out != '\0';
	return *out > 1 || *out < 0;
}

bool machine_stub_states_no_frequency;

uint64_t machine_nanoseconds(uint64_t ticks) { return machine_stub_states_no_frequency ? 0 : 2 * ticks; }

uint64_t machine_waited(uint64_t start) { return 2 * (machine_clock() - start); }
