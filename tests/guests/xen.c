/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hypercalls, and the consoles and the end that Xen offers.
 *
 * The instruction goes by CPU vendor: no hypercall page is asked for, because writing its MSR would latch the width of
 * shared_info, which is one of the things to look at.
 */
#include "xen_guest.h"

#include <xen/hvm/params.h>
#include <xen/io/console.h>
#include <xen/memory.h>
#include <xen/sched.h>

#define YIELDS 300000u

static bool vmmcall;
static int xen_state;		/* 0 unknown, 1 no, 2 yes */
static volatile struct xencons_interface *ring;
static bool console_io;
static evtchn_port_t console_port;

bool on_xen(void)
{
	uint32_t r[4];

	if (xen_state)
		return xen_state == 2;
	xen_state = 1;
	cpuid(1, r);
	if (!(r[2] & 1u << 31))
		return false;
	for (uint32_t leaf = 0x40000000; leaf < 0x40010000; leaf += 0x100) {
		cpuid(leaf, r);
		if (r[1] == 0x566e6558 && r[2] == 0x65584d4d && r[3] == 0x4d4d566e)	/* "XenVMMXenVMM" */
			xen_state = 2;
	}
	cpuid(0, r);
	vmmcall = r[1] == 0x68747541 || r[1] == 0x6f677948;	/* "Auth"enticAMD, "Hygo"nGenuine */
	return xen_state == 2;
}

long hypercall3(unsigned number, uintptr_t a, uintptr_t b, uintptr_t c)
{
	long result;

	if (!on_xen())
		return -1;
#ifdef __x86_64__
	if (vmmcall)
		__asm__ volatile("vmmcall" : "=a"(result), "+D"(a), "+S"(b), "+d"(c) : "0"(number) : "memory");
	else
		__asm__ volatile("vmcall" : "=a"(result), "+D"(a), "+S"(b), "+d"(c) : "0"(number) : "memory");
#else
	if (vmmcall)
		__asm__ volatile("vmmcall" : "=a"(result), "+b"(a), "+c"(b), "+d"(c) : "0"(number) : "memory");
	else
		__asm__ volatile("vmcall" : "=a"(result), "+b"(a), "+c"(b), "+d"(c) : "0"(number) : "memory");
#endif
	return result;
}

long hypercall2(unsigned number, uintptr_t a, uintptr_t b) { return hypercall3(number, a, b, 0); }

uint64_t hvm_parameter(uint32_t index)
{
	struct xen_hvm_param parameter = { .domid = DOMID_SELF, .index = index };

	return hypercall2(__HYPERVISOR_hvm_op, HVMOP_get_param, (uintptr_t)&parameter) == 0 ? parameter.value : 0;
}

/* The entries of E820 as XENMEM_memory_map stores them (public/memory.h). */
struct __attribute__((packed)) e820_entry {
	uint64_t start, size;
	uint32_t type;
};

bool xen_memory_map(struct found *into)
{
	static struct e820_entry entry[MAX_AREAS];
	struct xen_memory_map map = { .nr_entries = MAX_AREAS };

	set_xen_guest_handle(map.buffer, (void *)entry);
	if (hypercall2(__HYPERVISOR_memory_op, XENMEM_memory_map, (uintptr_t)&map))
		return false;
	into->area_count = map.nr_entries;
	for (uint32_t i = 0; i < map.nr_entries; i++)
		into->area[i] = (struct area){ entry[i].start, entry[i].start + entry[i].size, entry[i].type == 1 };
	return true;
}

void xen_console_start(bool dom0)
{
	uint64_t page = hvm_parameter(HVM_PARAM_CONSOLE_PFN);

	console_io = dom0;
	if (page && !dom0)
		ring = reach(page * PAGE);
	console_port = (evtchn_port_t)hvm_parameter(HVM_PARAM_CONSOLE_EVTCHN);
}

static void ring_notify(void)
{
	struct evtchn_send send = { console_port };

	hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_send, (uintptr_t)&send);
}

/* Waits, bounded, until the daemon has left no more than `most` bytes in the ring. */
static void ring_wait(uint32_t most)
{
	for (uint32_t i = 0; i < YIELDS && ring->out_prod - ring->out_cons > most; i++) {
		if (i % 256 == 0)
			ring_notify();
		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
	}
}

static void ring_write(const char *text, unsigned size)
{
	for (unsigned i = 0; i < size; i++) {
		uint32_t at = ring->out_prod;

		if (at - ring->out_cons >= sizeof(ring->out))
			ring_wait(sizeof(ring->out) / 2);
		ring->out[MASK_XENCONS_IDX(at, ring->out)] = text[i];
		__asm__ volatile("" : : : "memory");
		ring->out_prod = at + 1;
	}
	ring_notify();
}

void xen_console_write(const char *text, unsigned size)
{
	if (console_io)
		hypercall3(__HYPERVISOR_console_io, CONSOLEIO_write, size, (uintptr_t)text);
	if (ring)
		ring_write(text, size);
}

void xen_console_drain(void)
{
	if (ring)
		ring_wait(0);
}

_Noreturn void xen_shutdown(bool good)
{
	struct sched_shutdown shutdown = { good ? SHUTDOWN_poweroff : SHUTDOWN_crash };

	for (;;)
		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (uintptr_t)&shutdown);
}
