/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arch/x86/apic.h>
#include <arch/x86/cpu.h>
#include <arch/x86/layout.h>

#define MSR_APIC_BASE 0x1b
#define APIC_BASE_X2APIC (UINT64_C(1) << 10)
#define APIC_BASE_ENABLE (UINT64_C(1) << 11)
#define APIC_BASE_ADDRESS UINT64_C(0x000ffffffffff000)
#define MSR_X2APIC 0x800

/* Register offsets (SDM volume 3A, table 11-1); an x2APIC has each at MSR 0x800 + offset / 16. */
#define APIC_TASK_PRIORITY 0x080
#define APIC_EOI           0x0b0
#define APIC_SPURIOUS      0x0f0
#define APIC_SERVICES      0x100
#define APIC_REQUESTS      0x200
#define APIC_COMMAND_LOW   0x300
#define X2APIC_SELF_IPI    0x83f

#define SPURIOUS_ENABLE  0x100u
#define COMMAND_SELF     0x40000u
#define COMMAND_ASSERT   0x4000u
#define COMMAND_BUSY     0x1000u
#define COMMAND_PATIENCE 100000

QUIET_CODE static bool x2apic(void) { return read_msr(MSR_APIC_BASE) & APIC_BASE_X2APIC; }

QUIET_CODE static volatile uint32_t *mapped(uint32_t offset)
{
	return (volatile uint32_t *)((read_msr(MSR_APIC_BASE) & APIC_BASE_ADDRESS) + offset);
}

QUIET_CODE static uint32_t apic_read(uint32_t offset)
{
	return x2apic() ? (uint32_t)read_msr(MSR_X2APIC + offset / 16) : *mapped(offset);
}

QUIET_CODE static void apic_write(uint32_t offset, uint32_t value)
{
	if (x2apic())
		write_msr(MSR_X2APIC + offset / 16, value);
	else
		*mapped(offset) = value;
}

bool apic_present(void)
{
	if (!(cpuid(1, 0).edx & 1u << 9))
		return false;
	uint64_t base = read_msr(MSR_APIC_BASE);
	return (base & APIC_BASE_ENABLE) && (base & APIC_BASE_ADDRESS) < UINT64_C(0x100000000);
}

struct apic_state apic_open(void)
{
	struct apic_state state = { apic_read(APIC_SPURIOUS), apic_read(APIC_TASK_PRIORITY) };

	apic_write(APIC_TASK_PRIORITY, 0);
	apic_write(APIC_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
	return state;
}

void apic_close(struct apic_state state)
{
	apic_write(APIC_SPURIOUS, state.spurious);
	apic_write(APIC_TASK_PRIORITY, state.task_priority);
}

QUIET_CODE void apic_self_interrupt(uint8_t vector)
{
	if (x2apic()) {
		write_msr(X2APIC_SELF_IPI, vector);
		return;
	}
	apic_write(APIC_COMMAND_LOW, COMMAND_SELF | COMMAND_ASSERT | vector);
	for (unsigned i = 0; i < COMMAND_PATIENCE && (apic_read(APIC_COMMAND_LOW) & COMMAND_BUSY); i++)
		cpu_pause();
}

QUIET_CODE bool apic_requested(uint8_t vector)
{
	return apic_read(APIC_REQUESTS + vector / 32 * 16) >> vector % 32 & 1;
}

QUIET_CODE uint8_t apic_in_service(void)
{
	for (unsigned word = 8; word-- > 0;) {
		uint32_t bits = apic_read(APIC_SERVICES + word * 16);

		if (bits != 0)
			return (uint8_t)(word * 32 + 31 - (unsigned)__builtin_clz(bits));
	}
	return 0;
}

QUIET_CODE void apic_end_of_interrupt(void) { apic_write(APIC_EOI, 0); }
