/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen HVM and PVH guests.
 *
 * What masks: RFLAGS.IF.  Event channels arrive by an interrupt vector, and Xen injects it only while IF is set.
 * evtchn_upcall_mask masks nothing here: Xen does not look at it in an HVM guest (xen/arch/x86/hvm/irq.c).
 *
 * What still gets in: NMI, #MC and faults.  Their handlers (arch/x86/traps.c) have no patch sites.
 *
 * The proof is the local APIC's (apic_proof.h says why not an event channel's).
 */
#include <arch/x86/paging.h>
#include <pv/apic_proof.h>
#include <pv/hypervisor.h>
#include <pv/platform.h>
#include <pv/xen/guest.h>
#include <pv/xen/hypercall.h>
#include <pv/xen/sharing.h>

#include <xen/xen.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>

#define LEAF_TIME 3

static int64_t hvm_param(unsigned index, uint64_t *value)
{
	struct xen_hvm_param param = { .domid = DOMID_SELF, .index = index };
	int64_t result = xen_hypercall(__HYPERVISOR_hvm_op, HVMOP_get_param, (uint64_t)&param, 0, 0);

	*value = result < 0 ? 0 : param.value;
	return result;
}

static struct error start(struct boot_info *info)
{
	struct xen_console console = { 0, 0 };
	uint64_t page, port;

	xen_hypercall_start();
	if (hvm_param(HVM_PARAM_CONSOLE_PFN, &page) >= 0 && hvm_param(HVM_PARAM_CONSOLE_EVTCHN, &port) >= 0 && page) {
		struct range where = { page << PAGE_SHIFT, (page + 1) << PAGE_SHIFT };

		if (paging_reach(where))
			console = (struct xen_console){ where.start, (uint32_t)port };
	}
	/* Where the start flags cannot be read, Xen's own console is tried: it is dom0's only one, and costs a domU nothing. */
	xen_console_start(xen_is_dom0(info) || failed(info->error), console);
	if (info->memory.count == 0 && !failed(info->error))
		TRY(xen_memory_map(&info->memory));
	return error_none();
}

static struct error disks_open(const struct boot_info *info, struct machine_disks *disks)
{
	struct store_ring ring = { NULL, 0 };
	uint64_t page, port;

	if (hvm_param(HVM_PARAM_STORE_PFN, &page) >= 0 && hvm_param(HVM_PARAM_STORE_EVTCHN, &port) >= 0 && page && port) {
		struct range where = { page << PAGE_SHIFT, (page + 1) << PAGE_SHIFT };

		if (!paging_reach(where))
			return error_make(ERROR_REACH, NULL, 0, where.start);
		ring = (struct store_ring){ (struct xenstore_domain_interface *)where.start, (uint32_t)port };
	}
	return blkfront_open(&hvm_sharing, ring, info, disks);
}

static uint64_t clock_khz(void) { return hypervisor_leaf(LEAF_TIME).ecx; }

const struct platform platform_xen_hvm = {
	.backend = &flag_backend,
	.start = start,
	.cpu_limit = xen_cpu_limit,
	.clock_khz = clock_khz,
	.is_control_domain = xen_is_dom0,
	.sites_ready = xen_hypercall_use_site,
	.console_write = xen_console_write,
	.console_read = xen_console_read,
	.yield = xen_yield,
	.console_drain = xen_console_drain,
	.logs_debug_port = true,
	.crash = xen_crash,
	.disks_open = disks_open,
	.disks_close = blkfront_close,
};
