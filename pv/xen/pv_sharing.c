/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PV guest maps frames of the grant table by their machine numbers, here over pages of the shim's own, as shared_info is.
 */
#include <pv/xen/hypercall.h>
#include <pv/xen/pv.h>
#include <pv/xen/sharing.h>

static uint8_t window[GRANT_FRAMES][PAGE_SIZE] __attribute__((aligned(4096)));
static unsigned mapped;

static uint64_t frame(uint64_t address) { return xen_pv_frame((pfn_t){ address >> PAGE_SHIFT }).v; }

static struct error map_grants(const struct boot_info *info, struct grant_entry_v1 **table)
{
	xen_pfn_t frames[GRANT_FRAMES];
	struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = GRANT_FRAMES };

	(void)info;
	set_xen_guest_handle_raw(setup.frame_list, frames);
	TRY(xen_result("GNTTABOP_setup_table",
		       xen_hypercall(__HYPERVISOR_grant_table_op, GNTTABOP_setup_table, (uint64_t)&setup, 1, 0)));
	if (setup.status != GNTST_okay)
		return error_make(ERROR_HYPERCALL, "GNTTABOP_setup_table", 0, (uint64_t)-(int64_t)setup.status);
	for (mapped = 0; mapped < GRANT_FRAMES; mapped++)
		TRY(xen_pv_map(va((uint64_t)window[mapped]), (mfn_t){ frames[mapped] }, XEN_PTE_PAGE | XEN_PTE_NO_EXECUTE));
	*table = (struct grant_entry_v1 *)window;
	return error_none();
}

static struct error unmap_grants(void)
{
	while (mapped > 0) {
		uint64_t at = (uint64_t)window[--mapped];

		TRY(xen_pv_map(va(at), xen_pv_frame((pfn_t){ at >> PAGE_SHIFT }), XEN_PTE_PAGE | XEN_PTE_NO_EXECUTE));
	}
	return error_none();
}

const struct sharing xen_pv_sharing = { frame, map_grants, unmap_grants };
