/* SPDX-License-Identifier: MIT */
/*
 * What the masks ask of this CPU: its flags and its privilege level.
 */
#ifndef LULL_PV_ENGINE_X86_CPU_STATE_H
#define LULL_PV_ENGINE_X86_CPU_STATE_H

#include <stdint.h>

/* RFLAGS.IF (SDM volume 1, section 3.4.3.3): maskable interrupts are taken. */
#define RFLAGS_IF UINT64_C(0x200)

/* RFLAGS of this CPU. */
static inline uint64_t read_flags(void)
{
	uint64_t flags;

	asm volatile("pushfq; popq %0" : "=r"(flags) : : "memory");
	return flags;
}

/* The privilege level we run at: 0 on bare metal and in an HVM or PVH guest, 3 in a 64-bit Xen PV guest. */
static inline unsigned privilege_level(void)
{
	uint16_t selector;

	asm volatile("movw %%cs, %0" : "=r"(selector));
	return selector & 3;
}

#endif
