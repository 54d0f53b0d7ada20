/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * disk_file.c: a file of the host, or one of its disks, as a disk (core/disk.h).
 */
#ifndef LULL_TOOLS_DISK_FILE_H
#define LULL_TOOLS_DISK_FILE_H

#include <shim/disk/cache.h>

struct disk_file {
	/* To read through; it points to this structure, which must stay where it is. */
	struct disk disk;
	struct disk_cache cache;
	uint8_t memory[CACHE_MEMORY];
	int descriptor;
};

/* Opens it for reading; a file, which cannot say how large its sectors are, has those of `sector_size`.  False after a message. */
bool disk_file_open(struct disk_file *file, const char *name, uint32_t sector_size);

/* Closes a file that was opened. */
void disk_file_close(struct disk_file *file);

#endif
