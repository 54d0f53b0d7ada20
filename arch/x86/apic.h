/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As much of the local APIC as sending an interrupt to this CPU takes (SDM volume 3A, chapter 11).
 */
#ifndef LULL_ARCH_APIC_H
#define LULL_ARCH_APIC_H

#include <stdbool.h>
#include <stdint.h>

/* What apic_open() changed. */
struct apic_state {
	uint32_t spurious;
	uint32_t task_priority;
};

/* True when the CPU has a local APIC and firmware left it enabled. */
bool apic_present(void);

/* Software-enables it, with every priority admitted; apic_close() puts both back. */
struct apic_state apic_open(void);
void apic_close(struct apic_state state);

/* Sends a fixed interrupt to this CPU. */
void apic_self_interrupt(uint8_t vector);

/* True while that vector waits to be taken (interrupt request register). */
bool apic_requested(uint8_t vector);

/* The vector of the interrupt that is being handled (in-service register); 0 when there is none. */
uint8_t apic_in_service(void);

/* Ends the interrupt that is being handled. */
void apic_end_of_interrupt(void);

#endif
