/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Implements machine.h: finds the platform that this CPU runs on, asks it, and does itself what it leaves out.
 */
#include <arch/x86/acpi.h>
#include <arch/x86/cpu.h>
#include <arch/x86/paging.h>
#include <arch/x86/ports.h>
#include <core/machine.h>
#include <pv/clock.h>
#include <pv/cpu_features.h>
#include <pv/engine/x86/cpu_state.h>
#include <pv/events.h>
#include <pv/hypervisor.h>
#include <pv/platform.h>
#include <pv/virtio/virtio.h>

#include <string.h>

/* Tried in this order; the last one takes any CPU.  hypervisor_known.h decides where several hypervisors show. */
static const struct candidate {
	const struct platform *platform;
	/* What the first status line calls it. */
	const char *name;
	uint8_t feature;
	/* Whose interface it is; where it has one of its own, platform->detect decides instead. */
	enum hypervisor hypervisor;
} candidates[] = {
	{ &platform_xen_pv, "xen-pv", LULL_FEATURE_BACKEND_XEN_PV, HYPERVISOR_NONE },
#define KNOWN_HYPERVISOR(id, file, feature, name, signature, least) \
	{ &platform_##file, name, LULL_FEATURE_BACKEND_##feature, HYPERVISOR_##id },
#include <pv/hypervisor_known.h>
#undef KNOWN_HYPERVISOR
	{ &platform_native, "native", LULL_FEATURE_BACKEND_NATIVE, HYPERVISOR_NONE },
};

/* QEMU's isa-debug-exit then exits with 2 * 0x31 + 1 = 99. */
#define STATUS_CRASHED 0x31

static const char last_word[] = "lull: nothing here can end the machine, so it stands still\n";

static const struct candidate *found;
static const struct platform *platform;
static bool debug_port;
/* 0: nobody states it. */
static uint64_t clock_khz;

/* False in a Xen PV guest, where RFLAGS.IF does not mask either and even to ask a port faults. */
static bool has_ports(void) { return privilege_level() == 0; }

/* Opens the consoles that are ports.  They need nothing of the loader, so a fault in a door is not silent either. */
static void open_ports(void)
{
	static bool open;

	if (open || !has_ports())
		return;
	open = true;
	serial_start();
	debug_port = debug_port_answers();
}

static bool answers(const struct candidate *candidate)
{
	if (candidate->platform->detect)
		return candidate->platform->detect();
	return privilege_level() == 0 && hypervisor()->hypervisor == candidate->hypervisor;
}

static void find_platform(void)
{
	for (unsigned i = 0; i < sizeof(candidates) / sizeof(candidates[0]) && !platform; i++)
		if (answers(&candidates[i])) {
			found = &candidates[i];
			platform = found->platform;
		}
}

/* Finds ACPI's root pointer where the door gave none. Firecracker leaves the search to the kernel by its PVH entry too. */
static struct error start_pc(struct boot_info *info)
{
	if (info->rsdp.v == 0)
		info->rsdp = gpa(acpi_find_rsdp(reach_memory));
	return error_none();
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

	lull_features_set(features, found->feature);
	lull_features_set(features, has_ports() ? LULL_FEATURE_MASK_FLAG : LULL_FEATURE_MASK_BYTE);
	cpu_features_set(features);
}

/* One CPU counts as one only when somebody vouches for it. */
static void count_cpus(const struct boot_info *info, struct machine *machine)
{
	unsigned limit = platform->cpu_limit ? platform->cpu_limit() : 0;

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
	machine->backend_name = found->name;
	struct error error = platform->start ? platform->start(info) : start_pc(info);
	name_stranger(machine);
	freeze_features(machine);
	count_cpus(info, machine);
	clock_khz = platform->clock_khz ? platform->clock_khz() : 0;
	if (clock_khz == 0)
		clock_khz = clock_stated_khz(cpuid);
	return error;
}

void machine_console_write(const char *text, size_t size, bool urgent)
{
	open_ports();
	/* A door that fails does so before machine_wake() has looked; Xen logs what goes to the debug port. */
	if (urgent)
		find_platform();
	serial_write(text, size);
	if (platform && platform->console_write)
		platform->console_write(text, size);
	if (debug_port || (urgent && platform->logs_debug_port))
		debug_port_write(text, size);
}

bool machine_console_read(char *out)
{
	if (serial_read(out) || (platform->console_read && platform->console_read(out)))
		return true;
	if (platform->yield)
		platform->yield();
	else
		cpu_pause();
	return false;
}

WINDOW_CODE uint64_t machine_clock(void) { return read_tsc(); }

uint64_t machine_nanoseconds(uint64_t ticks) { return clock_nanoseconds(ticks, clock_khz); }

uint64_t machine_waited(uint64_t start)
{
	return clock_nanoseconds(machine_clock() - start, clock_khz != 0 ? clock_khz : CLOCK_ASSUMED_KHZ);
}

bool machine_is_control_domain(const struct boot_info *info)
{
	return platform->is_control_domain && platform->is_control_domain(info);
}

void machine_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
	struct cpuid (*ask)(uint32_t, uint32_t) = platform->cpuid ? platform->cpuid : cpuid;
	struct cpuid answer = { 0 };

	if (leaf <= ask(leaf & 0x80000000, 0).eax)
		answer = ask(leaf, subleaf);
	out[0] = answer.eax;
	out[1] = answer.ebx;
	out[2] = answer.ecx;
	out[3] = answer.edx;
}

