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
#include <pv/apic_proof.h>
#include <pv/pc.h>
#include <pv/platform.h>

const struct platform platform_vmware = {
	.backend = &flag_backend,
	.clock_khz = stated_khz,
};
