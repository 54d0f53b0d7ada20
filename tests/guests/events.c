/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event channels that were left open, and events that were left pending.
 */
#include "xen_guest.h"

#define PORTS 128u

evtchn_port_t bind_ipi(void)
{
	struct evtchn_bind_ipi bind = { .vcpu = 0 };

	return hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi, (uintptr_t)&bind) == 0 ? bind.port : 0;
}

void send(evtchn_port_t port)
{
	struct evtchn_send out = { port };

	hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_send, (uintptr_t)&out);
}

void check_ports(void)
{
	static const char *const name[] = { "closed", "unbound", "interdomain", "pirq", "virq", "ipi" };

	if (fault("port"))
		bind_ipi();
	if (fault("virq")) {
		struct evtchn_bind_virq bind = { .virq = VIRQ_TIMER };

		hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, (uintptr_t)&bind);
	}
	for (evtchn_port_t port = 0; port < PORTS; port++) {
		struct evtchn_status status = { .dom = DOMID_SELF, .port = port };

		if (hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_status, (uintptr_t)&status))
			break;
		if (status.status == EVTCHNSTAT_closed)
			continue;
		fact("port %u %s%s", port, status.status < 6 ? name[status.status] : "?", expected_port(port) ? " (toolstack's)" : "");
		if (!expected_port(port) || status.status > EVTCHNSTAT_interdomain)
			wrong("an event channel was left open: port %u", port);
	}
}

/* Nothing may be pending but what the toolstack's own two channels made. */
void check_pending(const volatile uint8_t *shared_page)
{
	uint32_t upcall = shared_page[0], first = 0, count = 0, expected = 0;
	uint32_t selector = *(volatile uint32_t *)(shared_page + PENDING_SELECTOR_64) |
			    *(volatile uint32_t *)(shared_page + PENDING_SELECTOR_32);

	for (uint32_t port = 0; port < 1024; port++) {
		if (!(shared_page[PENDING + port / 8] >> port % 8 & 1))
			continue;
		if (expected_port(port))
			expected++;
		else
			first = count++ ? first : port;
	}
	fact("upcall pending %u mask %u selector %x, events %u toolstack's %u", upcall, (uint32_t)shared_page[1], selector, count,
	     expected);
	if (count)
		wrong("events were left pending: %u, first port %u", count, first);
	else if ((upcall || selector) && !expected)
		wrong("an upcall was left pending without an event");
}
