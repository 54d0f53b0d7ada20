/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a kernel finds of the machine in memory: ACPI 6.5's tables for hardware-reduced machines, and the MP table (MultiProcessor
 * Specification 1.4) that Firecracker has besides.
 */
#include "vmm.h"

#include <stddef.h>
#include <string.h>

#define LAST_IRQ 23

/* Appends to a table; the bytes after the end are zero. */
struct writer {
	uint8_t *at;
	uint64_t size;
};

static void put(struct writer *out, const void *bytes, uint64_t size)
{
	memcpy(out->at + out->size, bytes, size);
	out->size += size;
}

static void put_u8(struct writer *out, uint8_t value) { put(out, &value, 1); }
static void put_u32(struct writer *out, uint32_t value) { put(out, &value, 4); }
static void put_u64(struct writer *out, uint64_t value) { put(out, &value, 8); }

static void sum(uint8_t *table, uint64_t size, unsigned where)
{
	uint8_t total = 0;

	table[where] = 0;
	for (uint64_t i = 0; i < size; i++)
		total = (uint8_t)(total + table[i]);
	table[where] = (uint8_t)-total;
}

/* ACPI 6.5, 5.2.6: the header that all tables but the first have. */
static struct writer begin(const struct vmm *vmm, uint64_t address, const char *signature, uint8_t revision)
{
	struct writer out = { guest(vmm, address, 0x1000), 0 };

	put(&out, signature, 4);
	put_u32(&out, 0);
	put_u8(&out, revision);
	put_u8(&out, 0);
	put(&out, "LULLVMLULLTEST", 14);
	put_u32(&out, 1);
	put(&out, "LULL", 4);
	put_u32(&out, 1);
	return out;
}

static void finish(struct writer *out)
{
	const uint32_t size = (uint32_t)out->size;

	memcpy(out->at + 4, &size, sizeof(size));
	sum(out->at, out->size, 9);
}

/*
 * Scope (\_SB) { Device (COM1) { Name (_HID, EisaId ("PNP0501")) Name (_UID, 0) Name (_CRS, ResourceTemplate () {
 *     Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 4 } IO (Decode16, 0x3F8, 0x3F8, 0, 8) }) } }
 */
static const uint8_t serial_aml[] = {
	0x10, 0x39, '\\', '_', 'S', 'B', '_', 0x5b, 0x82, 0x31, 'C', 'O', 'M', '1',
	0x08, '_', 'H', 'I', 'D', 0x0c, 0x41, 0xd0, 0x05, 0x01, 0x08, '_', 'U', 'I', 'D', 0x00,
	0x08, '_', 'C', 'R', 'S', 0x11, 0x16, 0x0a, 0x13,
	0x89, 0x06, 0x00, 0x03, 0x01, 0x04, 0x00, 0x00, 0x00, 0x47, 0x01, 0xf8, 0x03, 0xf8, 0x03, 0x00, 0x08, 0x79, 0x00,
};
/* Name (_S5, Package () { 5 }) */
static const uint8_t power_off_aml[] = { 0x08, '_', 'S', '5', '_', 0x12, 0x04, 0x01, 0x0a, 0x05 };

static void write_dsdt(const struct vmm *vmm, uint64_t address)
{
	struct writer out = begin(vmm, address, "DSDT", 6);

	put(&out, serial_aml, sizeof(serial_aml));
	if (vmm->imitated == CLOUD_HYPERVISOR)
		put(&out, power_off_aml, sizeof(power_off_aml));
	finish(&out);
}

/* ACPI 6.5, 5.2.3.2: a register at a port. */
static void put_port(uint8_t *at, uint16_t port, uint8_t bytes)
{
	const uint8_t address[12] = { 1, (uint8_t)(bytes * 8), 0, bytes == 1 ? 1 : 3, (uint8_t)port, (uint8_t)(port >> 8) };

	memcpy(at, address, sizeof(address));
}

/* ACPI 6.5, 5.2.9. Firecracker's machine has no power-off; Cloud Hypervisor's has its port, and a timer. */
static void write_fadt(const struct vmm *vmm, uint64_t address, uint64_t dsdt)
{
	enum { SIZE = 276, PM_TIMER = 76, BOOT_FLAGS = 109, FLAGS = 112, RESET = 116, RESET_VALUE = 128, MINOR = 131, X_DSDT = 140,
	       X_PM_TIMER = 208, SLEEP_CONTROL = 244, SLEEP_STATUS = 256 };
	enum { TIMER_32_BITS = 1 << 8, HAS_RESET = 1 << 10, REDUCED = 1 << 20, NO_BUTTONS = 3 << 4 };
	struct writer out = begin(vmm, address, "FACP", 6);
	uint32_t flags = REDUCED;

	out.size = SIZE;
	out.at[MINOR] = 3;
	memcpy(out.at + X_DSDT, &dsdt, sizeof(dsdt));
	if (vmm->imitated == CLOUD_HYPERVISOR) {
		const uint32_t timer = 0x608;

		flags |= TIMER_32_BITS | HAS_RESET;
		memcpy(out.at + PM_TIMER, &timer, sizeof(timer));
		put_port(out.at + X_PM_TIMER, 0x608, 4);
		put_port(out.at + RESET, 0x600, 1);
		out.at[RESET_VALUE] = 1;
		put_port(out.at + SLEEP_CONTROL, 0x600, 1);
		put_port(out.at + SLEEP_STATUS, 0x600, 1);
	} else {
		flags |= NO_BUTTONS;
		/* No VGA, no MSI, no ASPM. */
		out.at[BOOT_FLAGS] = 7 << 2;
	}
	memcpy(out.at + FLAGS, &flags, sizeof(flags));
	finish(&out);
}

