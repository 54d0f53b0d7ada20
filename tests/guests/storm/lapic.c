/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The local APIC as the machine wakes up with it: memory-mapped (SDM volume 3A, chapter 11).
 */
#include "storm.h"

#define APIC_ID         0x020
#define APIC_PRIORITY   0x080
#define APIC_END        0x0b0
#define APIC_SPURIOUS   0x0f0
#define APIC_SERVICE    0x100
#define APIC_REQUESTS   0x200
#define APIC_COMMAND    0x300
#define APIC_RECEIVER   0x310
#define APIC_TIMER      0x320
#define APIC_COUNT      0x380
#define APIC_LEFT       0x390
#define APIC_DIVIDER    0x3e0

#define SPURIOUS_ENABLE 0x100u
#define SPURIOUS_VECTOR 0x2f
#define DIVIDE_BY_ONE   0xbu
#define COMMAND_INIT    0x4500u
#define COMMAND_START   0x4600u
#define COMMAND_FIXED   0x4000u
#define COMMAND_NMI     0x4400u
#define COMMAND_OTHERS  0xc0000u
#define COMMAND_BUSY    0x1000u

/* A page below 1 MiB: the number of the page is the vector of the start-up interrupt. */
#define AP_PAGE 0x8000u

extern const char ap_begin[], ap_end[];

QUIET_CODE static volatile uint32_t *apic(unsigned offset)
{
	return (volatile uint32_t *)(UINT64_C(0xfee00000) + offset);
}

QUIET_CODE static void command(uint32_t receiver, uint32_t low)
{
	while (*apic(APIC_COMMAND) & COMMAND_BUSY)
		cpu_pause();
	*apic(APIC_RECEIVER) = receiver << 24;
	*apic(APIC_COMMAND) = low;
}

void lapic_open(struct cpu *cpu)
{
	cpu->apic = *apic(APIC_ID) >> 24;
	*apic(APIC_PRIORITY) = 0;
	*apic(APIC_SPURIOUS) = SPURIOUS_ENABLE | SPURIOUS_VECTOR;
	*apic(APIC_DIVIDER) = DIVIDE_BY_ONE;
	*apic(APIC_TIMER) = VECTOR_TIMER;
}

void lapic_timer(struct cpu *cpu)
{
	*apic(APIC_COUNT) = cpu->period;
}

/* One of the two bitmaps of vectors, as it was read. */
struct vectors {
	uint32_t words[8];
};

static struct vectors read_vectors(unsigned bitmap)
{
	struct vectors vectors;

	for (unsigned i = 0; i < 8; i++)
		vectors.words[i] = *apic(bitmap + i * 16);
	return vectors;
}

static void print_vectors(const char *name, const struct vectors *vectors)
{
	print(" %s=", name);
	for (unsigned i = 0; i < 256; i++)
		if (vectors->words[i / 32] >> i % 32 & 1)
			print("%x,", i);
}

void lapic_report(void)
{
	const struct vectors requested = read_vectors(APIC_REQUESTS), served = read_vectors(APIC_SERVICE);
	const uint32_t timer = *apic(APIC_TIMER), count = *apic(APIC_COUNT), left = *apic(APIC_LEFT);

	print("storm: apic timer=%x count=%u left=%u divider=%x priority=%x", timer, count, left, *apic(APIC_DIVIDER),
	      *apic(APIC_PRIORITY));
	print_vectors("requested", &requested);
	print_vectors("served", &served);
	print("\n");
}

void lapic_start_others(unsigned count)
{
	(void)count;
	memcpy((void *)(uintptr_t)AP_PAGE, ap_begin, (size_t)(ap_end - ap_begin));
	command(0, COMMAND_INIT | COMMAND_OTHERS);
	/* Ten milliseconds, by the SDM's example; no CPU that this runs on has more than 10 GHz. */
	for (uint64_t start = read_tsc(); read_tsc() - start < 100000000;)
		cpu_pause();
	command(0, COMMAND_START | COMMAND_OTHERS | AP_PAGE >> 12);
}

QUIET_CODE void lapic_send(struct cpu *cpu, uint8_t vector) { command(cpu->apic, COMMAND_FIXED | vector); }

/* To itself too by number: the shorthand for that does not go with NMIs (table 11-3). */
void lapic_send_nmi(struct cpu *cpu) { command(cpu->apic, COMMAND_NMI); }

/* Of this CPU: nobody can read another one's. */
QUIET_CODE bool lapic_requested(uint8_t vector) { return *apic(APIC_REQUESTS + vector / 32 * 16) >> vector % 32 & 1; }

void lapic_end(void) { *apic(APIC_END) = 0; }