/* CPUID's bits: leaf 1, ecx 30; leaf 7, ebx 18. */
static uint64_t ask_cpu(bool has_it, bool (*ask)(uint64_t *value))
{
	uint64_t value = 0;

	for (unsigned tries = 0; has_it && tries < 10; tries++)
		if (ask(&value))
			return value;
	return 0;
}

/* Spreads each bit over all: an odd multiplier and a shift, as often as it takes. */
static uint64_t mix(uint64_t value)
{
	for (unsigned i = 0; i < 3; i++) {
		value ^= value >> 32;
		value *= UINT64_C(0x9e3779b97f4a7c15);
	}
	return value ^ value >> 32;
}

uint64_t machine_random(uint64_t seed)
{
	uint32_t basic[4], extended[4];

	machine_cpuid(1, 0, basic);
	machine_cpuid(7, 0, extended);
	seed = mix(seed) ^ machine_clock();
	seed = mix(seed) ^ ask_cpu(basic[2] >> 30 & 1, cpu_rdrand);
	return mix(seed) ^ ask_cpu(extended[1] >> 18 & 1, cpu_rdseed);
}

bool machine_reach(struct range range) { return platform->reach ? platform->reach(range) : paging_reach(range); }

struct error machine_disks_open(const struct boot_info *info, struct machine_disks *disks)
{
	memset(disks, 0, sizeof(*disks));
	return platform->disks_open ? platform->disks_open(info, disks) : virtio_open(info, disks);
}

struct error machine_disks_close(struct machine_disks *disks)
{
	return platform->disks_close ? platform->disks_close(disks) : virtio_close(disks);
}

/* Also called for a fault in a door, when no platform has been looked for. */
void machine_sites_ready(bool ready)
{
	if (platform && platform->sites_ready)
		platform->sites_ready(ready);
}

static void drain(void)
{
	serial_drain();
	if (platform->console_drain)
		platform->console_drain();
}

void machine_retire(void)
{
	drain();
	events_mask();
}

/* A fault in here calls fatal(), which calls this again: `attempt` then skips what failed. */
_Noreturn void machine_crash(void)
{
	static unsigned attempts;
	unsigned attempt = attempts++;

	find_platform();
	machine_sites_ready(false);
	if (attempt == 0)
		drain();
	if (attempt <= 1 && platform->crash)
		platform->crash();
	if (has_ports())
		debug_exit(STATUS_CRASHED);
	machine_console_write(last_word, sizeof(last_word) - 1, true);
	for (;;)
		halt();
}
