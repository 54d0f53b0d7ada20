/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Privilege level 0: a machine without a hypervisor, and a PVH guest of Xen, whose interrupts of our own are event
 * channels.  The mask of both is RFLAGS.IF.
 */
#include <pv/engine/x86/evtchn.h>
#include <pv/engine/x86/flag.h>
#include <pv/hypervisor.h>
#include <pv/xen/guest.h>
#include <xen/xen.h>
#include <xen/arch-x86/hvm/start_info.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/memory.h>

#include "storm.h"
#include "wrong_mask.h"

#define COM1      0x3f8
#define EXIT_PORT 0xf4
#define EXIT_GOOD 0x10
#define EXIT_BAD  0x31

/* 50 us: QEMU's timer counts nanoseconds, and Xen's tens of them. */
#define NATIVE_PERIOD 50000
#define XEN_PERIOD    5000

extern const char trap_stubs[];
extern uint64_t idt[VECTORS][2];

static void idt_fill(void)
{
	for (unsigned i = 0; i < VECTORS; i++) {
		const uint64_t stub = (uint64_t)trap_stubs + 16 * i;

		idt[i][0] = (stub & 0xffff) | UINT64_C(0x10) << 16 | UINT64_C(0x8e00) << 32 | (stub >> 16 & 0xffff) << 48;
		idt[i][1] = stub >> 32;
	}
}

QUIET_CODE static void close_flag(struct cpu *cpu)
{
	(void)cpu;
	flag_mask();
}

QUIET_CODE static void admit_flag(struct cpu *cpu)
{
	(void)cpu;
	flag_unmask();
}

/* Native, and under what shows itself as one of these: its mask is the same. */

static const char *const native_names[] = {
	[HYPERVISOR_NONE] = "native",
	[HYPERVISOR_UNKNOWN] = "native",
#define KNOWN_HYPERVISOR(id, file, feature, name, signature, least) [HYPERVISOR_##id] = name,
#include <pv/hypervisor_known.h>
#undef KNOWN_HYPERVISOR
};

static void native_write(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		for (unsigned wait = 0; wait < 100000 && !(port_read(COM1 + 5) & 0x20); wait++)
			;
		port_write(COM1, (uint8_t)text[i]);
	}
}

static _Noreturn void native_end(bool good)
{
	port_write(EXIT_PORT, good ? EXIT_GOOD : EXIT_BAD);
	for (;;)
		halt();
}

QUIET_CODE static uint8_t vector_of(enum event event) { return event == EVENT_OWN ? VECTOR_OWN : VECTOR_CALL; }

QUIET_CODE static void native_raise(struct cpu *cpu, enum event event) { lapic_send(cpu, vector_of(event)); }

/* What another CPU holds shows when it comes; here is what this one holds. */
QUIET_CODE static bool native_pending(struct cpu *cpu, enum event event)
{
	return cpu == this_cpu() && lapic_requested(vector_of(event));
}

QUIET_CODE static void native_pause(void) { asm volatile("pause" : : : "memory"); }

static void native_interrupt(struct frame *frame, struct cpu *cpu)
{
	lapic_end();
	if (frame->vector == VECTOR_TIMER)
		on_event(cpu, EVENT_TIMER);
	else if (frame->vector == VECTOR_OWN || frame->vector == VECTOR_CALL)
		on_event(cpu, frame->vector == VECTOR_OWN ? EVENT_OWN : EVENT_CALL);
}

/* What a machine with local APICs has, under Xen too. */
#define LAPIC_PLATFORM \
	.mask = { .suits = flag_suits, .is_masked = flag_is_masked, .mask = flag_mask, .unmask = flag_unmask }, \
	.alias = UINT64_C(0xffff800000000000), \
	.start_others = lapic_start_others, \
	.start_timer = lapic_timer, \
	.report_timer = lapic_report, \
	.close = close_flag, \
	.admit = admit_flag, \
	.send_nmi = lapic_send_nmi

static struct platform native = {
	LAPIC_PLATFORM,
	.open = lapic_open,
	.shortest = NATIVE_PERIOD,
	.raise = native_raise,
	.pending = native_pending,
	.nmi_waits = true,
	.pause = native_pause,
	.interrupt = native_interrupt,
	.write = native_write,
	.end = native_end,
};

/* Xen. */

static void xen_hvm_open(struct cpu *cpu)
{
	/* CPUs take our numbers in the order in which they come; Xen has its own (xen/arch-x86/cpuid.h, leaf 5). */
	lapic_open(cpu);
	xen_open(cpu, cpuid(hypervisor()->interface.base + 4, 0).ebx);
	if (FAULT_BYTE_UNDER_HVM && cpu->number == 0)
		xen_pv_mask_start((struct vcpu_info *)cpu->vcpu);
}

static void xen_hvm_interrupt(struct frame *frame, struct cpu *cpu)
{
	if (frame->vector == VECTOR_UPCALL) {
		xen_upcall(cpu);
		return;
	}
	native_interrupt(frame, cpu);
}

static const struct platform xen_hvm = {
	.name = "xen-hvm",
	LAPIC_PLATFORM,
	.open = xen_hvm_open,
	.shortest = XEN_PERIOD,
	.raise = xen_send,
	.pending = xen_pending,
	.pause = xen_pause,
	.interrupt = xen_hvm_interrupt,
	.write = xen_write,
	.end = xen_end,
};

static uint64_t hvm_parameter(uint32_t index)
{
	struct xen_hvm_param parameter = { .domid = DOMID_SELF, .index = index };

	xen_call(__HYPERVISOR_hvm_op, HVMOP_get_param, (uint64_t)&parameter, 0);
	return parameter.value;
}

/* The shared page, in place of a page of ours; and upcalls at a vector, for every vCPU. */
static void xen_hvm_start(bool dom0)
{
	struct xen_add_to_physmap map = {
		.domid = DOMID_SELF, .space = XENMAPSPACE_shared_info, .gpfn = (uint64_t)xen_shared_page / 4096,
	};
	struct xen_hvm_param callback = {
		.domid = DOMID_SELF, .index = HVM_PARAM_CALLBACK_IRQ,
		.value = (uint64_t)HVM_PARAM_CALLBACK_TYPE_VECTOR << 56 | VECTOR_UPCALL,
	};

	xen_start(false);
	if (!dom0)
		xen_console((void *)(hvm_parameter(HVM_PARAM_CONSOLE_PFN) * 4096),
			    (uint32_t)hvm_parameter(HVM_PARAM_CONSOLE_EVTCHN));
	platform = &xen_hvm;
	if (xen_call(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, (uint64_t)&map, 0))
		fail("no shared page");
	if (xen_call(__HYPERVISOR_hvm_op, HVMOP_set_param, (uint64_t)&callback, 0))
		fail("no upcall");
}

_Noreturn void hvm_main(uint32_t start_info)
{
	const struct hvm_start_info *info = (const struct hvm_start_info *)(uint64_t)start_info;
	const char *cmdline = info->cmdline_paddr ? (const char *)info->cmdline_paddr : "";

	idt_fill();
	/* What a BIOS left running at the 8259s would come at the vectors of exceptions. */
	port_write(0x21, 0xff);
	port_write(0xa1, 0xff);
	if (hypervisor()->hypervisor == HYPERVISOR_XEN) {
		xen_hvm_start(info->flags & SIF_INITDOMAIN);
		storm(&xen_hvm, cmdline);
	}
	native.name = native_names[hypervisor()->hypervisor];
	storm(&native, cmdline);
}
