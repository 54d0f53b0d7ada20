/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exceptions and interrupts while the shim runs.
 */
#ifndef LULL_ARCH_TRAPS_H
#define LULL_ARCH_TRAPS_H

#include <stdint.h>

/* What traps_entry.S pushes (SDM volume 3A, section 6.14.2), lowest address first. */
struct trap_frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
	uint64_t vector, error;
	uint64_t rip, cs, flags, rsp, ss;
};

/*
 * Loads descriptor tables with a handler for every exception: each ends in the framed error block, except NMIs, which
 * are counted and dropped.  #DF, NMI and #MC have stacks of their own.
 */
void traps_start(void);

/* Sets the function that is called, masked, for each interrupt on VECTOR_EVENT.  With NULL such an interrupt is an error. */
void traps_on_event(void (*handler)(void));

/* NMIs seen since traps_start(). */
uint32_t traps_nmi_count(void);

#endif
