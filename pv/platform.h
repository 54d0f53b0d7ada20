/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one platform supplies beside its mask (mask.h).  machine.c finds the platform that answers and asks it.
 *
 * A member that is NULL means what a PC without a hypervisor does, which machine.c knows: consoles are ports, CPUs are
 * counted by ACPI, the clock is what CPUID states, memory is mapped by our own page tables.
 */
#ifndef LULL_PV_PLATFORM_H
#define LULL_PV_PLATFORM_H

#include <arch/x86/cpu.h>
#include <core/boot_info.h>
#include <core/disks.h>
#include <pv/engine/mask.h>
#include <stddef.h>

struct platform {
	/* What masks: flag_backend (apic_proof.h), or one of the platform's own. */
	const struct backend *backend;
	/* True when this CPU runs under it, for a platform that has no line in hypervisor_known.h. */
	bool (*detect)(void);
	/* Opens its consoles and completes the memory map.  Errors: HYPERCALL. */
	struct error (*start)(struct boot_info *info);
	/* CPUs that can ever exist; 0 when it cannot say. */
	unsigned (*cpu_limit)(void);
	/* Frequency of the time stamp counter in kHz; 0 when it cannot say, and CPUID is asked. */
	uint64_t (*clock_khz)(void);
	/* machine_is_control_domain() of machine.h.  NULL: there is no such thing. */
	bool (*is_control_domain)(const struct boot_info *info);
	/* The CPUID that the next kernel will see.  NULL: the instruction. */
	struct cpuid (*cpuid)(uint32_t leaf, uint32_t subleaf);
	/* Told when the machine may use its patch sites (machine_sites_ready()), and when no longer. */
	void (*sites_ready)(bool ready);

	/* machine_reach() of machine.h. */
	bool (*reach)(struct range range);

	/* Writes to consoles that are no ports. */
	void (*console_write)(const char *text, size_t size);
	/* Takes a byte that came on one of them; false when there is none. */
	bool (*console_read)(char *out);
	/* Lets others have the CPU for a moment. */
	void (*yield)(void);
	/* Waits, bounded, until these have taken their text. */
	void (*console_drain)(void);
	/* The hypervisor logs what goes to the debug port, though the port cannot be read back: urgent text goes there. */
	bool logs_debug_port;
	/* Ends the machine as crashed; returns where it cannot. */
	void (*crash)(void);

	/* machine_disks_open() and machine_disks_close() of core/disks.h.  NULL: disks are virtio's. */
	struct error (*disks_open)(const struct boot_info *info, struct machine_disks *disks);
	struct error (*disks_close)(struct machine_disks *disks);
};

#define KNOWN_HYPERVISOR(id, file, feature, name, signature, least) extern const struct platform platform_##file;
#include <pv/hypervisor_known.h>
#undef KNOWN_HYPERVISOR
extern const struct platform platform_xen_pv;
extern const struct platform platform_native;

#endif
