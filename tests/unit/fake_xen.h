/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_xen.c: the other side of a Xen guest's disks: xenstored, a block backend with one disk, and the calls to Xen that they
 * take.  Both do their work when the guest yields, or notifies them.  A test turns knobs, and they misbehave.
 */
#ifndef LULL_TESTS_FAKE_XEN_H
#define LULL_TESTS_FAKE_XEN_H

#include <pv/xen/sharing.h>

#define FAKE_BACKEND "/local/domain/0/backend/vbd/1/51712"
#define FAKE_DISK_SIZE (6 * MIB + 4096)

struct fake_xen {
	/* xenstored says nothing; or only so many answers more, 0 for all. */
	bool store_silent;
	unsigned store_answers_left;
	/* It has produced this much more than it has. */
	uint32_t store_excess;
	/* What its next answers have in their headers, added or in place of. */
	uint32_t store_wrong_number, store_wrong_type, store_wrong_length;
	/* A watch's event comes before each answer. */
	bool store_watch;
	/* Writing to nodes is refused with this error's name. */
	const char *store_read_only;

	/* The state that the backend comes to instead of connecting (4); 0 for none. */
	unsigned backend_state;
	/* It does not go on from 4. */
	bool backend_stays;
	/* Requests are not answered; one answer is for another id; each is answered twice. */
	bool disk_silent, disk_wrong_id, disk_twice;
	/* One request is answered at a time. */
	bool disk_slow;
	/* Reads of this sector fail; 0 for none. */
	uint64_t disk_bad_sector;
	/* What the disk was lent stays mapped; so does its ring, for so many looks. */
	bool keeps_grants;
	unsigned keeps_ring;
	/* Hypercalls with this operation of event channels fail with -1; so does the grant table's version with this. */
	unsigned channel_fails;
	int64_t version_result;
	/* All hypercalls of memory but so many fail with this; and mapping the grant table. */
	unsigned memory_calls_left;
	int64_t memory_result;
	bool grants_fail;
	/* The frame that is looked for as the so-manieth from now on is one that no grant can name; 0: none is. */
	unsigned high_frame;

	/* What was seen: requests, the most of them at a time, and pages in the largest. */
	unsigned requests, most_at_once, most_pages, indirect;
};
extern struct fake_xen fake_xen;

/* The disk's bytes. */
extern uint8_t fake_disk[FAKE_DISK_SIZE];

/* Begins anew, with one disk in xenstore. */
void fake_xen_start(void);

/* Puts a node into xenstore; a value of NULL takes it out. */
void fake_store_set(const char *path, const char *value);
/* A node's value, or NULL. */
const char *fake_store_get(const char *path);

/* How many entries of the grant table are in use, and event channels open. */
unsigned fake_grants(void);
unsigned fake_channels(void);
/* True when both halves of xenstore's ring are empty. */
bool fake_store_is_quiet(void);

extern const struct sharing fake_sharing;
struct store_ring fake_ring(void);

#endif
