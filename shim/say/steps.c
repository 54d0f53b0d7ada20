/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <core/console.h>
#include <core/machine.h>
#include <shim/say/steps.h>

/* What took less is not worth a word: a microsecond, or as many ticks. */
#define LEAST 1000

static const char *const step_name[STEPS] = {
	[STEP_WAKE] = "wake", [STEP_SELF] = "self", [STEP_FIND] = "find", [STEP_UNPACK] = "unpack",
	[STEP_MOVE] = "move", [STEP_PATCH] = "patch", [STEP_PLACE] = "place",
};

void steps_begin(struct steps *steps)
{
	*steps = (struct steps){ .begun = machine_clock() };
	steps->last = steps->begun;
}

void step_done(struct steps *steps, enum step step)
{
	const uint64_t now = machine_clock();

	steps->ticks[step] += now - steps->last;
	steps->last = now;
}

void steps_say(const struct steps *steps)
{
	const bool in_ns = machine_nanoseconds(steps->last - steps->begun) != 0;
	const char *before = in_ns ? " steps_ns=" : " steps_ticks=";

	for (unsigned i = 0; i < STEPS; i++) {
		const uint64_t length = in_ns ? machine_nanoseconds(steps->ticks[i]) : steps->ticks[i];

		if (length < LEAST)
			continue;
		console_printf("%s%s:%llu", before, step_name[i], (unsigned long long)length);
		before = ",";
	}
}
