/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fat.c, fat_directory.c: FAT12, FAT16 and FAT32 with long names (Microsoft, "FAT32 File System Specification", 1.03).
 */
#ifndef LULL_SHIM_DISK_FAT_H
#define LULL_SHIM_DISK_FAT_H

#include <shim/disk/fs.h>

/* The specification gives a directory no more: 65536 entries. */
#define FAT_DIRECTORY_MOST (UINT64_C(65536) * 32)

/* The number of cluster `index`, counted from 0, of the chain that begins with `first`; 0 where the chain has ended. */
struct error fat_cluster(struct fs *fs, uint32_t first, uint64_t index, uint32_t *out);

/* The fs_map of a file; `first` points to the number of its first cluster. */
struct error fat_map(struct fs *fs, const void *first, uint64_t offset, struct fs_run *out);

/* fat_directory.c: `next` of struct fs_operations. */
struct error fat_next(struct fs *fs, const struct fs_node *directory, uint64_t *position, struct fs_entry *out);

#endif
