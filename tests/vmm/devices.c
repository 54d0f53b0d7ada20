/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The devices that a kernel with a serial line meets: a 16550A, whatever ends the machine, and of Cloud Hypervisor's the timer of
 * ACPI and the I/O APIC, which is outside of KVM there. All that is not there reads as ones.
 */
#include "vmm.h"

#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SERIAL_IRQ 4
#define MASKED     (1u << 16)

/* The I/O APIC of a split interrupt controller. Its lines are edges here: nothing else is connected. */
static struct {
	uint32_t selected;
	uint32_t half[24 * 2];
} io_apic;

static void io_apic_start(void)
{
	for (unsigned i = 0; i < 24; i++)
		io_apic.half[i * 2] = MASKED;
}

/* 82093AA, 3.2: registers 0x10 and up are the halves of the table's entries. */
static uint32_t *io_apic_register(void)
{
	static uint32_t other;
	const uint32_t half = io_apic.selected - 0x10;

	other = io_apic.selected == 1 ? 0x170011 : 0;
	return half < 24 * 2 ? &io_apic.half[half] : &other;
}

void memory_access(uint64_t address, bool write, uint8_t *data, unsigned size)
{
	const uint64_t offset = address - (uint32_t)IOAPIC_ADDRESS;

	if (!write)
		memset(data, 0xff, size);
	if (size != 4 || (offset != 0 && offset != 0x10))
		return;
	uint32_t *where = offset == 0 ? &io_apic.selected : io_apic_register();
	if (write)
		memcpy(where, data, 4);
	else
		memcpy(data, where, 4);
}

/* The message that an entry of the table stands for (82093AA, 3.2.4; SDM volume 3A, 11.11). */
static void io_apic_edge(const struct vmm *vmm, unsigned line)
{
	const uint32_t low = io_apic.half[line * 2], high = io_apic.half[line * 2 + 1];
	const struct kvm_msi message = {
		.address_lo = (uint32_t)APIC_BASE_ADDRESS | high >> 24 << 12 | (low >> 11 & 1) << 2,
		.data = low & 0x7ff,
	};

	if (!(low & MASKED))
		must(vmm->vm, KVM_SIGNAL_MSI, &message, "KVM_SIGNAL_MSI");
}

static void serial_interrupt(const struct vmm *vmm)
{
	if (vmm->imitated == CLOUD_HYPERVISOR) {
		io_apic_edge(vmm, SERIAL_IRQ);
		return;
	}
	for (unsigned level = 2; level-- > 0;)
		must(vmm->vm, KVM_IRQ_LINE, &(struct kvm_irq_level){ .irq = SERIAL_IRQ, .level = level }, "KVM_IRQ_LINE");
}

/* A UART that sends at once and never receives, as vm-superio's does without an input. */
static struct {
	uint8_t interrupts, line, modem, scratch, divisor[2];
	bool sent;
} serial;

static void serial_write(const struct vmm *vmm, unsigned offset, uint8_t value)
{
	const bool divisor = serial.line & 0x80;

	if (offset < 2 && divisor)
		serial.divisor[offset] = value;
	else if (offset == 0) {
		if (write(STDOUT_FILENO, &value, 1) != 1)
			fail("the console takes no more");
		serial.sent = true;
		if (serial.interrupts & 2)
			serial_interrupt(vmm);
	} else if (offset == 1)
		serial.interrupts = value & 0xf;
	else if (offset == 3)
		serial.line = value;
	else if (offset == 4)
		serial.modem = value;
	else if (offset == 7)
		serial.scratch = value;
}

static uint8_t serial_read(unsigned offset)
{
	uint8_t identification;

	switch (offset) {
	case 0:
	case 1:
		return serial.line & 0x80 ? serial.divisor[offset] : offset ? serial.interrupts : 0;
	case 2:
		identification = serial.sent && (serial.interrupts & 2) ? 0xc2 : 0xc1;
		serial.sent = false;
		return identification;
	case 3:
		return serial.line;
	case 4:
		return serial.modem;
	case 5:
		return 0x60;
	case 6:
		/* Looped back, the outputs are the inputs; else somebody listens. */
		return serial.modem & 0x10 ? (uint8_t)((serial.modem & 3) << 4 | (serial.modem & 0xc) << 4) : 0xb0;
	default:
		return serial.scratch;
	}
}

/* 3.579545 MHz (ACPI 6.5, 4.8.3.3). */
static uint32_t pm_timer(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint32_t)((uint64_t)now.tv_sec * 3579545 + (uint64_t)now.tv_nsec * 3579545 / 1000000000);
}

/* What ends the machine, by a write of one byte. */
static void maybe_end(const struct vmm *vmm, uint16_t port, uint8_t value)
{
	/* S5 (5) in bits 2 to 4, and the enable bit (ACPI 6.5, 4.8.3.7). */
	const uint8_t power_off = 5 << 2 | 1 << 5;

	if (port == 0x64 && value == 0xfe)
		exit(STATUS_RESET);
	if (vmm->imitated == CLOUD_HYPERVISOR && port == 0x600 && value == 1)
		exit(STATUS_RESET);
	if (vmm->imitated == CLOUD_HYPERVISOR && port == 0x600 && value == power_off)
		exit(STATUS_POWEROFF);
	/* Neither has this one: it is how the lab's guests, and lull, say how they ended. */
	if (port == 0xf4)
		exit(value);
}

void port_access(const struct vmm *vmm, uint16_t port, bool write, uint8_t *data, unsigned size)
{
	static bool started;
	const unsigned serial_offset = (unsigned)port - 0x3f8;

	if (!started)
		io_apic_start();
	started = true;
	if (!write)
		memset(data, 0xff, size);
	if (write && size == 1)
		maybe_end(vmm, port, *data);
	if (serial_offset < 8 && size == 1) {
		if (write)
			serial_write(vmm, serial_offset, *data);
		else
			*data = serial_read(serial_offset);
	} else if (!write && (port == 0x64 || port == 0x71)) {
		/* A keyboard controller with nothing to say, and a clock that stands still and is never busy. */
		*data = 0;
	} else if (!write && vmm->imitated == CLOUD_HYPERVISOR && port == 0x608 && size == 4) {
		const uint32_t ticks = pm_timer();
		memcpy(data, &ticks, sizeof(ticks));
	} else if (!write && vmm->imitated == CLOUD_HYPERVISOR && port == 0x600) {
		*data = 0;
	}
}
