/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk that is bytes in memory, for the tests and the fuzzers; it can fail, and it counts. */
#ifndef LULL_TESTS_MEMORY_DISK_H
#define LULL_TESTS_MEMORY_DISK_H

#include <string.h>

#include <core/disk.h>
#include <core/span.h>

struct memory_disk {
	struct disk disk;
	struct span bytes;
	/* Reads that touch this byte fail; UINT64_MAX: none does. */
	uint64_t bad;
	/* The read with this number fails, counted from 0; UINT64_MAX: none does. */
	uint64_t fails;
	uint64_t reads;
	uint64_t bytes_read;
};

static inline struct error memory_disk_read(struct disk *disk, uint64_t offset, void *to, size_t size)
{
	struct memory_disk *memory = disk->context;

	memory->bytes_read += size;
	if (memory->reads++ == memory->fails || (memory->bad >= offset && memory->bad - offset < size)) {
		/* A device may have written something before. */
		memset(to, 0xa5, size);
		return error_make(ERROR_DISK_READ, disk->name, offset, 5);
	}
	memcpy(to, memory->bytes.at + offset, size);
	return error_none();
}

/* The disk points to the structure that it is in, which must stay where it is. */
static inline struct disk *memory_disk_open(struct memory_disk *memory, struct span bytes)
{
	*memory = (struct memory_disk){
		.disk = { bytes.size, 512, "disk", memory_disk_read, memory },
		.bytes = bytes,
		.bad = UINT64_MAX,
		.fails = UINT64_MAX,
	};
	return &memory->disk;
}

#endif
