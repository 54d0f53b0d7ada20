/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hyper-V, and whoever offers its interface and none of its own.
 *
 * What masks: RFLAGS.IF.
 *
 * What still gets in: NMI, #MC, SMI and faults.  Their handlers (arch/x86/traps.c) have no patch sites.  Of Hyper-V's
 * own:
 * - The SynIC: messages, events and synthetic timers are ordinary vectors of the local APIC.  They pend there while
 *   the flag is clear.  lull enables none of them, and reset has them masked.
 * - The NMI by which an administrator asks a guest for a crash dump.
 * - In an isolated guest (SEV-SNP, TDX) CPUID, ports and most MSRs raise #VC or #VE, and #HV (28, restricted
 *   injection) does not obey the flag.  The window has no CPUID, no WBINVD and no port in it; lull does not start in
 *   such a guest.
 *
 * What Hyper-V gives, each where its bit in leaf 3 says so (TLFS, "Feature Identification"; the numbers of the MSRs
 * there, "Synthetic MSRs"): the frequency, and a crash report.
 *
 * The proof is the local APIC's (apic_proof.h).
 */
#include <arch/x86/cpu.h>
#include <pv/apic_proof.h>
#include <pv/hypervisor.h>
#include <pv/platform.h>

#define LEAF_FEATURES 3
/* eax: the partition may read the frequency MSRs; edx: they and the crash MSRs exist. */
#define MAY_READ_FREQUENCY (1u << 11)
#define HAS_FREQUENCY      (1u << 8)
#define HAS_CRASH          (1u << 10)

#define MSR_TSC_FREQUENCY 0x40000022
#define MSR_CRASH_P0      0x40000100
#define MSR_CRASH_CONTROL 0x40000105
#define CRASH_NOTIFY      (UINT64_C(1) << 63)

/* The five parameters are the guest's own to fill; the first one is what a log names a crash by. "lull". */
#define CRASH_PARAMETERS 5
#define CRASH_NAME 0x6c6c756c

static uint64_t clock_khz(void)
{
	struct cpuid features = hypervisor_leaf(LEAF_FEATURES);

	if ((features.eax & MAY_READ_FREQUENCY) && (features.edx & HAS_FREQUENCY))
		return read_msr(MSR_TSC_FREQUENCY) / 1000;
	return 0;
}

static void crash(void)
{
	if (!(hypervisor_leaf(LEAF_FEATURES).edx & HAS_CRASH))
		return;
	write_msr(MSR_CRASH_P0, CRASH_NAME);
	for (unsigned i = 1; i < CRASH_PARAMETERS; i++)
		write_msr(MSR_CRASH_P0 + i, 0);
	write_msr(MSR_CRASH_CONTROL, CRASH_NOTIFY);
}

const struct platform platform_hyperv = {
	.backend = &flag_backend,
	.clock_khz = clock_khz,
	.crash = crash,
};
