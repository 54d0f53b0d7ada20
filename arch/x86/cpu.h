/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Single instructions as functions.  Nothing here decides anything.
 */
#ifndef LULL_ARCH_CPU_H
#define LULL_ARCH_CPU_H

#include <stdbool.h>
#include <stdint.h>

/* The section of pv/engine/mask.h's WINDOW_CODE: what runs inside the window, or interrupts it, and has no patch site. */
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

/* True on AMD and Hygon, by CPUID's vendor: there hypercalls are VMMCALL. */
static inline bool cpu_is_amd(void)
{
	struct cpuid vendor = cpuid(0, 0);
	bool amd = vendor.ebx == 0x68747541 && vendor.edx == 0x69746e65 && vendor.ecx == 0x444d4163;
	bool hygon = vendor.ebx == 0x6f677948 && vendor.edx == 0x6e65476e && vendor.ecx == 0x656e6975;

	return amd || hygon;
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

/* False where the CPU has no number ready (SDM volume 1, 7.3.17: ten tries are enough). */
static inline bool cpu_rdrand(uint64_t *value)
{
	bool ready;

	asm volatile("rdrand %0" : "=r"(*value), "=@ccc"(ready));
	return ready;
}

static inline bool cpu_rdseed(uint64_t *value)
{
	bool ready;

	asm volatile("rdseed %0" : "=r"(*value), "=@ccc"(ready));
	return ready;
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

static inline uint16_t port_read16(uint16_t port)
{
	uint16_t value;

	asm volatile("inw %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline void port_write16(uint16_t port, uint16_t value)
{
	asm volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint32_t port_read32(uint16_t port)
{
	uint32_t value;

	asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline void port_write32(uint16_t port, uint32_t value)
{
	asm volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint64_t read_cr2(void)
{
	uint64_t value;

	asm volatile("movq %%cr2, %0" : "=r"(value));
	return value;
}

static inline uint64_t read_cr3(void)
{
	uint64_t value;

	asm volatile("movq %%cr3, %0" : "=r"(value));
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

#endif
