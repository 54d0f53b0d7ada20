/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store.c: xenstore, by the ring that a guest shares with xenstored.  One request at a time, without transactions or
 * watches; after each the ring is empty in both directions, as the next kernel wants it.
 *
 * A directory is relative to the domain's own, or begins with a slash.  The node's name must live on: errors have it as their
 * subject.
 */
#ifndef LULL_PV_XEN_STORE_H
#define LULL_PV_XEN_STORE_H

#include <core/error.h>
#include <core/span.h>

struct xenstore_domain_interface;

/* Whose ring it is, and the event channel that tells the other side of news. */
void store_start(struct xenstore_domain_interface *ring, uint32_t port);

/*
 * The value of a node, in memory that the next call takes.  Errors: XENSTORE_NODE (it is not there, or not for us),
 * XENSTORE_SILENT, XENSTORE_RING, XENSTORE_REPLY; after the last three xenstore answers nothing any more.
 */
struct error store_read(const char *directory, const char *node, struct span *value);

/* A node that holds a number up to `most`.  Errors: those, and XENSTORE_VALUE. */
struct error store_read_number(const char *directory, const char *node, uint64_t most, uint64_t *out);

/* The same of a node that need not be there: then *out is `otherwise`, and that is no error. */
struct error store_read_optional(const char *directory, const char *node, uint64_t most, uint64_t otherwise, uint64_t *out);

/* The names in a directory, for store_next_name(), in memory that the next call takes.  Errors: as store_read(). */
struct error store_list(const char *directory, const char *node, struct span *names);

/* Writes a node, which is made where there is none: a text, or a number in decimal.  Errors: as store_read(). */
struct error store_write(const char *directory, const char *node, const char *value);
struct error store_write_number(const char *directory, const char *node, uint64_t value);

/* Removes a node.  One that is not there is no error.  Errors: as store_read(). */
struct error store_remove(const char *directory, const char *node);

#endif
