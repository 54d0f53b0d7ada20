/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Single instructions as functions.  Nothing here decides anything.
 */
#ifndef LULL_ARCH_CPU_H
#define LULL_ARCH_CPU_H

#include <stdbool.h>
#include <stdint.h>

/* The section of pv/mask.h's WINDOW_CODE: what runs inside the window, or interrupts it, and has no patch site. */
#define QUIET_CODE __attribute__((section(".text.window")))

struct cpuid {
	uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid r;

	asm volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(subleaf));
	return r;
}

static inline uint64_t read_msr(uint32_t msr)
{
	uint32_t low, high;

	asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

static inline void write_msr(uint32_t msr, uint64_t value)
{
	asm volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

static inline uint64_t read_tsc(void)
{
	uint32_t low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

static inline uint8_t port_read(uint16_t port)
{
	uint8_t value;

	asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline void port_write(uint16_t port, uint8_t value)
{
	asm volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint64_t read_flags(void)
{
	uint64_t flags;

	asm volatile("pushfq; popq %0" : "=r"(flags) : : "memory");
	return flags;
}

#define RFLAGS_IF UINT64_C(0x200)

static inline uint64_t read_cr2(void)
{
	uint64_t value;

	asm volatile("movq %%cr2, %0" : "=r"(value));
	return value;
}

static inline void write_cr3(uint64_t value)
{
	asm volatile("movq %0, %%cr3" : : "r"(value) : "memory");
}

static inline void invalidate_page(uint64_t address)
{
	asm volatile("invlpg (%0)" : : "r"(address) : "memory");
}

/* Stops this CPU until an NMI. */
static inline void halt(void) { asm volatile("cli; hlt" : : : "memory"); }

static inline void cpu_pause(void) { asm volatile("pause" : : : "memory"); }

/* The privilege level we run at: 0 on bare metal and in an HVM or PVH guest, 3 in a 64-bit Xen PV guest. */
static inline unsigned privilege_level(void)
{
	uint16_t selector;

	asm volatile("movw %%cs, %0" : "=r"(selector));
	return selector & 3;
}

/*
 * Makes this CPU fetch again whatever it prefetched: SERIALIZE where the CPU has it, else IRET to the next instruction
 * (SDM volume 3A, sections 8.1.3 and 8.3).  Neither exits to a hypervisor, as CPUID and WBINVD would.  IRET ends the
 * blocking of NMIs, so this must not run inside an NMI handler.
 */
void serialise(void);

/* True when CPUID says SERIALIZE exists (leaf 7, EDX bit 14). */
bool cpu_has_serialize(void);

#endif
