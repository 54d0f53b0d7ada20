/* SPDX-License-Identifier: MIT */
/*
 * The mask of every backend that runs at privilege level 0: RFLAGS.IF.
 *
 * What masks: the CPU takes no maskable interrupt while the flag is clear (SDM volume 3A, section 6.8.1).
 * What still gets in: NMI, machine check, SMI and exceptions.  Each platform's file says what else its hypervisor has.
 */
#ifndef LULL_PV_ENGINE_X86_FLAG_H
#define LULL_PV_ENGINE_X86_FLAG_H

#include <core/error.h>
#include <stdbool.h>

/* Refuses where CLI does not mask: at any privilege level but 0, as in a Xen PV guest.  Errors: MASK_UNSUITED. */
struct error flag_suits(void);

/* The backend's is_masked() and mask() (mask.h): RFLAGS.IF is clear; CLI. */
bool flag_is_masked(void);
void flag_mask(void);
/* STI; an interrupt that is pending is taken after the next instruction (SDM volume 2, STI). */
void flag_unmask(void);

#endif