/* ACPI 6.5, 5.2.12: Cloud Hypervisor names its CPUs as x2APICs. */
static void write_madt(const struct vmm *vmm, uint64_t address)
{
	enum { ENABLED = 1, ONLINE_CAPABLE = 2 };
	struct writer out = begin(vmm, address, "APIC", 5);

	put_u32(&out, (uint32_t)APIC_BASE_ADDRESS);
	put_u32(&out, 0);
	for (unsigned i = 0; i < vmm->cpus; i++) {
		if (vmm->imitated == CLOUD_HYPERVISOR) {
			put(&out, (uint8_t[]){ 9, 16, 0, 0 }, 4);
			put_u32(&out, i);
			put_u32(&out, ENABLED | ONLINE_CAPABLE);
			put_u32(&out, i);
		} else {
			put(&out, (uint8_t[]){ 0, 8, (uint8_t)i, (uint8_t)i, 1, 0, 0, 0 }, 8);
		}
	}
	put(&out, (uint8_t[]){ 1, 12, 0, 0 }, 4);
	put_u32(&out, (uint32_t)IOAPIC_ADDRESS);
	put_u32(&out, 0);
	finish(&out);
}

/* MultiProcessor Specification 1.4, chapter 4. */
static void write_mp_table(const struct vmm *vmm)
{
	const uint64_t address = FIRECRACKER_SYSTEM + 16;
	const uint8_t io_apic = (uint8_t)(vmm->cpus + 1);
	struct writer pointer = { guest(vmm, FIRECRACKER_SYSTEM, 16), 0 };
	struct writer out = { guest(vmm, address, 0x1000), 0 };

	put(&pointer, "_MP_", 4);
	put_u32(&pointer, (uint32_t)address);
	put(&pointer, (uint8_t[]){ 1, 4, 0, 0, 0, 0, 0, 0 }, 8);
	sum(pointer.at, 16, 10);
	put(&out, "PCMP\0\0\4\0FC      000000000000", 28);
	put_u32(&out, 0);
	put_u32(&out, 0);
	put_u32(&out, (uint32_t)APIC_BASE_ADDRESS);
	put_u32(&out, 0);
	for (unsigned i = 0; i < vmm->cpus; i++) {
		put(&out, (uint8_t[]){ 0, (uint8_t)i, 0x14, i == 0 ? 3 : 1 }, 4);
		put_u32(&out, 0x600);
		put_u32(&out, 0x201);
		put_u64(&out, 0);
	}
	put(&out, "\1\0ISA   ", 8);
	put(&out, (uint8_t[]){ 2, io_apic, 0x14, 1 }, 4);
	put_u32(&out, (uint32_t)IOAPIC_ADDRESS);
	for (uint8_t i = 0; i <= LAST_IRQ; i++)
		put(&out, (uint8_t[]){ 3, 0, 0, 0, 0, i, io_apic, i }, 8);
	put(&out, (uint8_t[]){ 4, 3, 0, 0, 0, 0, 0, 0 }, 8);
	put(&out, (uint8_t[]){ 4, 1, 0, 0, 0, 0, 0xff, 1 }, 8);
	const uint16_t size = (uint16_t)out.size, entries = (uint16_t)(vmm->cpus + 2 + LAST_IRQ + 1 + 2);
	memcpy(out.at + 4, &size, sizeof(size));
	memcpy(out.at + 34, &entries, sizeof(entries));
	sum(out.at, out.size, 7);
}

void write_tables(const struct vmm *vmm)
{
	const uint64_t root = vmm->imitated == CLOUD_HYPERVISOR ? CLOUD_RSDP : FIRECRACKER_RSDP;
	/* Firecracker's lie in front of the root pointer, in what its map calls reserved. */
	const uint64_t tables = vmm->imitated == CLOUD_HYPERVISOR ? CLOUD_RSDP + 0x40 : FIRECRACKER_SYSTEM + 0x1400;
	struct writer out = { guest(vmm, root, 36), 0 };

	write_dsdt(vmm, tables);
	write_fadt(vmm, tables + 0x100, tables);
	write_madt(vmm, tables + 0x280);
	struct writer xsdt = begin(vmm, tables + 0x800, "XSDT", 1);
	put_u64(&xsdt, tables + 0x100);
	put_u64(&xsdt, tables + 0x280);
	finish(&xsdt);
	put(&out, "RSD PTR \0LULLVM\2\0\0\0\0", 20);
	put_u32(&out, 36);
	put_u64(&out, tables + 0x800);
	put_u32(&out, 0);
	sum(out.at, 20, 8);
	sum(out.at, 36, 32);
	if (vmm->imitated == FIRECRACKER)
		write_mp_table(vmm);
}
