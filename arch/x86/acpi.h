/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As much of ACPI as counting CPUs takes.
 */
#ifndef LULL_ARCH_ACPI_H
#define LULL_ARCH_ACPI_H

#include <arch/x86/reach.h>

/*
 * Counts CPUs by ACPI's MADT, those that can be enabled later included; 0 when there is no MADT, or a damaged one.
 * `rsdp` may be 0.
 */
unsigned acpi_cpu_limit(uint64_t rsdp, reach_function reach);

/* The root pointer where a PC's BIOS keeps it (ACPI 6.5, section 5.2.5.1); 0 when it is not there. */
uint64_t acpi_find_rsdp(reach_function reach);

#endif
