/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Consoles, the interrupt controllers, and the end: what the machine has with or without Xen.
 */
#include "pvh.h"

#include <xen/xen.h>

#define COM1 0x3f8
#define DEBUG_PORT 0xe9
/* QEMU's isa-debug-exit, and the values the shim writes there as well. */
#define EXIT_PORT 0xf4
#define EXIT_GOOD 0x10
#define EXIT_BAD  0x31
/* Bochs has no such port.  It ends when this word is written to this one (its manual, "port 0x8900"). */
#define BOCHS_PORT 0x8900
#define BOCHS_WORD "Shutdown"

#define MSR_APIC_BASE 0x1b
#define APIC_BASE_ENABLE (1u << 11)
#define APIC_BASE_X2APIC (1u << 10)
/* Registers by their offsets in the page (SDM volume 3A, table 10-1); an x2APIC has MSR 0x800 + offset / 16. */
#define APIC_SPURIOUS 0x0f0
#define APIC_SERVICE  0x100
#define APIC_REQUEST  0x200
#define APIC_COMMAND  0x300
#define APIC_TIMER    0x320
#define APIC_LINT0    0x350

static bool serial;

static bool serial_there(void)
{
	port_write(COM1 + 7, 0x5a);
	return port_read(COM1 + 7) == 0x5a;
}

void machine_start(uint32_t start_flags)
{
	bool dom0 = start_flags & SIF_INITDOMAIN;

	if (on_xen())
		xen_console_start(dom0);
	else
		serial = serial_there();
	fact("on %s", on_xen() ? dom0 ? "xen, dom0" : "xen, domU" : "no xen");
}

void console_write(const char *text, unsigned size)
{
	xen_console_write(text, size);
	for (unsigned i = 0; i < size; i++) {
		if (serial) {
			for (unsigned wait = 0; wait < 100000 && !(port_read(COM1 + 5) & 0x20); wait++)
				;
			port_write(COM1, (uint8_t)text[i]);
		}
		if (!on_xen() || !(found.flags & SIF_INITDOMAIN))
			port_write(DEBUG_PORT, (uint8_t)text[i]);
	}
}

/* Bochs models the time that a byte takes on the line, and drops what is still in the transmitter. */
static void serial_drain(void)
{
	for (unsigned wait = 0; serial && wait < 100000 && !(port_read(COM1 + 5) & 0x40); wait++)
		;
}

static uint32_t apic_read(uint32_t offset)
{
	uint64_t base = read_msr(MSR_APIC_BASE);

	if (base & APIC_BASE_X2APIC)
		return (uint32_t)read_msr(0x800 + offset / 16);
	return *(volatile uint32_t *)(uintptr_t)((base & 0xfffff000) + offset);
}

static void apic_write(uint32_t offset, uint32_t value)
{
	uint64_t base = read_msr(MSR_APIC_BASE);

	if (base & APIC_BASE_X2APIC)
		write_msr(0x800 + offset / 16, value);
	else
		*(volatile uint32_t *)(uintptr_t)((base & 0xfffff000) + offset) = value;
}

unsigned lapic_vector(bool service)
{
	if (!(read_msr(MSR_APIC_BASE) & APIC_BASE_ENABLE))
		return 0;
	for (unsigned i = 8; i-- > 0;) {
		uint32_t bits = apic_read((service ? APIC_SERVICE : APIC_REQUEST) + 16 * i);

		if (bits)
			return 32 * i + 31 - (unsigned)__builtin_clz(bits);
	}
	return 0;
}

void lapic_enable(void)
{
	if (read_msr(MSR_APIC_BASE) & APIC_BASE_ENABLE)
		apic_write(APIC_SPURIOUS, apic_read(APIC_SPURIOUS) | 0x100);
}

static void lapic_self_interrupt(unsigned vector)
{
	lapic_enable();
	apic_write(APIC_COMMAND, 0x40000 | vector);
}

void check_machine(void)
{
	uint64_t base = read_msr(MSR_APIC_BASE);
	unsigned requested, serviced;

	fact("pic masks %x %x", (uint32_t)port_read(0x21), (uint32_t)port_read(0xa1));
	fact("apic base %llx", base);
	if (!(base & APIC_BASE_ENABLE))
		return;
	if (fault("lapic"))
		lapic_self_interrupt(0x77);
	requested = lapic_vector(false);
	serviced = lapic_vector(true);
	fact("apic spurious %x timer %x lint0 %x requested %x in service %x", apic_read(APIC_SPURIOUS), apic_read(APIC_TIMER),
	     apic_read(APIC_LINT0), requested, serviced);
	if (fault("timer")) {
		lapic_enable();
		apic_write(APIC_TIMER, 0x20077);
	}
	if (requested)
		wrong("the local APIC holds a requested interrupt: %x", requested);
	if (serviced)
		wrong("the local APIC holds an interrupt in service: %x", serviced);
	if (!(apic_read(APIC_TIMER) & 1u << 16))
		wrong("the local APIC's timer is not masked: %x", apic_read(APIC_TIMER));
}

_Noreturn void machine_end(bool good)
{
	if (on_xen()) {
		xen_console_drain();
		xen_shutdown(good);
	}
	port_write(EXIT_PORT, good ? EXIT_GOOD : EXIT_BAD);
	if (good) {
		serial_drain();
		for (const char *word = BOCHS_WORD; *word; word++)
			port_write(BOCHS_PORT, (uint8_t)*word);
	}
	for (;;)
		__asm__ volatile("cli; hlt");
}
