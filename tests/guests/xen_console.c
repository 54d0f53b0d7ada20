/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The consoles and the end that Xen offers, to a PVH and to a PV guest alike.
 */
#include "xen_guest.h"

#include <xen/io/console.h>
#include <xen/sched.h>

#define YIELDS 300000u

static volatile struct xencons_interface *ring;
static bool console_io;
static evtchn_port_t console_port;

void xen_console_use(bool io, void *page, uint32_t port)
{
	console_io = io;
	ring = page;
	console_port = port;
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
