/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the two files of the block front end share: blkfront.c finds disks, and comes to terms with their backends;
 * blk_read.c reads.
 */
#ifndef LULL_PV_XEN_BLKFRONT_H
#define LULL_PV_XEN_BLKFRONT_H

#include <pv/xen/blk_ring.h>
#include <pv/xen/sharing.h>

/* Requests that the backend has at a time: as many as a ring of one page takes; or four, where one is of 256 pages. */
#define BLK_MOST_SLOTS 32
#define BLK_INDIRECT_SLOTS 4
#define BLK_INDIRECT_SEGMENTS 256
/* A backend may have fewer grants mapped than a megabyte takes, but then offers no indirect requests. */
#define BLK_DIRECT_SEGMENTS BLKIF_MAX_SEGMENTS_PER_REQUEST
#define BLK_PATH_SIZE 128

struct blkfront {
	const char *name;
	/* Connected, and where that failed: why. */
	bool connected;
	struct error failure;
	/* In xenstore. */
	char path[BLK_PATH_SIZE];
	char backend[BLK_PATH_SIZE];
	uint16_t domain;
	uint16_t handle;
	/* 0 when there is none; so too `entry`, the grant of the ring. */
	uint32_t port;
	uint32_t entry;
	/* It is no longer as we found it. */
	bool touched;
	/* The backend broke the protocol, so nothing is asked of it any more; what it has not answered, it may still write to. */
	struct error broken;
	struct blkif_front_ring ring;
	/* Pages of one request, by a page of segments where that is more than a request itself can name. */
	uint32_t most_segments;
	bool indirect;
	uint32_t slot_count;
	uint32_t busy;
	uint64_t serial;
	struct blk_slot slot[BLK_MOST_SLOTS];
};

/*
 * The read() of struct disk; its context is the struct blkfront.  Errors: BLK_ANSWER_ID, BLK_SILENT, BLK_LENT, those of
 * blk_ring.h.
 */
struct error blk_read(struct disk *disk, uint64_t offset, void *to, size_t size);

/* BLK_LENT when a backend has kept pages that it was lent for a read, else no error. */
struct error blk_lent(void);

#endif
