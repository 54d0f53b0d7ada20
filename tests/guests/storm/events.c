/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <pv/rendezvous.h>

#include "storm.h"

#define EXCEPTION_BREAKPOINT 3

struct tally tally;
volatile bool window_open;
extern struct rendezvous rendezvous;

/* A locked instruction that is no site: it counts while the sites are not to be trusted. */
QUIET_CODE void tally_add(volatile uint32_t *counter) { asm volatile("lock incl %0" : "+m"(*counter) : : "cc"); }

void on_event(struct cpu *cpu, enum event event)
{
	cpu->count[event]++;
	if (event == EVENT_CALL) {
		rendezvous_park(&rendezvous);
		return;
	}
	if (window_open)
		tally_add(&tally.inside);
	if (cpu->unserialised)
		tally_add(&tally.late);
	sites_check(cpu);
}

void trap(struct frame *frame)
{
	if (frame->vector >= 32)
		platform->interrupt(frame, this_cpu());
	else if (frame->vector == EXCEPTION_BREAKPOINT)
		/* The trap fill of a site. */
		tally_add(&tally.torn);
	else
		fail("exception %u error %llx ip %llx", (unsigned)frame->vector, (unsigned long long)frame->error,
		     (unsigned long long)frame->rip);
}
