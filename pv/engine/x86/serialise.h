/* SPDX-License-Identifier: MIT */
/*
 * serialise.c: makes a CPU forget the instructions that it fetched before they were patched.
 */
#ifndef LULL_PV_ENGINE_X86_SERIALISE_H
#define LULL_PV_ENGINE_X86_SERIALISE_H

#include <stdbool.h>

/*
 * Asks CPUID, once and before the first window, whether the SERIALIZE instruction exists (leaf 7, EDX bit 14).  CPUID may
 * exit to a hypervisor, so a window must not ask.  Without this call serialise() uses IRET.  Returns whether it exists.
 */
bool serialise_start(void);

/*
 * Makes this CPU fetch again whatever it prefetched: SERIALIZE where serialise_start() found it, else IRET to the next
 * instruction (SDM volume 3A, sections 8.1.3 and 8.3).  Neither exits to a hypervisor, as CPUID and WBINVD would.  IRET ends
 * the blocking of NMIs, so this must not run inside an NMI handler.
 */
void serialise(void);

#endif
