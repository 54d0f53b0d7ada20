/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries of an interrupt descriptor table, and what LGDT and LIDT are given.
 */
#ifndef LULL_ARCH_GATES_H
#define LULL_ARCH_GATES_H

#include <stdint.h>

/* 64-bit interrupt gate (SDM volume 3A, figure 6-8). */
struct gate {
	uint16_t offset_low;
	uint16_t selector;
	uint8_t stack;
	uint8_t type;
	uint16_t offset_middle;
	uint32_t offset_high;
	uint32_t reserved;
};
_Static_assert(sizeof(struct gate) == 16, "SDM volume 3A, figure 6-8");

/* The operand of LGDT, LIDT and SIDT (SDM volume 3A, section 3.5.1). */
struct __attribute__((packed)) table_pointer {
	uint16_t limit;
	uint64_t base;
};

/* An interrupt gate of ring 0 to that address; `stack` is the interrupt stack (1 to 7), or 0 for the one that it interrupts. */
static inline struct gate gate_make(uint64_t address, uint16_t selector, uint8_t stack)
{
	return (struct gate){
		.offset_low = (uint16_t)address,
		.selector = selector,
		.stack = stack,
		.type = 0x8e,
		.offset_middle = (uint16_t)(address >> 16),
		.offset_high = (uint32_t)(address >> 32),
	};
}

#endif
