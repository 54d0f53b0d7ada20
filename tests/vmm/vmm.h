/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small virtual machine monitor on /dev/kvm, which builds what Firecracker (from 1.12 on) or Cloud Hypervisor builds for a
 * kernel with a PVH note: the same addresses, tables, registers and devices, as far as a kernel with a serial line uses them.
 */
#ifndef VMM_H
#define VMM_H

#include <stdbool.h>
#include <stdint.h>

enum imitated { FIRECRACKER, CLOUD_HYPERVISOR };

/* How the program ends. A value written to port 0xf4 is a status too, as in the other machines of the lab. */
enum status { STATUS_POWEROFF = 0, STATUS_FAILED = 1, STATUS_RESET = 2, STATUS_TRIPLE_FAULT = 3 };

struct vmm {
	enum imitated imitated;
	int kvm, vm;
	unsigned cpus;
	/* RAM from address 0 on, and the rest of it from 4 GiB on. */
	uint8_t *low, *high;
	uint64_t low_size, high_size;
	/* What the first CPU begins with. */
	uint32_t entry;
};

/* Where both put things (layout.rs of either). */
enum {
	GDT_START = 0x500,
	IDT_START = 0x520,
	START_INFO = 0x6000,
	MODULE_LIST = 0x6040,
	MEMORY_MAP = 0x7000,
	COMMAND_LINE = 0x20000,
	HIGH_MEMORY = 0x100000,
	CLOUD_RSDP = 0xa0000,
	FIRECRACKER_SYSTEM = 0x9fc00,
	FIRECRACKER_RSDP = 0xe0000,
	APIC_BASE_ADDRESS = (int)0xfee00000,
	IOAPIC_ADDRESS = (int)0xfec00000,
};
#define DEVICES_START UINT64_C(0xc0000000)
#define FOUR_GIB      (UINT64_C(1) << 32)

/* Says what went wrong, and ends the program with STATUS_FAILED. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ioctl() that does not come back without success; NAME is said where it fails. */
int must(int descriptor, unsigned long request, const void *argument, const char *name);

/* The bytes of low RAM at an address; fails where there are not so many. */
void *guest(const struct vmm *vmm, uint64_t address, uint64_t size);

/* load.c: puts the kernel's segments, INITRD (or NULL) and all that start_info names into memory. LINE may be NULL. */
void load(struct vmm *vmm, const char *kernel, const char *initrd, const char *line);

/* tables.c: ACPI's tables, and Firecracker's MP table. */
void write_tables(const struct vmm *vmm);

/* cpu.c: a CPU's CPUID, local APIC and MSRs; and the state of the first one at the kernel's entry. */
void prepare_cpu(const struct vmm *vmm, int cpu, unsigned number);

/* devices.c: one access to a port, or to memory that is no RAM. */
void port_access(const struct vmm *vmm, uint16_t port, bool write, uint8_t *data, unsigned size);
void memory_access(uint64_t address, bool write, uint8_t *data, unsigned size);

#endif
