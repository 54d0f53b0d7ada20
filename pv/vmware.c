/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VMware's hypervisors.
 *
 * What masks: RFLAGS.IF.
 *
 * What still gets in: NMI (also the one that an administrator sends), #MC, SMI and faults.  Their handlers
 * (arch/x86/traps.c) have no patch sites.  VMware has no event of its own beside the interrupts of the virtual
 * devices; the backdoor (port 0x5658) and its hypercalls are synchronous, and lull uses neither.  In an SEV-ES guest
 * CPUID and ports raise #VC, masked or not: the window has no CPUID, no WBINVD and no port in it, and lull does not
 * start in such a guest at all.
 *
 * What VMware gives: the frequency, in leaf 0x10.  No crash report.
 *
 * The proof is the local APIC's (apic_proof.h).
 */
#include <arch/x86/cpu.h>
#include <arch/x86/paging.h>
#include <arch/x86/ports.h>
#include <lull/site.h>
#include <pv/apic_proof.h>
#include <pv/engine/x86/cpu_state.h>
#include <pv/hypervisor.h>
#include <pv/pc.h>
#include <pv/platform.h>

/* eax: kHz of the time stamp counter (VMware KB 1009458, "Mechanisms to determine if software is running in a VM"). */
#define LEAF_FREQUENCY 0x10

static bool detect(void) { return privilege_level() == 0 && hypervisor()->hypervisor == HYPERVISOR_VMWARE; }

static uint64_t clock_khz(void)
{
	uint32_t stated = hypervisor_leaf(LEAF_FREQUENCY).eax;

	return stated ? stated : pit_measure_khz();
}

static const struct backend backend = FLAG_BACKEND("vmware");

const struct platform platform_vmware = {
	.name = "vmware",
	.backend = &backend,
	.feature = LULL_FEATURE_BACKEND_VMWARE,
	.detect = detect,
	.start = pc_start,
	.cpu_limit = pc_cpu_limit,
	.clock_khz = clock_khz,
	.reach = paging_reach,
	.console_write = pc_console_write,
	.console_drain = pc_console_drain,
	.crash = pc_crash,
};
