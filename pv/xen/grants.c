/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <core/check.h>
#include <pv/xen/hypercall.h>
#include <pv/xen/sharing.h>

#include <xen/errno.h>
#include <xen/event_channel.h>

static struct {
	const struct sharing *sharing;
	struct grant_entry_v1 *table;
} grants;

/* Version 1 is what a domain begins with; a boot loader may have left another. */
static struct error take_version_1(void)
{
	struct gnttab_set_version version = { .version = 1 };
	int64_t result = xen_hypercall(__HYPERVISOR_grant_table_op, GNTTABOP_set_version, (uint64_t)&version, 1, 0);

	/* A Xen without the operation has nothing but version 1. */
	return result == -XEN_ENOSYS ? error_none() : xen_result("GNTTABOP_set_version", result);
}

struct error grants_start(const struct sharing *sharing, const struct boot_info *info)
{
	grants.sharing = sharing;
	TRY(take_version_1());
	TRY(sharing->map_grants(info, &grants.table));
	for (uint32_t i = GRANT_FIRST; i < GRANT_ENTRIES; i++)
		if (grants.table[i].flags != 0)
			return error_make(ERROR_XEN_GRANT_USED, NULL, GRANT_FIRST, i);
	return error_none();
}

struct error grants_reach(uint64_t address, uint64_t size)
{
	for (uint64_t page = round_down(address, PAGE_SIZE); page < address + size; page += PAGE_SIZE) {
		uint64_t frame = grants.sharing->frame(page);

		if (frame > UINT32_MAX)
			return error_make(ERROR_XEN_GRANT_FRAME, NULL, UINT32_MAX, frame);
	}
	return error_none();
}

void grant_page(uint32_t entry, uint16_t domain, uint64_t address)
{
	struct grant_entry_v1 *grant = &grants.table[entry];

	/* Whoever took it waited for grant_end(). */
	CHECK(grant->flags == 0);
	grant->domid = domain;
	grant->frame = (uint32_t)grants.sharing->frame(address);
	__atomic_store_n(&grant->flags, GTF_permit_access, __ATOMIC_RELEASE);
}

/* As grant_table.h says it: in one step, and only while nobody reads or writes by it, which would be in the flags too. */
bool grant_end(uint32_t entry)
{
	struct grant_entry_v1 *grant = &grants.table[entry];
	uint16_t unused = GTF_permit_access;

	if (!__atomic_compare_exchange_n(&grant->flags, &unused, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return false;
	grant->domid = 0;
	grant->frame = 0;
	return true;
}

struct error grants_stop(void)
{
	return grants.sharing->unmap_grants();
}

struct error channel_open(uint16_t domain, uint32_t *port)
{
	struct evtchn_alloc_unbound open = { .dom = DOMID_SELF, .remote_dom = domain };

	TRY(xen_event_channel(EVTCHNOP_alloc_unbound, &open, "EVTCHNOP_alloc_unbound"));
	*port = open.port;
	return error_none();
}

/* What it fails with is that nobody is there, which whoever waits for an answer notices. */
void channel_notify(uint32_t port)
{
	struct evtchn_send send = { .port = port };

	xen_event_channel(EVTCHNOP_send, &send, "EVTCHNOP_send");
}

struct error channel_close(uint32_t port)
{
	struct evtchn_close close = { .port = port };

	return xen_event_channel(EVTCHNOP_close, &close, "EVTCHNOP_close");
}
