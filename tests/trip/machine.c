/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine below the engine, refusing or failing: hypercalls, local APIC, page tables, consoles, the end.
 */
#include "trip.h"

#include <arch/x86/cpu.h>
#include <arch/x86/layout.h>
#include <arch/x86/traps.h>
#include <core/check.h>
#include <core/addr.h>
#include <core/console.h>
#include <xen/xen.h>
#include <xen/callback.h>
#include <xen/event_channel.h>
#include <xen/memory.h>
#include <xen/vcpu.h>

#define EPERM 1
#define ANY UINT64_MAX
#define NMI_PATIENCE 10000000

/* The local APIC (SDM volume 3A, section 11.6.1): its command for an NMI to one CPU. */
#define MSR_APIC_BASE 0x1b
#define APIC_BASE_X2APIC (UINT64_C(1) << 10)
#define APIC_ID           0x020
#define APIC_TASK_PRIORITY 0x080
#define APIC_SPURIOUS      0x0f0
#define APIC_COMMAND_LOW  0x300
#define APIC_COMMAND_HIGH 0x310
#define COMMAND_NMI       0x4400u
#define MSR_X2APIC_ID      0x802
#define MSR_X2APIC_COMMAND 0x830

/* 8259 data sheet: the mask of each. */
#define PIC_MASTER_MASK 0x21
#define PIC_SLAVE_MASK  0xa1

/* Hypercalls. */

static const struct {
	const char *name;
	uint64_t number;
	/* The first argument, or ANY. */
	uint64_t operation;
	bool leaving;
} refusals[] = {
	{ "refuse-memory-map", __HYPERVISOR_memory_op, XENMEM_memory_map, false },
	{ "refuse-is-up", __HYPERVISOR_vcpu_op, VCPUOP_is_up, false },
	{ "refuse-traps", __HYPERVISOR_set_trap_table, ANY, false },
	{ "refuse-thread", __HYPERVISOR_set_segment_base, ANY, false },
	{ "refuse-map", __HYPERVISOR_update_va_mapping, ANY, false },
	{ "refuse-update", __HYPERVISOR_mmu_update, ANY, false },
	{ "refuse-callback", __HYPERVISOR_callback_op, CALLBACKOP_register, false },
	{ "refuse-bind", __HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi, false },
	{ "refuse-map-leaving", __HYPERVISOR_update_va_mapping, ANY, true },
	{ "refuse-update-leaving", __HYPERVISOR_mmu_update, ANY, true },
	{ "refuse-pin", __HYPERVISOR_mmuext_op, ANY, true },
};

static bool refused(uint64_t number, uint64_t operation)
{
	for (unsigned i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (refusals[i].number == number && refusals[i].leaving == trip_leaving() &&
		    (refusals[i].operation == operation || refusals[i].operation == ANY) && tripping(refusals[i].name))
			return true;
	return false;
}

/* The machine's map and as many empty regions behind it as make 200, cut as Xen cuts it (xen/arch/x86/mm.c, XENMEM_memory_map). */
static void lengthen_map(struct xen_memory_map *map, uint32_t room)
{
	const uint32_t wanted = tripping("regions-128") ? 128 : 200;

	map->nr_entries = room < wanted ? room : wanted;
}

WRAP(int64_t, xen_hypercall, uint64_t number, uint64_t first, uint64_t second, uint64_t third, uint64_t fourth)
{
	const bool lengthen = number == __HYPERVISOR_memory_op && first == XENMEM_memory_map &&
			      (tripping("regions-128") || tripping("regions-200"));
	const uint32_t room = lengthen ? ((const struct xen_memory_map *)second)->nr_entries : 0;

	if (refused(number, first))
		return -EPERM;
	int64_t result = __real_xen_hypercall(number, first, second, third, fourth);

	if (lengthen)
		lengthen_map((struct xen_memory_map *)second, room);
	return result;
}

/* The proof's event. */

QUIET_CODE WRAP(void, apic_self_interrupt, uint8_t vector)
{
	if (!tripping("event-never"))
		__real_apic_self_interrupt(vector);
}

/* NMI. */

static volatile uint32_t *apic_register(uint32_t offset)
{
	return (volatile uint32_t *)((read_msr(MSR_APIC_BASE) & ~PAGE_MASK) + offset);
}

void controllers_set(void)
{
	port_write(PIC_MASTER_MASK, 0xa5);
	port_write(PIC_SLAVE_MASK, 0x5a);
	*apic_register(APIC_TASK_PRIORITY) = 0x20;
	*apic_register(APIC_SPURIOUS) = 0x1ef;
}

void controllers_say(void)
{
	console_printf("trip: 8259 %x %x, APIC %x %x\n", port_read(PIC_MASTER_MASK), port_read(PIC_SLAVE_MASK),
		       *apic_register(APIC_TASK_PRIORITY), *apic_register(APIC_SPURIOUS));
}

void registers_say(void)
{
	uint64_t cr0, cr4, dr7;

	asm volatile("movq %%cr0, %0\n\tmovq %%cr4, %1\n\tmovq %%dr7, %2" : "=r"(cr0), "=r"(cr4), "=r"(dr7));
	console_printf("trip: CR0 %lx CR4 %lx EFER %lx DR7 %lx\n", cr0, cr4, read_msr(MSR_EFER), dr7);
}

QUIET_CODE void send_nmi(void)
{
	uint64_t base = read_msr(MSR_APIC_BASE);
	uint32_t before = traps_nmi_count();

	if (base & APIC_BASE_X2APIC) {
		write_msr(MSR_X2APIC_COMMAND, read_msr(MSR_X2APIC_ID) << 32 | COMMAND_NMI);
	} else {
		volatile uint8_t *apic = (volatile uint8_t *)(base & ~PAGE_MASK);

		*(volatile uint32_t *)(apic + APIC_COMMAND_HIGH) = *(volatile uint32_t *)(apic + APIC_ID);
		*(volatile uint32_t *)(apic + APIC_COMMAND_LOW) = COMMAND_NMI;
	}
	for (unsigned i = 0; i < NMI_PATIENCE && traps_nmi_count() == before; i++)
		cpu_pause();
}

/* Page tables. */

static struct descriptor_pointer {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed)) shims_table, own_table;

