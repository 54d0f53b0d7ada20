/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <pv/engine/x86/evtchn.h>
#include <pv/engine/x86/flag.h>
#include <xen/xen.h>

#include "storm.h"
#include "wrong_mask.h"

static bool asked_for;

static struct error suits_anywhere(void) { return error_none(); }

QUIET_CODE static bool cli_is_masked(void) { return asked_for; }

QUIET_CODE static void cli_mask(void)
{
	flag_mask();
	asked_for = true;
}

QUIET_CODE static void cli_unmask(void)
{
	asked_for = false;
	flag_unmask();
}

const struct backend mask_cli_under_pv = {
	.suits = suits_anywhere, .is_masked = cli_is_masked, .mask = cli_mask, .unmask = cli_unmask,
};

/* Without the hypercall: the event is not waiting for it. */
QUIET_CODE static void byte_unmask(void)
{
	cpu_at(0)->vcpu->evtchn_upcall_mask = 0;
}

const struct backend mask_byte_under_hvm = {
	.suits = suits_anywhere, .is_masked = xen_pv_is_masked, .mask = xen_pv_mask, .unmask = byte_unmask,
};
