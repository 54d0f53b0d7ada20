/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An HVM or PVH guest puts frames of the grant table where it likes in its physical memory.  Not on RAM: that page would be
 * gone, and where the next kernel maps the frame elsewhere there would be a hole (Xen, xenmem_add_to_physmap_one()).
 */
#include <arch/x86/paging.h>
#include <core/disks.h>
#include <pv/xen/hypercall.h>
#include <pv/xen/sharing.h>

#include <xen/errno.h>
#include <xen/memory.h>

#define LOWEST MIB
#define HIGHEST (4 * GIB)

/* Of the frames that are mapped, and how many are. */
static uint64_t first_frame;
static unsigned mapped;

static uint64_t frame(uint64_t address) { return address >> PAGE_SHIFT; }

/* The lowest addresses that are in no region of the map, neither RAM nor anything else; 0 where there are none. */
static uint64_t find_hole(const struct memory_map *map, uint64_t size)
{
	uint64_t at = LOWEST;

	for (uint64_t i = 0; i < map->count && at < HIGHEST; i++) {
		struct range region, hole = { at, at + size };

		if (!range_make(map->region[i].start, map->region[i].size, &region) || !range_overlaps(region, hole))
			continue;
		if (!round_up(region.end, PAGE_SIZE, &at))
			return 0;
		/* From the first region again: they ascend in no order. */
		i = UINT64_MAX;
	}
	return at < HIGHEST ? at : 0;
}

static struct error map_grants(const struct boot_info *info, struct grant_entry_v1 **table)
{
	uint64_t at = find_hole(&info->memory, GRANT_FRAMES * PAGE_SIZE);

	if (at == 0 || !paging_reach((struct range){ at, at + GRANT_FRAMES * PAGE_SIZE }))
		return error_make(ERROR_XEN_GRANT_ROOM, NULL, GRANT_FRAMES, 0);
	first_frame = at >> PAGE_SHIFT;
	for (mapped = 0; mapped < GRANT_FRAMES; mapped++) {
		struct xen_add_to_physmap add = {
			.domid = DOMID_SELF,
			.space = XENMAPSPACE_grant_table,
			.idx = mapped,
			.gpfn = first_frame + mapped,
		};

		TRY(xen_result("XENMEM_add_to_physmap",
			       xen_hypercall(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, (uint64_t)&add, 0, 0)));
	}
	*table = (struct grant_entry_v1 *)at;
	return error_none();
}

/*
 * Where QEMU's KVM plays Xen the operation is not there (target/i386/kvm/xen-emu.c, kvm_xen_hcall_memory_op()), and the frames stay.
 * They are over no RAM, and whoever maps one elsewhere moves it.
 */
static struct error unmap_grants(void)
{
	while (mapped > 0) {
		struct xen_remove_from_physmap remove = { .domid = DOMID_SELF, .gpfn = first_frame + --mapped };
		int64_t result = xen_hypercall(__HYPERVISOR_memory_op, XENMEM_remove_from_physmap, (uint64_t)&remove, 0, 0);

		if (result != -XEN_ENOSYS)
			TRY(xen_result("XENMEM_remove_from_physmap", result));
	}
	return error_none();
}

const struct sharing hvm_sharing = { frame, map_grants, unmap_grants };
