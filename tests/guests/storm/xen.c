/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen, for both kinds of guests: hypercalls without a page and without a site, event channels, consoles, the end.
 */
#include <stdint.h>
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/io/console.h>
#include <xen/sched.h>

#include "storm.h"

/* Turns of waiting for the other side of the console. */
#define CONSOLE_TURNS 1000000

uint8_t xen_shared_page[4096] __attribute__((aligned(4096), section(".noinit")));

static enum { BY_SYSCALL, BY_VMCALL, BY_VMMCALL } way;
static volatile struct xencons_interface *ring;
static uint32_t ring_port;

static volatile struct shared_info *shared(void) { return (volatile struct shared_info *)xen_shared_page; }

void xen_start(bool pv)
{
	const uint32_t vendor = cpuid(0, 0).ebx;

	/* "Auth"enticAMD and "Hygo"nGenuine. */
	way = pv ? BY_SYSCALL : vendor == 0x68747541 || vendor == 0x6f677948 ? BY_VMMCALL : BY_VMCALL;
}

QUIET_CODE int64_t xen_call(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	register uint64_t r10 asm("r10") = 0;
	int64_t result = (int64_t)number;

	if (way == BY_SYSCALL)
		asm volatile("syscall" : "+a"(result), "+D"(a), "+S"(b), "+d"(c), "+r"(r10) : : "rcx", "r11", "memory");
	else if (way == BY_VMCALL)
		asm volatile("vmcall" : "+a"(result), "+D"(a), "+S"(b), "+d"(c), "+r"(r10) : : "memory");
	else
		asm volatile("vmmcall" : "+a"(result), "+D"(a), "+S"(b), "+d"(c), "+r"(r10) : : "memory");
	return result;
}

/* Event channels. */

static void bind_ipi(struct cpu *cpu, enum event event, uint32_t vcpu)
{
	struct evtchn_bind_ipi bind = { .vcpu = vcpu };
	struct evtchn_unmask unmask;

	if (xen_call(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi, (uint64_t)&bind, 0))
		fail("no event channel");
	cpu->port[event] = unmask.port = bind.port;
	xen_call(__HYPERVISOR_event_channel_op, EVTCHNOP_unmask, (uint64_t)&unmask, 0);
}

void xen_open(struct cpu *cpu, uint32_t vcpu)
{
	cpu->vcpu = &shared()->vcpu_info[vcpu];
	bind_ipi(cpu, EVENT_OWN, vcpu);
	bind_ipi(cpu, EVENT_CALL, vcpu);
}

QUIET_CODE void xen_send(struct cpu *cpu, enum event event)
{
	struct evtchn_send send = { .port = cpu->port[event] };

	xen_call(__HYPERVISOR_event_channel_op, EVTCHNOP_send, (uint64_t)&send, 0);
}

QUIET_CODE bool xen_pending(struct cpu *cpu, enum event event)
{
	const volatile struct shared_info *page = (const volatile struct shared_info *)xen_shared_page;

	return page->evtchn_pending[cpu->port[event] / 64] >> cpu->port[event] % 64 & 1 && cpu->vcpu->evtchn_upcall_pending;
}

/* Takes the event away, if it was there. */
static bool took(uint32_t port)
{
	bool was;

	asm volatile("lock btrq %2, %1" : "=@ccc"(was), "+m"(*(volatile uint64_t *)&shared()->evtchn_pending[port / 64])
		     : "r"((uint64_t)port % 64) : "memory");
	return was;
}

/* The upcall: pending is cleared before the look, so that what comes meanwhile makes another one. */
void xen_upcall(struct cpu *cpu)
{
	cpu->vcpu->evtchn_upcall_pending = 0;
	__atomic_exchange_n((uint64_t *)&cpu->vcpu->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
	for (enum event event = 0; event < EVENT_COUNT; event++)
		if (cpu->port[event] && took(cpu->port[event]))
			on_event(cpu, event);
}

QUIET_CODE void xen_pause(void) { xen_call(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0); }

/* Console and end. */

void xen_console(void *page, uint32_t port)
{
	ring = page;
	ring_port = port;
}

static void ring_notify(void)
{
	struct evtchn_send send = { ring_port };

	xen_call(__HYPERVISOR_event_channel_op, EVTCHNOP_send, (uint64_t)&send, 0);
}

static void ring_wait(uint32_t most)
{
	ring_notify();
	for (uint32_t i = 0; i < CONSOLE_TURNS && ring->out_prod - ring->out_cons > most; i++)
		xen_pause();
}

void xen_write(const char *text, size_t size)
{
	if (ring == NULL) {
		xen_call(__HYPERVISOR_console_io, CONSOLEIO_write, size, (uint64_t)text);
		return;
	}
	for (size_t i = 0; i < size; i++) {
		if (ring->out_prod - ring->out_cons >= sizeof(ring->out))
			ring_wait(sizeof(ring->out) / 2);
		ring->out[MASK_XENCONS_IDX(ring->out_prod, ring->out)] = text[i];
		asm volatile("" : : : "memory");
		ring->out_prod = ring->out_prod + 1;
	}
	ring_notify();
}

_Noreturn void xen_end(bool good)
{
	struct sched_shutdown shutdown = { good ? SHUTDOWN_poweroff : SHUTDOWN_crash };

	if (ring)
		ring_wait(0);
	for (;;)
		xen_call(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (uint64_t)&shutdown, 0);
}
