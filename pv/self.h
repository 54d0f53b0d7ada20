/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shim's own patch sites: the first payload of the engine, on every boot.
 */
#ifndef LULL_PV_SELF_H
#define LULL_PV_SELF_H

#include <core/machine.h>
#include <pv/engine/journal.h>

struct self_receipt {
	/* Sites patched, and sites there are. */
	uint32_t patched;
	uint32_t sites;
	struct window_result window;
};

/*
 * Plans and commits the shim's own sites in one window, proves the mask with an event, and runs the self-test; from
 * then on the machine uses its sites.  Errors: those of the engine (80-99), HYPERCALL, NO_APIC.
 */
struct error self_patch(const struct machine *machine, struct self_receipt *receipt);

#endif
