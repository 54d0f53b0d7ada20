/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * machine.h over the platform that this CPU turns out to run on.
 */
#include <arch/x86/acpi.h>
#include <arch/x86/cpu.h>
#include <arch/x86/paging.h>
#include <arch/x86/ports.h>
#include <core/machine.h>
#include <pv/engine/x86/cpu_state.h>
#include <pv/engine/x86/serialise.h>
#include <pv/events.h>
#include <pv/hypervisor.h>
#include <pv/platform.h>
#include <pv/xen/guest.h>
#include <pv/xen/hypercall.h>
#include <pv/xen/pv.h>

/* The last answers to everybody.  hypervisor_list.c decides where several hypervisors show. */
static const struct platform *const platforms[] = {
	&platform_xen_pv, &platform_xen_hvm, &platform_kvm, &platform_vmware, &platform_hyperv, &platform_native,
};

#define NANOSECONDS_PER_MILLISECOND 1000000u
/* Taken when nobody states a frequency and there is no PIT to measure one: a tick is then called a nanosecond. */
#define CLOCK_KHZ_UNKNOWN 1000000u

/* QEMU's isa-debug-exit then exits with 2 * 0x31 + 1 = 99. */
#define STATUS_CRASHED 0x31

static const char last_word[] = "lull: nothing here can end the machine, so it stands still\n";

static const struct platform *platform;
static bool debug_port;
static uint64_t clock_khz = CLOCK_KHZ_UNKNOWN;

/* False in a Xen PV guest, where RFLAGS.IF does not mask either and even to ask a port faults. */
static bool has_ports(void) { return privilege_level() == 0; }

/* What needs no loader's word: so that a fault in a door is not silent either. */
static void open_ports(void)
{
	static bool open;

	if (open || !has_ports())
		return;
	open = true;
	serial_start();
	debug_port = debug_port_answers();
}

static void find_platform(void)
{
	for (unsigned i = 0; i < sizeof(platforms) / sizeof(platforms[0]) && !platform; i++)
		if (platforms[i]->detect())
			platform = platforms[i];
}

/* Only where nothing better was found: at privilege level 3 CPUID may answer for another machine. */
static void name_stranger(struct machine *machine)
{
	if (platform != &platform_native)
		return;
	machine->unknown_hypervisor = hypervisor()->hypervisor == HYPERVISOR_UNKNOWN;
	hypervisor_name(&hypervisor()->interface, machine->hypervisor);
}

static void freeze_features(struct machine *machine)
{
	struct lull_features *features = &machine->features;
	struct cpuid extended = cpuid(0, 0).eax >= 7 ? cpuid(7, 0) : (struct cpuid){ 0 };

	lull_features_set(features, platform->feature);
	lull_features_set(features, has_ports() ? LULL_FEATURE_MASK_FLAG : LULL_FEATURE_MASK_BYTE);
	if (extended.ebx & 1u << 9)
		lull_features_set(features, LULL_FEATURE_ERMS);
	if (extended.edx & 1u << 4)
		lull_features_set(features, LULL_FEATURE_FSRM);
	if (serialise_start())
		lull_features_set(features, LULL_FEATURE_SERIALIZE);
	if (cpu_wants_vmmcall())
		lull_features_set(features, LULL_FEATURE_VENDOR_AMD);
}

/* One CPU counts as one only when somebody vouches for it. */
static void count_cpus(const struct boot_info *info, struct machine *machine)
{
	unsigned limit = platform->cpu_limit();

	if (limit == 0)
		limit = acpi_cpu_limit(info->rsdp.v, reach_memory);
	machine->cpus = limit ? limit : 1;
	if (limit == 1)
		lull_features_set(&machine->features, LULL_FEATURE_ONE_CPU);
}

struct error machine_wake(struct boot_info *info, struct machine *machine)
{
	*machine = (struct machine){ 0 };
	open_ports();
	find_platform();
	machine->backend = platform->backend;
	machine->backend_name = platform->name;
	struct error error = platform->start(info);
	name_stranger(machine);
	freeze_features(machine);
	count_cpus(info, machine);
	uint64_t khz = platform->clock_khz();
	if (khz != 0)
		clock_khz = khz;
	return error;
}

void machine_console_write(const char *text, size_t size, bool urgent)
{
	open_ports();
	/* A door that fails does so before machine_wake() has looked; Xen logs what goes to the debug port. */
	if (urgent)
		find_platform();
	serial_write(text, size);
	if (platform)
		platform->console_write(text, size);
	if (debug_port || (urgent && platform == &platform_xen_hvm))
		debug_port_write(text, size);
}

WINDOW_CODE uint64_t machine_clock(void) { return read_tsc(); }

uint64_t machine_nanoseconds(uint64_t ticks)
{
	uint64_t whole = ticks / clock_khz * NANOSECONDS_PER_MILLISECOND;

	return whole + ticks % clock_khz * NANOSECONDS_PER_MILLISECOND / clock_khz;
}

bool machine_is_control_domain(const struct boot_info *info)
{
	return (platform == &platform_xen_hvm || platform == &platform_xen_pv) && xen_is_dom0(info);
}

/* In a PV guest the instruction alone may answer for the machine under Xen; with Xen's prefix, Xen answers. */
void machine_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
	struct cpuid (*ask)(uint32_t, uint32_t) = has_ports() ? cpuid : xen_pv_cpuid;
	struct cpuid answer = { 0 };

	if (leaf <= ask(leaf & 0x80000000, 0).eax)
		answer = ask(leaf, subleaf);
	out[0] = answer.eax;
	out[1] = answer.ebx;
	out[2] = answer.ecx;
	out[3] = answer.edx;
}

bool machine_reach(struct range range) { return platform->reach(range); }

void machine_sites_ready(bool ready) { xen_hypercall_use_site(ready); }

void machine_retire(void)
{
	serial_drain();
	platform->console_drain();
	events_mask();
}

/* A fault in here comes back by way of fatal(), and then goes on behind what it failed in. */
_Noreturn void machine_crash(void)
{
	static unsigned attempts;
	unsigned attempt = attempts++;

	machine_sites_ready(false);
	find_platform();
	if (attempt == 0) {
		serial_drain();
		platform->console_drain();
	}
	if (attempt <= 1)
		platform->crash();
	if (has_ports())
		debug_exit(STATUS_CRASHED);
	machine_console_write(last_word, sizeof(last_word) - 1, true);
	for (;;)
		halt();
}
