/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every boundary: single-steps the window, and makes an event pending at each instruction of it in turn.
 *
 * A first window of each kind is stepped whole, with an event pending all the time that it is masked, to learn which
 * instructions there are.  Then one window for each of them, in which the only event comes right before it: it must be
 * delivered at once or held to the end, and not be lost.  An NMI comes there too, at once.
 */
#include <tests/mutate/fault.h>
#include <pv/engine/journal.h>

#include "storm.h"

#define FLAGS_TF UINT64_C(0x100)
#define FLAGS_IF UINT64_C(0x200)
/* Bytes of the window's section, and in one line that is printed. */
#define LARGEST 8192
#define PER_LINE 128

extern const char window_start[], window_end[];

enum kind { APPLY, REVERT, KINDS };

static struct {
	volatile bool active;
	/* True from the first instruction in the window's section on. */
	bool entered;
	enum kind kind;
	/* Where the event is to come; 0 at every masked boundary. */
	uint64_t target;
	/* Where stepping begins, and where the window is: to step to a late target from the beginning takes long. */
	enum step_phase begin, phase;
	/* By offset in the window's section; in the phase that `at` names, if it was seen. */
	bool seen[KINDS][LARGEST];
	uint8_t at[KINDS][LARGEST];
	bool tried[KINDS][LARGEST];
} step;

QUIET_CODE bool step_active(void) { return step.active; }

QUIET_CODE void step_from(enum step_phase phase)
{
	if (!step.active)
		return;
	step.phase = phase;
	if (phase == step.begin)
		asm volatile("pushfq; orq %0, (%%rsp); popfq" : : "i"(FLAGS_TF) : "cc", "memory");
}

static void raise_here(void)
{
	cpu_at(0)->raised++;
	platform->raise(cpu_at(0), EVENT_OWN);
}

void step_trap(struct frame *frame)
{
	const uint64_t at = frame->rip - (uint64_t)window_start;

	/* Not there yet, or out again. */
	if (at >= (uint64_t)(window_end - window_start)) {
		if (step.entered)
			frame->rflags &= ~FLAGS_TF;
		return;
	}
	step.entered = true;
	if (!step.seen[step.kind][at])
		step.at[step.kind][at] = (uint8_t)step.phase;
	step.seen[step.kind][at] = true;
	if (step.target == frame->rip) {
		frame->rflags &= ~FLAGS_TF;
		nmi_send(frame->rip);
		raise_here();
	} else if (step.target == 0) {
		/* Xen shows the mask of a PV guest in this flag too. */
		if (!(frame->rflags & FLAGS_IF) && !platform->pending(cpu_at(0), EVENT_OWN))
			raise_here();
		if (platform->resume)
			platform->resume(frame, cpu_at(0));
	}
}

/* One window of a kind with the event at `target`, stepped from a phase on. */
static void step_window(enum kind kind, uint64_t target, enum step_phase begin)
{
	step.kind = kind;
	step.begin = begin;
	step.target = target;
	step.entered = false;
	step.active = true;
	one_window(kind == REVERT ? &sites_up : NULL, kind == APPLY ? &sites_up : NULL);
	step.active = false;
	nmi_settle();
}

/* A seeded fault has shown; the rest of the boundaries cannot make it worse. */
static bool noticed(void) { return FAULT_TWO_STEPS ? tally.middle : tally.torn || tally.inside || tally.lost; }

/* Those of one kind that have not been tried; another window, not stepped, goes back in between.  Returns how many. */
static unsigned try_all(enum kind kind)
{
	unsigned tried = 0;

	for (uint64_t at = 0; at < LARGEST && !noticed(); at++) {
		if (!step.seen[kind][at] || step.tried[kind][at])
			continue;
		step.tried[kind][at] = true;
		tried++;
		if (kind == REVERT)
			one_window(NULL, &sites_up);
		step_window(kind, (uint64_t)window_start + at, step.at[kind][at]);
		if (kind == APPLY)
			one_window(&sites_up, NULL);
	}
	return tried;
}

/* The boundaries, one bit for each byte of the window's section, for the runner to hold against the image. */
static unsigned print_seen(void)
{
	unsigned count = 0;

	for (unsigned at = 0; at < (unsigned)(window_end - window_start); at += 4) {
		unsigned digit = 0;

		for (unsigned i = at; i < at + 4; i++) {
			const bool seen = step.seen[APPLY][i] || step.seen[REVERT][i];

			digit = digit * 2 + seen;
			count += seen;
		}
		print("%s%c", at % PER_LINE == 0 ? at ? "\nseen " : "seen " : "", "0123456789abcdef"[digit]);
	}
	print("\n");
	return count;
}

unsigned step_every_boundary(void)
{
	if (window_end - window_start > LARGEST - 4)
		fail("a window of %u bytes", (unsigned)(window_end - window_start));
	step_window(APPLY, 0, STEP_ENTER);
	step_window(REVERT, 0, STEP_ENTER);
	while (!noticed() && try_all(APPLY) + try_all(REVERT) > 0)
		;
	return print_seen();
}
