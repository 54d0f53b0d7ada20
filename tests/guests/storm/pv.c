/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A 64-bit PV guest of Xen.  The mask is the byte; text is written where it runs, because the builder maps it so.
 */
#include <pv/engine/x86/evtchn.h>
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/physdev.h>
#include <xen/vcpu.h>

#include "storm.h"
#include "wrong_mask.h"

/* Nanoseconds. */
#define PERIOD 50000

#define PAGE_FLAGS 0x7			/* present, writable, user: a PV kernel runs at level 3 */
#define TRAP_MASKS 4
#define FLAGS_IF   0x200

extern const char pv_trap_stubs[], pv_failsafe[], pv_other_entry[];

static struct start_info *start_info;
static uint8_t console_page[4096] __attribute__((aligned(4096), section(".noinit")));

static uint64_t stub(unsigned vector) { return (uint64_t)pv_trap_stubs + 32 * vector; }

static void map(void *at, uint64_t machine)
{
	if (xen_call(__HYPERVISOR_update_va_mapping, (uint64_t)at, machine | PAGE_FLAGS, UVMF_INVLPG))
		fail("a page of Xen's cannot be mapped");
}

/* Nanoseconds since Xen started, as this vCPU's page counts them (struct vcpu_time_info). */
static uint64_t system_time(const struct cpu *cpu)
{
	const volatile struct vcpu_time_info *time = &cpu->vcpu->time;
	uint32_t version;
	uint64_t ticks, now;

	do {
		version = time->version;
		asm volatile("" : : : "memory");
		ticks = read_tsc() - time->tsc_timestamp;
		ticks = time->tsc_shift >= 0 ? ticks << time->tsc_shift : ticks >> -time->tsc_shift;
		now = time->system_time + (uint64_t)((unsigned __int128)ticks * time->tsc_to_system_mul >> 32);
		asm volatile("" : : : "memory");
	} while (version & 1 || version != time->version);
	return now;
}

static void start_timer(struct cpu *cpu)
{
	struct vcpu_set_singleshot_timer timer = { .timeout_abs_ns = system_time(cpu) + cpu->period };

	if (xen_call(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, cpu->number, (uint64_t)&timer))
		fail("no timer");
}

static void open_events(struct cpu *cpu)
{
	struct evtchn_bind_virq bind = { .virq = VIRQ_TIMER, .vcpu = cpu->number };
	struct evtchn_unmask unmask;

	xen_open(cpu, cpu->number);
	if (cpu->number == 0)
		xen_pv_mask_start((struct vcpu_info *)cpu->vcpu);
	xen_call(__HYPERVISOR_vcpu_op, VCPUOP_stop_periodic_timer, cpu->number, 0);
	if (xen_call(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, (uint64_t)&bind, 0))
		fail("no timer event");
	cpu->port[EVENT_TIMER] = unmask.port = bind.port;
	xen_call(__HYPERVISOR_event_channel_op, EVTCHNOP_unmask, (uint64_t)&unmask, 0);
}

static void interrupt(struct frame *frame, struct cpu *cpu)
{
	(void)frame;
	xen_upcall(cpu);
}

QUIET_CODE static void close_byte(struct cpu *cpu)
{
	cpu->vcpu->evtchn_upcall_mask = 1;
	asm volatile("" : : : "memory");
}

QUIET_CODE static void admit_byte(struct cpu *cpu)
{
	asm volatile("" : : : "memory");
	cpu->vcpu->evtchn_upcall_mask = 0;
	if (cpu->vcpu->evtchn_upcall_pending)
		xen_pause();
}

/* By the CPU's own IRET, which head.S takes for any other selector, and with the mask put back by hand. */
static void resume(struct frame *frame, struct cpu *cpu)
{
	frame->cs = FLAT_KERNEL_CS;
	cpu->vcpu->evtchn_upcall_mask = !(frame->rflags & FLAGS_IF);
}

/* Exceptions mask events while they are handled; the way back restores what was. */
static void fill_traps(struct trap_info *traps)
{
	for (unsigned i = 0; i < 32; i++)
		traps[i] = (struct trap_info){ (uint8_t)i, TRAP_MASKS | 3, FLAT_KERNEL_CS, stub(i) };
}

static void start_others(unsigned count)
{
	static struct vcpu_guest_context context;
	const uint64_t *frames = (const uint64_t *)start_info->mfn_list;

	for (unsigned i = 1; i < count; i++) {
		memset(&context, 0, sizeof(context));
		context.flags = VGCF_in_kernel;
		context.user_regs.rip = (uint64_t)pv_other_entry;
		context.user_regs.rsp = (uint64_t)cpu_at(i) + STACK_SIZE;
		context.user_regs.rflags = FLAGS_IF;
		context.user_regs.cs = FLAT_KERNEL_CS;
		context.user_regs.ss = FLAT_KERNEL_SS;
		context.kernel_ss = FLAT_KERNEL_SS;
		context.kernel_sp = context.user_regs.rsp;
		fill_traps(context.trap_ctxt);
		context.event_callback_eip = stub(VECTOR_UPCALL);
		context.failsafe_callback_eip = (uint64_t)pv_failsafe;
		context.ctrlreg[3] = frames[start_info->pt_base / 4096] << 12;
		if (xen_call(__HYPERVISOR_vcpu_op, VCPUOP_initialise, i, (uint64_t)&context) ||
		    xen_call(__HYPERVISOR_vcpu_op, VCPUOP_up, i, 0))
			fail("vCPU %u does not start", i);
	}
}

static const struct platform xen_pv = {
	.name = "xen-pv",
	.mask = { .suits = xen_pv_suits, .is_masked = xen_pv_is_masked, .mask = xen_pv_mask, .unmask = xen_pv_unmask },
	.open = open_events,
	.start_others = start_others,
	.start_timer = start_timer,
	.shortest = PERIOD,
	.raise = xen_send,
	.pending = xen_pending,
	.close = close_byte,
	.admit = admit_byte,
	.pause = xen_pause,
	.interrupt = interrupt,
	.resume = resume,
	.write = xen_write,
	.end = xen_end,
};

_Noreturn void pv_main(struct start_info *info)
{
	static struct trap_info traps[33];

	xen_start(true);
	platform = &xen_pv;
	start_info = info;
	if (!(info->flags & SIF_INITDOMAIN)) {
		map(console_page, (uint64_t)info->console.domU.mfn * 4096);
		xen_console(console_page, info->console.domU.evtchn);
	}
	map(xen_shared_page, info->shared_info);
	fill_traps(traps);
	if (xen_call(__HYPERVISOR_set_trap_table, (uint64_t)traps, 0, 0) ||
	    xen_call(__HYPERVISOR_set_callbacks, stub(VECTOR_UPCALL), (uint64_t)pv_failsafe, 0))
		fail("no callbacks");
	if (FAULT_CLI_UNDER_PV)
		xen_call(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, (uint64_t)&(struct physdev_set_iopl){ 1 }, 0);
	storm(&xen_pv, (const char *)info->cmd_line);
}
