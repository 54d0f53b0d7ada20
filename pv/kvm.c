/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KVM, under its own name.
 *
 * What masks: RFLAGS.IF.  KVM injects an interrupt only into a guest that has it set and is not in the shadow of STI.
 *
 * What still gets in: NMI, #MC, SMI and faults, as on bare metal; their handlers (arch/x86/traps.c) have no patch
 * sites.  Of KVM's own:
 * - Asynchronous page faults.  "Page not present" comes as #PF, which no flag masks.  KVM starts one only when the
 *   guest has turned them on in MSR_KVM_ASYNC_PF_EN (0x4b564d02), which reset clears and lull never writes; and, where
 *   a loader has, only while interrupts could be taken (kvm_can_do_async_pf()), so never in the window.  "Page ready"
 *   is an ordinary vector and obeys the flag.
 * - KVM may rewrite the guest's own VMCALL or VMMCALL (KVM_X86_QUIRK_FIX_HYPERCALL_INSN), a second writer of text.
 *   It does so only when one is executed, and lull executes none here.
 * - In SEV-ES and TDX guests CPUID, ports and most MSRs raise #VC or #VE, masked or not.  The window has no CPUID, no
 *   WBINVD and no port in it; the proof's accesses to the local APIC would raise them all the same.  lull does not
 *   start in such a guest at all: the UART comes long before.
 *
 * What KVM gives: the frequency, where QEMU or another VMM states it in VMware's leaf 0x10.  No crash report.
 *
 * The proof is the local APIC's (apic_proof.h).
 */
#include <pv/apic_proof.h>
#include <pv/pc.h>
#include <pv/platform.h>

const struct platform platform_kvm = {
	.backend = &flag_backend,
	.clock_khz = stated_khz,
};
