/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * volume.c: the file systems of all disks, in the order of disks and partitions.  One is open at a time, in one memory.
 */
#ifndef LULL_SHIM_DISK_VOLUME_H
#define LULL_SHIM_DISK_VOLUME_H

#include <shim/disk/fs.h>
#include <shim/disk/partition.h>

#define DISKS_MOST   16
#define VOLUMES_MOST 64

/* A partition, or a whole disk: one without a table, or an ISO 9660 that has one, behind its partitions. */
struct volume {
	uint32_t disk;
	/* Number 0: a whole disk. */
	struct partition partition;
	/* As Linux names it: "xvda2". */
	char name[40];
	/* What it holds, NULL where nobody knows; where that cannot be read, why. */
	const char *fs_name;
	char uuid[37];
	char label[FS_LABEL_MOST + 1];
	bool needs_recovery;
	struct error error;
};

struct volumes {
	struct disk *disk[DISKS_MOST];
	uint32_t disk_count;
	/* Of each disk: how it is divided, and what is wrong with its table. */
	enum partition_scheme scheme[DISKS_MOST];
	struct error table_error[DISKS_MOST];
	uint32_t count;
	/* Volumes beyond these. */
	uint32_t left_out;
	struct volume volume[VOLUMES_MOST];
	/* Of the one that is open: its index, plus one; 0: none. */
	uint32_t open;
	struct disk_part part;
	struct fs fs;
	void *scratch;
	struct partition_table table;
};

/* Looks at all disks, of which at most DISKS_MOST count.  The scratch memory has FS_SCRATCH bytes, for as long as `out` is used. */
void volumes_find(struct volumes *out, struct disk *const *disks, uint32_t count, void *scratch);

/* The file system of a volume, to use until another one is opened.  Errors: what fs_open() returns. */
struct error volume_open(struct volumes *volumes, uint32_t index, struct fs **out);

/* Opens a volume and finds a path in it.  Errors: those of volume_open() and of fs_lookup(). */
struct error volume_lookup(struct volumes *volumes, uint32_t index, const char *path, struct fs_node *out);

#endif
