/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One window of the library's, seen from inside: through the clock and the backend that it is given.
 */
#include <pv/engine/journal.h>
#include <pv/engine/rendezvous.h>
#include <pv/engine/repatch.h>
#include <pv/engine/x86/serialise.h>

#include "storm.h"
#include "wrong_mask.h"

/* Turns of waiting before a rendezvous is called off. */
#define PATIENT_TURNS (UINT64_C(1) << 24)

struct rendezvous rendezvous;
volatile bool window_open;
/* The mask of this run; the engine gets it with our own eyes in it. */
static struct backend mask, backend;

/* RDTSC as cpu.h has it, but here, whatever the compiler thinks of inlining it. */
QUIET_CODE static uint64_t ticks(void)
{
	uint32_t low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

/*
 * The library's clock runs first and last in every window, so here the guest looks in.  At the beginning each CPU gets
 * an event, which must still be pending at the end.
 */
QUIET_CODE static uint64_t window_clock(void)
{
	if (!window_open) {
		step_from(STEP_OPEN);
		window_open = true;
		cpu_at(0)->progress = true;
		for (unsigned i = 0; i <= rendezvous.others; i++) {
			cpu_at(i)->unserialised = true;
			if (step_active())
				continue;
			cpu_at(i)->raised++;
			platform->raise(cpu_at(i), EVENT_OWN);
		}
	} else {
		step_from(STEP_CLOSE);
		for (unsigned i = 0; i <= rendezvous.others; i++)
			if (platform->pending(cpu_at(i), EVENT_OWN))
				tally_add(&tally.held);
		sites_state = sites_smp.applied ? STATE_SMP : sites_up.applied ? STATE_UP : STATE_NONE;
		window_open = false;
	}
	return ticks();
}

/*
 * In the middle of a window: between two commits, or after the one.  The worst moment for an event to come, and for
 * another CPU to run.
 */
QUIET_CODE static void window_serialise(void)
{
	struct cpu *cpu = this_cpu();

	serialise();
	cpu->unserialised = false;
	if (cpu->number != 0 || !window_open)
		return;
	step_from(STEP_STORED);
	if (step_active())
		return;
	/* The event of this window should still be pending.  If it has come, another would come here too. */
	if (cpu->count[EVENT_OWN] == cpu->raised) {
		cpu->raised++;
		platform->raise(cpu, EVENT_OWN);
	}
	if (cpu_count > 1)
		platform->pause();
}

static void call_others(void)
{
	for (unsigned i = 1; i <= rendezvous.others; i++)
		platform->raise(cpu_at(i), EVENT_CALL);
}

/* True when every event that was raised has come, once. */
static bool all_came(void)
{
	for (unsigned i = 0; i <= rendezvous.others; i++)
		if (cpu_at(i)->count[EVENT_OWN] != cpu_at(i)->raised)
			return false;
	return true;
}

void one_window(struct journal *from, struct journal *to)
{
	struct window_result result;
	struct error error = repatch_switch(&rendezvous, from, to, &result);

	if (failed(error))
		fail("error %u expected %llx found %llx", error.code, (unsigned long long)error.expected,
		     (unsigned long long)error.found);
	/* Pending though unmasked: it would wait until something else enters the hypervisor. */
	if (platform->pending(cpu_at(0), EVENT_OWN))
		tally_add(&tally.lost);
	if (!WAIT_FOR(all_came()))
		tally_add(&tally.lost);
	for (unsigned i = 0; i <= rendezvous.others; i++)
		cpu_at(i)->raised = cpu_at(i)->count[EVENT_OWN];
	sites_lock(cpu_at(0));
	cpu_at(0)->progress = true;
}

/* Called by the engine right before it masks. */
static struct error window_suits(void)
{
	step_from(STEP_ENTER);
	return mask.suits();
}

void window_prepare(void)
{
	mask = FAULT_CLI_UNDER_PV ? mask_cli_under_pv : FAULT_BYTE_UNDER_HVM ? mask_byte_under_hvm : platform->mask;
	backend = mask;
	backend.name = platform->name;
	backend.suits = window_suits;
	backend.serialise = window_serialise;
	rendezvous = (struct rendezvous){
		.interrupt = call_others, .pause = platform->pause, .clock = window_clock, .patience = PATIENT_TURNS,
		.backend = &backend,
	};
}
