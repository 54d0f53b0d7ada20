/* SPDX-License-Identifier: MIT */
/*
 * Bare metal, and every hypervisor that lull has no backend of its own for.
 *
 * What masks: RFLAGS.IF.  What still gets in: NMI, #MC, SMI and faults.  The handlers of NMI and #MC
 * (arch/x86/traps.c) have no patch sites; SMIs run in memory of their own.
 *
 * The proof is the local APIC's (apic_proof.h).
 */
#include <arch/x86/acpi.h>
#include <arch/x86/cpu.h>
#include <arch/x86/paging.h>
#include <arch/x86/ports.h>
#include <lull/site.h>
#include <pv/apic_proof.h>
#include <pv/platform.h>

static bool detect(void) { return privilege_level() == 0; }

static struct error start(struct boot_info *info)
{
	if (info->rsdp.v == 0 && info->door == DOOR_MULTIBOOT2)
		info->rsdp = gpa(acpi_find_rsdp(reach_memory));
	return error_none();
}

static void nothing(void) {}
static void no_text(const char *text, size_t size) { (void)text, (void)size; }
static unsigned cannot_say(void) { return 0; }

static const struct backend backend = FLAG_BACKEND("native");

const struct platform platform_native = {
	.name = "native",
	.backend = &backend,
	.feature = LULL_FEATURE_BACKEND_NATIVE,
	.mask_feature = LULL_FEATURE_MASK_FLAG,
	.has_ports = true,
	.detect = detect,
	.start = start,
	.cpu_limit = cannot_say,
	.clock_khz = pit_measure_khz,
	.reach = paging_reach,
	.console_write = no_text,
	.console_drain = nothing,
	.crash = nothing,
};
