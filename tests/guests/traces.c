/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a boot loader may leave behind in Xen: event channels, pending events, a callback, a registered vcpu_info, the
 * width of shared_info, and frames mapped over RAM.
 *
 * Xen has one place for shared_info and one for each grant frame; mapping them here takes them away from wherever a
 * loader left them, and the hole shows in the second pass over RAM (memory.c).
 */
#include "pvh.h"
#include "xen_guest.h"

#include <xen/hvm/params.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

static volatile uint8_t shared_page[PAGE] __attribute__((aligned(PAGE)));
static uint8_t grant_page[PAGE] __attribute__((aligned(PAGE)));
static uint8_t vcpu_page[PAGE] __attribute__((aligned(PAGE)));

static long map_frame(unsigned space, uint64_t page)
{
	struct xen_add_to_physmap map = { .domid = DOMID_SELF, .space = space, .idx = 0, .gpfn = (xen_pfn_t)(page / PAGE) };

	return hypercall2(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, (uintptr_t)&map);
}

static long remove_frame(uint64_t page)
{
	struct xen_remove_from_physmap remove = { .domid = DOMID_SELF, .gpfn = (xen_pfn_t)(page / PAGE) };

	return hypercall2(__HYPERVISOR_memory_op, XENMEM_remove_from_physmap, (uintptr_t)&remove);
}

/* The two ports that a toolstack makes; a dom0 has neither. */
bool expected_port(evtchn_port_t port)
{
	return port == hvm_parameter(HVM_PARAM_CONSOLE_EVTCHN) || port == hvm_parameter(HVM_PARAM_STORE_EVTCHN);
}

static void check_callback(void)
{
	struct xen_hvm_param parameter = { .domid = DOMID_SELF, .index = HVM_PARAM_CALLBACK_IRQ };
	uint64_t value;

	if (fault("callback") || fault("width")) {
		parameter.value = fault("callback") ? UINT64_C(2) << 56 | 0x78 : 0;
		hypercall2(__HYPERVISOR_hvm_op, HVMOP_set_param, (uintptr_t)&parameter);
	}
	if (fault("callback-vector")) {
		/* A PVH guest cannot take a vector back, but the parameter reads as if it had (hvm_set_callback_via() in Xen). */
		parameter.value = UINT64_C(2) << 56 | 0x78;
		hypercall2(__HYPERVISOR_hvm_op, HVMOP_set_param, (uintptr_t)&parameter);
		parameter.value = 0;
		hypercall2(__HYPERVISOR_hvm_op, HVMOP_set_param, (uintptr_t)&parameter);
	}
	value = hvm_parameter(HVM_PARAM_CALLBACK_IRQ);
	fact("callback %llx", value);
	if (value)
		wrong("an event callback was left set: %llx", value);
}

/* Sets up what a loader might leave, for the checks that follow. */
static void make_faults(void)
{
	struct xen_hvm_evtchn_upcall_vector upcall = { .vcpu = 0, .vector = 0x79 };
	struct vcpu_register_vcpu_info info = { .mfn = (uintptr_t)vcpu_page / PAGE };
	uint64_t page = 0x800000;

	while (!inside_ram(page, page + PAGE) && page < 2 * 0x800000)
		page += PAGE;
	if (fault("shared-info"))
		map_frame(XENMAPSPACE_shared_info, page);
	if (fault("grant"))
		map_frame(XENMAPSPACE_grant_table, page);
	if (fault("hole"))
		remove_frame(page);
	if (fault("own-hole"))
		map_frame(XENMAPSPACE_shared_info, (uintptr_t)image_table());
	if (fault("upcall"))
		hypercall2(__HYPERVISOR_hvm_op, HVMOP_set_evtchn_upcall_vector, (uintptr_t)&upcall);
	if (fault("vcpu-info"))
		hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, (uintptr_t)&info);
	if (fault("pending") || fault("upcall-pending")) {
		evtchn_port_t port = bind_ipi();
		struct evtchn_close close = { port };

		send(port);
		/* Xen clears the event with its channel, but not the upcall. */
		if (!fault("pending"))
			hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_close, (uintptr_t)&close);
	}
}

/*
 * Sends an event to a port of our own and sees where Xen notes it.  A direct start has the 64-bit layout until the
 * guest sets the callback or writes the hypercall page's MSR from 32-bit mode (hvm_latch_shinfo_size() in Xen).
 */
static void check_width(void)
{
	evtchn_port_t port;
	unsigned width = 0, vector;

	for (unsigned i = 0; i < 12; i++)
		shared_page[i] = 0;
	for (unsigned i = PENDING; i < MASK_64 + 512; i++)
		shared_page[i] = 0;
	lapic_enable();
	port = bind_ipi();
	send(port);
	if (*(volatile uint32_t *)(shared_page + PENDING_SELECTOR_64))
		width = 64;
	else if (*(volatile uint32_t *)(shared_page + PENDING_SELECTOR_32))
		width = 32;
	fact("shared_info width %u", width);
	if (width == 0)
		wrong("an event to our own port %u did not arrive", port);
	if (width != 64 && asked("width64"))
		wrong("shared_info has not the 64-bit layout but %u", width);
	/* Xen raises the vector from a tasklet, a moment later. */
	for (unsigned i = 0; i < 200; i++)
		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
	vector = lapic_vector(false);
	if (vector)
		wrong("an event raised an interrupt, so an upcall vector was left set: %x", vector);
	/*
	 * A callback vector passes the local APIC by and comes once interrupts are enabled.  The descriptor table has no
	 * gate for it, so that it shows as exception 13.
	 */
	__asm__ volatile("sti; nop; nop; cli" : : : "memory");
}

static void check_vcpu_info(void)
{
	struct vcpu_register_vcpu_info info = { .mfn = (uintptr_t)vcpu_page / PAGE };
	long result = hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, (uintptr_t)&info);

	if (result)
		wrong("a vcpu_info was left registered");
}

void check_traces(void)
{
	long reservation = hypercall2(__HYPERVISOR_memory_op, XENMEM_current_reservation, (uintptr_t)&(domid_t){ DOMID_SELF });
	uint64_t ram = 0;
	long result;

	for (uint32_t i = 0; i < found.area_count; i++)
		if (found.area[i].ram)
			ram += found.area[i].end / PAGE - (found.area[i].start + PAGE - 1) / PAGE;
	fact("reservation %u pages, ram %u pages", (uint32_t)reservation, (uint32_t)ram);
	make_faults();
	check_callback();
	check_ports();
	result = map_frame(XENMAPSPACE_shared_info, (uintptr_t)shared_page);
	if (result)
		wrong("shared_info cannot be mapped");
	else {
		check_pending(shared_page);
		check_width();
	}
	if (map_frame(XENMAPSPACE_grant_table, (uintptr_t)grant_page))
		wrong("the first grant frame cannot be mapped");
	check_vcpu_info();
}
