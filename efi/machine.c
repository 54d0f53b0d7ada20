/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Implements machine.h inside boot services: the machine is firmware's still, and is asked for what pv/machine.c does itself.
 *
 * Whoever runs this machine, what masks is RFLAGS.IF (quiet.h).  Its name is told for the user and for the sites.
 */
#include <arch/x86/acpi.h>
#include <arch/x86/cpu.h>
#include <core/machine.h>
#include <efi/console.h>
#include <efi/firmware.h>
#include <efi/quiet.h>
#include <efi/traps.h>
#include <pv/apic_proof.h>
#include <pv/clock.h>
#include <pv/cpu_features.h>
#include <pv/hypervisor.h>
#include <pv/pc.h>


static const EFI_GUID acpi_table = ACPI_20_TABLE_GUID;
/* 0: nobody states it. */
static uint64_t clock_khz;

/* What gcc puts between a frame's buffers and its return address; efi_main() stirs in the time of day. */
uintptr_t __stack_chk_guard = 0x6c756c6c00ff0a0d;

static const struct {
	enum hypervisor hypervisor;
	char name[8];
	uint8_t feature;
} backends[] = {
#define KNOWN_HYPERVISOR(id, file, feature, name, signature, least) { HYPERVISOR_##id, name, LULL_FEATURE_BACKEND_##feature },
#include <pv/hypervisor_known.h>
#undef KNOWN_HYPERVISOR
	/* The last takes any other. */
	{ HYPERVISOR_NONE, "native", LULL_FEATURE_BACKEND_NATIVE },
};

static void name_backend(struct machine *machine)
{
	unsigned i = 0;

	while (backends[i].hypervisor != HYPERVISOR_NONE && backends[i].hypervisor != hypervisor()->hypervisor)
		i++;
	machine->backend = &flag_backend;
	machine->backend_name = backends[i].name;
	lull_features_set(&machine->features, backends[i].feature);
	machine->unknown_hypervisor = hypervisor()->hypervisor == HYPERVISOR_UNKNOWN;
	hypervisor_name(&hypervisor()->interface, machine->hypervisor);
}

/* Firmware maps memory at its own address (UEFI 2.10, section 2.3.4). */
static struct span reach_firmware(uint64_t address, uint64_t size)
{
	struct range range;

	return address != 0 && range_make(address, size, &range) ? span((const void *)address, size) : span(NULL, 0);
}

static void freeze_features(const struct boot_info *info, struct machine *machine)
{
	struct lull_features *features = &machine->features;
	unsigned cpus = acpi_cpu_limit(info->rsdp.v, reach_firmware);

	lull_features_set(features, LULL_FEATURE_MASK_FLAG);
	cpu_features_set(features);
	if (cpus == 1)
		lull_features_set(features, LULL_FEATURE_ONE_CPU);
	machine->cpus = cpus ? cpus : 1;
}

static uint64_t stated_clock(void)
{
	enum hypervisor by = hypervisor()->hypervisor;
	uint64_t khz = by == HYPERVISOR_KVM || by == HYPERVISOR_VMWARE ? stated_khz() : 0;

	return khz != 0 ? khz : clock_stated_khz(cpuid);
}

struct error machine_wake(struct boot_info *info, struct machine *machine)
{
	*machine = (struct machine){ 0 };
	efi_console_start();
	info->rsdp = gpa((uint64_t)firmware_config_table(&acpi_table));
	name_backend(machine);
	freeze_features(info, machine);
	clock_khz = stated_clock();
	return firmware_read_image();
}

/* What fails inside the window is said outside of it: firmware's consoles take its own tables, and interrupts. */
void machine_console_write(const char *text, size_t size, bool urgent)
{
	(void)urgent;
	quiet_abandon();
	efi_console_write(text, size);
}

WINDOW_CODE uint64_t machine_clock(void) { return read_tsc(); }

uint64_t machine_nanoseconds(uint64_t ticks) { return clock_nanoseconds(ticks, clock_khz); }

/* Nothing here asks: the sites of lull.efi are those of the window itself and of its proof. */
void machine_sites_ready(bool ready) { (void)ready; }

/* Back to firmware, which tries what else there is to start (UEFI 2.10, section 7.4.5, EFI_BOOT_SERVICES.Exit()). */
_Noreturn void machine_crash(void)
{
	quiet_abandon();
	efi_traps_end();
	firmware.services->Exit(firmware.image, firmware.status, 0, NULL);
	for (;;)
		halt();
}
