/* SPDX-License-Identifier: MIT */
/*
 * The rendezvous: where the other CPUs wait while one patches, in code that has no sites.
 *
 * The patching CPU gathers, patches and releases.  Each other CPU, in the handler of the interrupt that the kernel sends
 * it, parks: it is counted, waits, and serialises before it leaves, so that nothing it fetched before is run after.
 * A rendezvous that does not come about is called off; a CPU that arrives too late for one does not wait.
 *
 * What still gets in where a CPU is parked is what gets through its mask: NMI and machine check.
 */
#ifndef LULL_PV_ENGINE_RENDEZVOUS_H
#define LULL_PV_ENGINE_RENDEZVOUS_H

#include "mask.h"

struct rendezvous {
	/* The kernel's; they may change while nobody gathers. */

	/* CPUs that run, beside the one that patches.  None may come or go while it does. */
	uint32_t others;
	/* Interrupts each of the others once, so that each calls rendezvous_park().  Called before text is touched. */
	void (*interrupt)(void);
	/* One turn of waiting: PAUSE, or the hypervisor's yield.  WINDOW_CODE, no sites. */
	void (*pause)(void);
	/* How often pause() is called before the others are given up.  Counted in polls, not in time: a hypervisor may
	 * deschedule us for any time. */
	uint64_t patience;
	/* Times the window; runs first and last in it.  WINDOW_CODE, no sites (RDTSC). */
	uint64_t (*clock)(void);
	/* Its serialise() is what a CPU does before it leaves. */
	const struct backend *backend;

	/* rendezvous.c's own: the number of the round, odd while CPUs are to park, and in the low half who has. */
	uint64_t round_;
};

/*
 * Returns when all the others are parked.  Errors: RENDEZVOUS with the number that came in time; nobody is held then.
 * The caller's own interrupts may be on.  If they are, its handlers must not wait for another CPU; if not, another CPU
 * must not wait for it with its interrupts off.
 */
struct error rendezvous_gather(struct rendezvous *rendezvous);

/* Lets the others go.  WINDOW_CODE: called when text is whole again and the caller has serialised. */
void rendezvous_release(struct rendezvous *rendezvous);

/*
 * For the handler of the interrupt, on each other CPU, with its events masked.  Returns at once when nobody gathers.
 * WINDOW_CODE.
 */
void rendezvous_park(struct rendezvous *rendezvous);

#endif
