/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NMIs, which no mask holds.  One that a trap's handler sends comes at once, in that handler.  To come behind it, at
 * the instruction that was trapped, it must wait: a CPU that has taken an NMI takes no other before it executes IRET
 * (SDM volume 3A, 6.7.1).  So the handler takes one and stays in it; the next one waits for the IRET of the trap.
 */
#include "storm.h"

/* A handler of NMIs with sites in it: no mask helps. */
#ifdef LULL_FAULT_NMI_SITE
#define FAULT_NMI_SITE 1
#else
#define FAULT_NMI_SITE 0
#endif

static struct {
	uint32_t sent;
	/* Where the last one that was sent belongs. */
	uint64_t target;
	volatile bool holding;
	void *behind[5];
} nmi;

/* Takes an NMI, and returns out of its handler without an IRET. */
static void hold(void)
{
	nmi.holding = true;
	if (__builtin_setjmp(nmi.behind) == 0) {
		platform->send_nmi(this_cpu());
		WAIT_FOR(false);
		fail("an NMI was sent and did not come");
	}
}

void nmi_send(uint64_t target)
{
	if (platform->send_nmi == NULL)
		return;
	if (platform->nmi_waits)
		hold();
	nmi.target = target;
	nmi.sent++;
	platform->send_nmi(this_cpu());
	/* What does not wait has come before the trap returns to the window. */
	if (!platform->nmi_waits)
		nmi_settle();
}

void nmi_trap(const struct frame *frame)
{
	if (nmi.holding) {
		nmi.holding = false;
		__builtin_longjmp(nmi.behind, 1);
	}
	tally.nmi++;
	if (platform->nmi_waits && frame->rip != nmi.target)
		fail("an NMI for %llx came at %llx", (unsigned long long)nmi.target, (unsigned long long)frame->rip);
	if (FAULT_NMI_SITE)
		sites_check(this_cpu());
}

void nmi_settle(void)
{
	if (!WAIT_FOR(tally.nmi == nmi.sent))
		tally_add(&tally.lost);
}
