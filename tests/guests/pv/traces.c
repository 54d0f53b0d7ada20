/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a boot loader may leave behind in Xen: event channels, pending events, masks, a registered vcpu_info, grants,
 * running virtual CPUs.
 */
#include "pv.h"

#include <xen/grant_table.h>
#include <xen/vcpu.h>

#define GRANTS (PAGE / sizeof(struct grant_entry_v1))

static uint8_t shared_page[PAGE] SCRATCH;
static uint8_t vcpu_page[PAGE] __attribute__((aligned(PAGE)));
static uint8_t grant_page[PAGE] SCRATCH;

static volatile struct shared_info *shared(void) { return (volatile struct shared_info *)shared_page; }

bool expected_port(evtchn_port_t port)
{
	return !(info.flags & SIF_INITDOMAIN) && (port == info.store_evtchn || port == info.console.domU.evtchn);
}

static void make_event_faults(void)
{
	struct evtchn_close close;

	if (fault("upcall-mask"))
		shared()->vcpu_info[0].evtchn_upcall_mask = 0;
	if (fault("other-upcall-mask"))
		shared()->vcpu_info[5].evtchn_upcall_mask = 0;
	if (fault("event-mask"))
		shared()->evtchn_mask[1] = 4;
	if (fault("pending") || fault("upcall-pending")) {
		close.port = bind_ipi();
		send(close.port);
		/* Xen clears the event with its channel, but not the upcall. */
		if (!fault("pending"))
			hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_close, (uintptr_t)&close);
	}
}

/* Both the toolstack and Xen's dom0 builder begin with an empty page and then mask every upcall. */
static void check_masks(void)
{
	uint32_t open = 0, masked = 0;

	for (unsigned i = 1; i < XEN_LEGACY_MAX_VCPUS; i++)
		open += shared()->vcpu_info[i].evtchn_upcall_mask != 1;
	for (unsigned i = 0; i < 64; i++)
		masked += shared()->evtchn_mask[i] != 0;
	fact("upcall mask %u, %u others open, %u words of events masked", (uint32_t)shared()->vcpu_info[0].evtchn_upcall_mask, open,
	     masked);
	if (shared()->vcpu_info[0].evtchn_upcall_mask != 1)
		wrong("upcalls are not masked");
	if (open)
		wrong("upcalls of another virtual CPU are not masked");
	if (masked)
		wrong("events are masked one by one");
}

void check_shared_info(void)
{
	if (info.shared_info % PAGE || fault("shared-info") || map_frame(shared_page, info.shared_info / PAGE, true)) {
		wrong("shared_info cannot be mapped: %llx", info.shared_info);
		return;
	}
	make_event_faults();
	check_masks();
	check_pending(shared_page);
	shared()->vcpu_info[0].evtchn_upcall_mask = 1;
}

/* An event to ourselves, pending in shared_info and in the vcpu_info that lies there. */
static void check_delivery(void)
{
	struct evtchn_close close = { bind_ipi() };
	uint64_t bit = UINT64_C(1) << close.port % 64;
	bool there;

	shared()->vcpu_info[0].evtchn_upcall_pending = 0;
	shared()->vcpu_info[0].evtchn_pending_sel = 0;
	send(fault("delivery") ? 0 : close.port);
	there = shared()->evtchn_pending[close.port / 64] & bit && shared()->vcpu_info[0].evtchn_upcall_pending &&
		shared()->vcpu_info[0].evtchn_pending_sel;
	if (!there)
		wrong("an event to our own port %u did not arrive", close.port);
	hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_close, (uintptr_t)&close);
}

static void check_vcpus(void)
{
	struct vcpu_register_vcpu_info place = { .mfn = frame_of(page_at((uintptr_t)vcpu_page)) };

	for (unsigned i = fault("vcpu") ? 0 : 1; i < XEN_LEGACY_MAX_VCPUS; i++)
		if (hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_is_up, i, 0) > 0)
			wrong("virtual CPU %u runs", i);
	if (fault("vcpu-info"))
		hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, (uintptr_t)&place);
	if (hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, (uintptr_t)&place))
		wrong("a vcpu_info was left registered");
}

/*
 * The toolstack grants the console and xenstore pages; nothing else may be granted, and these must be those pages.  In Xen's
 * own shim the table is that of the Xen below, where the granted console is the shim's, which has another for us; and the
 * shim does not answer which version the table is of (pv_shim_grant_table_op()).
 */
static void check_grants(void)
{
	bool dom0 = info.flags & SIF_INITDOMAIN, xen_shim = asked("xen-shim");
	volatile struct grant_entry_v1 *grant = (volatile struct grant_entry_v1 *)grant_page;
	struct gnttab_get_version version = { .dom = DOMID_SELF };
	struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1 };
	xen_pfn_t frame = 0;
	uint32_t used = 0;

	if (fault("grant-table"))
		setup.nr_frames = 100000;
	set_xen_guest_handle(setup.frame_list, (void *)&frame);
	if (xen_shim)
		version.version = 1;
	else if (hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_get_version, (uintptr_t)&version, 1))
		version.version = 0;
	if (version.version != 1 || fault("grant-version"))
		wrong("grants are not of version 1: %u", version.version);
	if (hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_setup_table, (uintptr_t)&setup, 1) || setup.status ||
	    map_frame(grant_page, frame, true)) {
		wrong("the grant table cannot be mapped: status %x", (uint32_t)setup.status);
		return;
	}
	if (fault("grant"))
		grant[9].flags = GTF_permit_access;
	if (fault("reserved-grant"))
		grant[GNTTAB_RESERVED_CONSOLE] = (struct grant_entry_v1){ GTF_permit_access, 0, 1 };
	for (unsigned i = 0; i < GRANTS; i++) {
		uint64_t reserved = dom0 ? 0 : i == GNTTAB_RESERVED_CONSOLE ? info.console.domU.mfn :
					  i == GNTTAB_RESERVED_XENSTORE ? info.store_mfn : 0;

		if (grant[i].flags == 0)
			continue;
		used++;
		if (xen_shim && i == GNTTAB_RESERVED_CONSOLE)
			reserved = grant[i].frame == reserved ? 0 : grant[i].frame;
		if (grant[i].frame != reserved || reserved == 0)
			wrong("a page was left granted: reference %u, frame %x", i, grant[i].frame);
	}
	fact("%u grants", used);
}

void check_traces(void)
{
	check_ports();
	check_delivery();
	check_grants();
	check_vcpus();
}
