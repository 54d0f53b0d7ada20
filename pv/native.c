/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bare metal, and every hypervisor that lull does not know, which it warns of.
 *
 * What masks: RFLAGS.IF.  A hypervisor that injects events into a guest that has it clear breaks the architecture, and
 * the proof would show it.
 *
 * What still gets in: NMI, #MC, SMI and faults.  The handlers of NMI and #MC (arch/x86/traps.c) have no patch sites;
 * SMIs run in memory of their own.  How it is kept out that an unknown hypervisor emulates what the window does: in it
 * there is no CPUID, no WBINVD and no port, only the proof's two accesses to the local APIC.
 *
 * The proof is the local APIC's (apic_proof.h).
 */
#include <arch/x86/cpu.h>
#include <arch/x86/paging.h>
#include <arch/x86/ports.h>
#include <lull/site.h>
#include <pv/apic_proof.h>
#include <pv/engine/x86/cpu_state.h>
#include <pv/pc.h>
#include <pv/platform.h>

static bool detect(void) { return privilege_level() == 0; }

static const struct backend backend = FLAG_BACKEND("native");

const struct platform platform_native = {
	.name = "native",
	.backend = &backend,
	.feature = LULL_FEATURE_BACKEND_NATIVE,
	.detect = detect,
	.start = pc_start,
	.cpu_limit = pc_cpu_limit,
	.clock_khz = pit_measure_khz,
	.reach = paging_reach,
	.console_write = pc_console_write,
	.console_drain = pc_console_drain,
	.crash = pc_crash,
};