static struct gate { uint64_t low, high; } gates[VECTOR_COUNT];
extern const char flush_and_go_on[];

/* A handler of #DB that forgets every translation, as an exit to a hypervisor may. */
asm(".pushsection .text\n"
    "flush_and_go_on:\n\t"
    "pushq %rax\n\t"
    "movq %cr3, %rax\n\t"
    "movq %rax, %cr3\n\t"
    "popq %rax\n\t"
    "iretq\n"
    ".popsection");

static void set_trap_flag(bool on)
{
	asm volatile("pushfq\n\tandq $~0x100, (%%rsp)\n\torq %0, (%%rsp)\n\tpopfq" : : "r"(on ? UINT64_C(0x100) : 0)
		     : "memory", "cc");
}

/* No instruction between two page tables may live from a translation that the CPU still remembers. */
WRAP(void, paging_start, void)
{
	if (!tripping("paging-step")) {
		__real_paging_start();
		return;
	}
	uint64_t handler = (uint64_t)flush_and_go_on;

	asm volatile("sidt %0" : "=m"(shims_table));
	for (unsigned i = 0; i < VECTOR_COUNT; i++)
		gates[i] = ((const struct gate *)shims_table.base)[i];
	gates[1].low = (handler & 0xffff) | SELECTOR_CODE64 << 16 | UINT64_C(0x8e) << 40 | (handler >> 16 & 0xffff) << 48;
	gates[1].high = handler >> 32;
	own_table = (struct descriptor_pointer){ sizeof(gates) - 1, (uint64_t)gates };
	asm volatile("lidt %0" : : "m"(own_table));
	set_trap_flag(true);
	__real_paging_start();
	set_trap_flag(false);
	asm volatile("lidt %0" : : "m"(shims_table));
}

WRAP(bool, paging_reach, struct range range)
{
	if (tripping("reach-module") && range_size(range) > PAGE_SIZE)
		return false;
	return __real_paging_reach(range);
}

/* The end. */

static bool in_block;

WRAP(void, machine_console_write, const char *text, size_t size, bool urgent)
{
	__real_machine_console_write(text, size, urgent);
	if (!urgent || in_block)
		return;
	in_block = true;
	if (tripping("fault-in-block"))
		asm volatile("ud2");
	if (tripping("overflow-in-block"))
		asm volatile("1: pushq %%rax\n\tjmp 1b" : : : "memory");
	if (tripping("check-in-block"))
		CHECK(!in_block);
}

WRAP(void, serial_drain, void)
{
	if (tripping("fault-in-drain"))
		asm volatile("ud2");
	__real_serial_drain();
}

WRAP(void, xen_crash, void)
{
	if (tripping("fault-in-crash"))
		asm volatile("ud2");
	__real_xen_crash();
}
