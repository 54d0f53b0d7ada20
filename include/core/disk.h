/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A disk, as those see it who read from it: the drivers (pv/xen/, pv/virtio/), a file on the host, and parts of a disk
 * (shim/disk/) each fill one.  Nothing writes to a disk.
 *
 * Who does what:
 *   The driver takes any offset, size and alignment.  It splits a large read into requests, keeps several in flight, and
 *   has its own buffer for a first and last sector that are not wanted whole, and for destinations that its device cannot
 *   write to.  It keeps nothing between two reads.
 *   shim/disk/cache.h keeps what is read in small pieces, and is a disk itself.
 *   Parsers read what they need, in small pieces; of a file's content, runs as long as the file system has them.
 */
#ifndef LULL_CORE_DISK_H
#define LULL_CORE_DISK_H

#include <stddef.h>

#include <core/error.h>

struct disk {
	/* In bytes; a multiple of sector_size, unless it is a file on the host. */
	uint64_t size;
	/* Of a logical sector: a power of two from 512 on. */
	uint32_t sector_size;
	/* As the console names it: "xvda". */
	const char *name;
	/* Reads bytes that are inside the disk, at least one.  Called by disk_read() alone. */
	struct error (*read)(struct disk *disk, uint64_t offset, void *to, size_t size);
	/* Whatever `read` needs to know. */
	void *context;
};

/* Reads [offset, offset + size) of the disk.  Errors: DISK_END, when that is not all inside it, and the driver's. */
static inline struct error disk_read(struct disk *disk, uint64_t offset, void *to, size_t size)
{
	if (offset > disk->size || size > disk->size - offset)
		return error_make(ERROR_DISK_END, disk->name, disk->size, offset);
	return size != 0 ? disk->read(disk, offset, to, size) : error_none();
}

#endif
