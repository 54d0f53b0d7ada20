/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hand-over: gives everything its place and writes what the next kernel is told, one file a protocol.
 */
#ifndef LULL_SHIM_HANDOVER_H
#define LULL_SHIM_HANDOVER_H

#include <core/boot_info.h>
#include <core/leave.h>
#include <shim/handover/place.h>
#include <shim/handover/place_xen_pv.h>
#include <shim/payload/payload.h>

struct handover {
	/* LEAVE_XEN_PV: `xen_pv` below is filled; any other: `leave`. */
	enum leave_mode mode;
	/* As the last status line names it (the table of handover.c). */
	const char *protocol_name;
	uint64_t entry;
	struct layout layout;
	struct leave leave;
	struct xen_pv_leave xen_pv;
};

/*
 * Places the payload and fills the hand-over block, in memory that is free now.  handover_leave() does the rest.
 * Errors: those of place(), HANDOVER_REGIONS, REACH; in a Xen PV guest those of xen_pv_prepare().
 */
struct error handover_prepare(const struct boot_info *info, struct payload *payload, const char *cmdline,
			      struct handover *handover);

/*
 * Whether handover_prepare() would find a place for a payload that KASLR is about to move.  Writes nothing.
 * Errors: those of place(), REACH; in a Xen PV guest those of xen_pv_try().
 */
struct error handover_try(const struct boot_info *info, const struct payload *payload, const char *cmdline);

/* Enters the kernel, as handover_prepare() has planned it.  Never returns. */
_Noreturn void handover_leave(const struct handover *handover);

/*
 * For each protocol, NAME_size() returns the bytes of the hand-over block that it needs beside the workspace, and NAME_fill()
 * fills them at the physical address `at`, which is page aligned and zeroed, and returns the argument that the kernel is entered
 * with.  linux64's are those of a vmlinux too.
 */
uint64_t linux64_size(const struct boot_info *info, const struct payload *payload, const char *cmdline);
uint64_t linux64_fill(uint64_t at, const struct boot_info *info, const struct payload *payload,
		      const struct layout *layout, const char *cmdline);

uint64_t pvh_size(const struct boot_info *info, const struct payload *payload, const char *cmdline);
uint64_t pvh_fill(uint64_t at, const struct boot_info *info, const struct payload *payload,
		  const struct layout *layout, const char *cmdline);

uint64_t multiboot1_size(const struct boot_info *info, const struct payload *payload, const char *cmdline);
uint64_t multiboot1_fill(uint64_t at, const struct boot_info *info, const struct payload *payload,
			 const struct layout *layout, const char *cmdline);

uint64_t multiboot2_size(const struct boot_info *info, const struct payload *payload, const char *cmdline);
uint64_t multiboot2_fill(uint64_t at, const struct boot_info *info, const struct payload *payload,
			 const struct layout *layout, const char *cmdline);

/*
 * The same for a Xen PV kernel, whose pages are not moved but renumbered.  Writes to free memory, and slides an initrd to
 * the beginning of its first page.  Errors: those of xen_pv_layout_make() and xen_pv_frames(), REACH, PLACE_HANDOVER.
 */
struct error xen_pv_prepare(const struct boot_info *info, struct payload *payload, const char *cmdline,
			    struct xen_pv_leave *leave);

/*
 * Whether xen_pv_prepare() would have enough memory even if it could use no page again that something lies in now.
 * Errors: those of xen_pv_layout_make().
 */
struct error xen_pv_try(const struct boot_info *info, const struct payload *payload);

/* Most regions that a PVH kernel may be given: Linux adds one to a table of 128 (arch/x86/platform/pvh/enlighten.c). */
#define PVH_MAX_REGIONS 127

#endif
