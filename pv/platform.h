/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one platform supplies beside its mask (mask.h).  machine.c finds the platform that answers and asks it.
 */
#ifndef LULL_PV_PLATFORM_H
#define LULL_PV_PLATFORM_H

#include <core/boot_info.h>
#include <pv/engine/mask.h>
#include <stddef.h>

struct platform {
	const char *name;
	const struct backend *backend;
	/* The LULL_FEATURE_BACKEND_* that it sets. */
	unsigned feature;

	/* True when this CPU runs under it.  Asks CPUID only. */
	bool (*detect)(void);
	/* Opens its consoles and completes the memory map.  Errors: HYPERCALL. */
	struct error (*start)(struct boot_info *info);
	/* CPUs that can ever exist; 0 when it cannot say. */
	unsigned (*cpu_limit)(void);
	/* Frequency of the time stamp counter in kHz; 0 when it cannot say. */
	uint64_t (*clock_khz)(void);

	/* machine_reach() of machine.h. */
	bool (*reach)(struct range range);

	void (*console_write)(const char *text, size_t size);
	/* Waits, bounded, until the console has taken its text. */
	void (*console_drain)(void);
	/* Ends the machine as crashed; returns where it cannot. */
	void (*crash)(void);
};

extern const struct platform platform_xen_hvm;
extern const struct platform platform_xen_pv;
extern const struct platform platform_kvm;
extern const struct platform platform_vmware;
extern const struct platform platform_hyperv;
extern const struct platform platform_native;

#endif
