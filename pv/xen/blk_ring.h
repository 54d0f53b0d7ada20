/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * blk_ring.c: how a read is cut into requests to a block backend, and what it answers.  Pure: a backend may answer anything.
 */
#ifndef LULL_PV_XEN_BLK_RING_H
#define LULL_PV_XEN_BLK_RING_H

#include <core/addr.h>
#include <core/error.h>

#include <xen/xen.h>
#include <xen/io/blkif.h>

/* Sectors are of 512 bytes in all that is said to a backend, whatever the disk's are (blkif.h). */
#define BLK_SECTOR UINT64_C(512)
#define BLK_SECTORS_OF_PAGE (PAGE_SIZE / BLK_SECTOR)

/* One request's part of a read that goes on at `address`. */
struct blk_piece {
	/* Pages that it touches. */
	uint32_t segments;
	uint64_t bytes;
};

/*
 * The longest piece of `size` bytes at an address, both multiples of a sector and `size` not 0, of at most `most` pages,
 * at least one.  It ends where a page does, or where all does.
 */
struct blk_piece blk_piece_at(uint64_t address, uint64_t size, uint32_t most);

/* Segment number `index` of that piece, but for its grant: the sectors of its page, first and last. */
struct blkif_request_segment blk_segment(uint64_t address, const struct blk_piece *piece, uint32_t index);

/* A request that the backend has. */
struct blk_slot {
	bool busy;
	uint64_t id;
	/* Where on the disk it begins, in bytes. */
	uint64_t offset;
	/* Of its grants. */
	uint32_t segments;
};

/*
 * How many answers wait, where `asked` of the requests that were ever made have not been answered.  The indexes are free-
 * running.  Errors: BLK_ANSWERS (more than that).
 */
struct error blk_answers(uint32_t produced, uint32_t taken, uint32_t asked, const char *disk, uint32_t *out);

/*
 * Which slot an answer is for.  Errors: BLK_ANSWER_ID (none is waiting for that: somebody else's, or answered before), and
 * then there is no such slot; DISK_READ (the backend could not read it).
 */
struct error blk_answer(const struct blkif_response *answer, const struct blk_slot *slots, uint32_t count, const char *disk,
			uint32_t *slot);

#endif
