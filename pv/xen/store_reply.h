/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store_reply.c: what xenstore answers, and what its nodes hold.  All of it comes from outside.
 */
#ifndef LULL_PV_XEN_STORE_REPLY_H
#define LULL_PV_XEN_STORE_REPLY_H

#include <core/disks.h>
#include <core/error.h>
#include <core/span.h>

#include <xen/io/xs_wire.h>

enum store_reply {
	/* The answer to the request, whose bytes follow. */
	STORE_ANSWER,
	/* The answer that it failed, with a name as XSD_ERRORS has it. */
	STORE_REFUSAL,
	/* Nothing of ours: an event of a watch that somebody before us left. */
	STORE_OTHER,
};

/*
 * What a message is, by its header, for who waits for the answer to a request of this type and number.
 * Errors: XENSTORE_REPLY, and the connection is then of no more use.
 */
struct error store_reply_read(const struct xsd_sockmsg *header, uint32_t type, uint32_t request, enum store_reply *out);

/*
 * Bytes that lie in a ring of `size` bytes between two indexes of theirs; free-running, so that any two are legal as
 * long as they are that close.  Errors: XENSTORE_RING.
 */
struct error store_ring_bytes(uint32_t producer, uint32_t consumer, uint32_t *out);

/* The number of an error's name ("ENOENT" is 2); 0 for a name that nobody knows. */
uint32_t store_error_number(struct span name);

/* A number in decimal digits, all of the bytes; false when it is none, or does not fit. */
bool store_number(struct span text, uint64_t *out);

/* The next name of a listing, whose names end in a NUL each; false at the end, and for a name that does not end. */
bool store_next_name(struct span *listing, struct span *name);

/*
 * How Linux calls a disk of this number (xen-vbd-interface(7)): "xvda", "hdc1", "sdb", "xvdq2"; and "vbd-" with the number for
 * one that is none of these.
 */
void store_disk_name(uint64_t number, char out[DISK_NAME_SIZE]);

/* True when the "params" of a drive name no medium: nothing, or nothing behind "aio:" and the like. */
bool store_is_empty_drive(struct span params);

#endif
