/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <pv/engine/rendezvous.h>

#include "storm.h"

#define EXCEPTION_DEBUG      1
#define EXCEPTION_NMI        2
#define EXCEPTION_BREAKPOINT 3

/* Times the shortest period. */
#define LONGEST 1024

struct tally tally;

/* A locked instruction that is no site: it counts while the sites are not to be trusted. */
QUIET_CODE void tally_add(volatile uint32_t *counter) { asm volatile("lock incl %0" : "+m"(*counter) : : "cc"); }

void timer_arm(struct cpu *cpu)
{
	cpu->armed++;
	cpu->armed_at = read_tsc();
	platform->start_timer(cpu);
}

/*
 * The next one comes as soon as the CPU can do something else in between.  When it did nothing since the last, on a
 * machine that takes longer for an event than for the period, the period doubles.
 */
static void next_timer(struct cpu *cpu)
{
	if (!cpu->progress && cpu->period < platform->shortest * LONGEST)
		cpu->period *= 2;
	else if (cpu->period > platform->shortest)
		cpu->period -= cpu->period / 8;
	cpu->progress = false;
	timer_arm(cpu);
}

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
	if (event == EVENT_TIMER)
		next_timer(cpu);
}

void trap(struct frame *frame)
{
	if (frame->vector >= 32)
		platform->interrupt(frame, this_cpu());
	else if (frame->vector == EXCEPTION_DEBUG)
		step_trap(frame);
	else if (frame->vector == EXCEPTION_NMI)
		nmi_trap(frame);
	else if (frame->vector == EXCEPTION_BREAKPOINT)
		/* The trap fill of a site. */
		tally_add(&tally.torn);
	else
		fail("exception %u error %llx ip %llx", (unsigned)frame->vector, (unsigned long long)frame->error,
		     (unsigned long long)frame->rip);
}
