/* SPDX-License-Identifier: GPL-2.0-or-later */
/* machine_stub.c: what a unit test can say of the machine. */
#ifndef LULL_TESTS_MACHINE_STUB_H
#define LULL_TESTS_MACHINE_STUB_H

#include <core/machine.h>

/* True: machine_reach() reaches nothing. */
extern bool machine_stub_unreachable;

/* How many ticks later each look at the clock is. */
extern uint64_t machine_stub_step;

/* Nobody says how long a tick is. */
extern bool machine_stub_states_no_frequency;

/* What comes from a console, byte by byte; a byte 1 in it is a moment without any. */
extern const char *machine_stub_typed;

/* Each register of each leaf of CPUID. */
extern uint32_t machine_stub_cpuid;

/* What one register of one leaf has beside that; number 0 is EAX. */
extern struct machine_stub_register {
	uint32_t leaf;
	unsigned number;
	uint32_t bits;
} machine_stub_register;

#endif
