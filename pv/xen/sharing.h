/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest shares with other domains: xenstore's ring, frames of the grant table, and pages that it lends by them.  Each
 * kind of guest does three things of it in its own way (hvm_sharing.c, pv_sharing.c); grants.c is for both.
 */
#ifndef LULL_PV_XEN_SHARING_H
#define LULL_PV_XEN_SHARING_H

#include <core/boot_info.h>
#include <core/disks.h>

#include <xen/xen.h>
#include <xen/grant_table.h>

/* Of 512 entries each: for four requests of 256 pages. */
#define GRANT_FRAMES 3
#define GRANT_ENTRIES (GRANT_FRAMES * PAGE_SIZE / sizeof(struct grant_entry_v1))
/* The ones below are the toolstack's (xen/include/public/grant_table.h, GNTTAB_NR_RESERVED_ENTRIES). */
#define GRANT_FIRST GNTTAB_NR_RESERVED_ENTRIES

struct sharing {
	/* The frame that others know the page at this address by. */
	uint64_t (*frame)(uint64_t address);
	/* Maps the first GRANT_FRAMES frames of the table.  Errors: HYPERCALL, XEN_GRANT_ROOM (no address to map them at). */
	struct error (*map_grants)(const struct boot_info *info, struct grant_entry_v1 **table);
	/* Takes the mapping away again, as far as there is one.  Errors: HYPERCALL. */
	struct error (*unmap_grants)(void);
};

/* Where xenstore's ring is.  A page of NULL means that there is none, as in dom0. */
struct store_ring {
	struct xenstore_domain_interface *page;
	uint32_t port;
};

extern const struct sharing hvm_sharing, xen_pv_sharing;

/* Starts to lend.  Errors: those of map_grants(), XEN_GRANT_USED (somebody before us lends by the same entries). */
struct error grants_start(const struct sharing *sharing, const struct boot_info *info);

/*
 * Whether all these bytes can be lent: an entry of version 1 has 32 bits for a frame, so 16 TiB (xen/include/public/grant_table.h).
 * Errors: XEN_GRANT_FRAME.
 */
struct error grants_reach(uint64_t address, uint64_t size);

/* Lends the page at an address, which grants_reach() has looked at, to a domain, by the entry with this index, at least GRANT_FIRST. */
void grant_page(uint32_t entry, uint16_t domain, uint64_t address);

/* Ends that; false as long as the page is still mapped there. */
bool grant_end(uint32_t entry);

/* Lends no more.  Errors: those of unmap_grants(). */
struct error grants_stop(void);

/* An event channel for another domain to bind to.  Errors: HYPERCALL. */
struct error channel_open(uint16_t domain, uint32_t *port);
void channel_notify(uint32_t port);
struct error channel_close(uint32_t port);

/* blkfront.c: the disks of this guest, for platform.h.  Where there is no xenstore there are none. */
struct error blkfront_open(const struct sharing *sharing, struct store_ring ring, const struct boot_info *info,
			   struct machine_disks *disks);
struct error blkfront_close(struct machine_disks *disks);

#endif
