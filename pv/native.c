/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bare metal, and every hypervisor that lull does not know, which it warns of.
 *
 * What masks: RFLAGS.IF.  A hypervisor that injects events into a guest that has it clear breaks the architecture, and
 * the proof would show it.
 *
 * What still gets in: NMI, #MC, SMI and faults.  The handlers of NMI and #MC (arch/x86/traps.c) have no patch sites;
 * SMIs run in memory of their own.  An unknown hypervisor may emulate some instructions, and run its own code meanwhile.
 * The window avoids them: no CPUID, no WBINVD, no port, only the proof's two accesses to the local APIC.
 *
 * The proof is the local APIC's (apic_proof.h).
 */
#include <pv/apic_proof.h>
#include <pv/engine/x86/cpu_state.h>
#include <pv/platform.h>

static bool detect(void) { return privilege_level() == 0; }

const struct platform platform_native = {
	.backend = &flag_backend,
	.detect = detect,
};
