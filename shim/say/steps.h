/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * steps.c: how long each step of a boot took, for the receipt.
 */
#ifndef LULL_SHIM_SAY_STEPS_H
#define LULL_SHIM_SAY_STEPS_H

#include <stdint.h>

/* In the order of the story (shim/main.c). */
enum step {
	/* Which hypervisor it is, its consoles, its memory map. */
	STEP_WAKE,
	/* The shim patches itself, and proves the mask. */
	STEP_SELF,
	/* The payload is found and read. */
	STEP_FIND,
	STEP_UNPACK,
	/* KASLR: a place is chosen, and the kernel relocated. */
	STEP_MOVE,
	/* The payload is verified, planned and patched. */
	STEP_PATCH,
	/* Where everything will lie, and what the kernel is told. */
	STEP_PLACE,
	STEPS
};

/* Ticks of machine_clock(). */
struct steps {
	uint64_t begun, last;
	uint64_t ticks[STEPS];
};

/* The first step begins. */
void steps_begin(struct steps *steps);
/* Counts the time since the last call, or since steps_begin(), for this step; a step may have several parts. */
void step_done(struct steps *steps, enum step step);
/*
 * Prints " steps_ns=wake:1000,self:2000...", without what took less than a microsecond; where nobody states how long a tick
 * is, " steps_ticks=..." and without what took less than 1000.
 */
void steps_say(const struct steps *steps);

#endif
