/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xfs.c, xfs_map.c, xfs_directory.c, xfs_log.c: XFS of version 4 and 5 ("XFS Algorithms & Data Structures", and Linux,
 * fs/xfs/libxfs: xfs_format.h, xfs_da_format.h, xfs_log_format.h).  Its numbers are big-endian, its checksums little-endian.
 */
#ifndef LULL_SHIM_DISK_XFS_H
#define LULL_SHIM_DISK_XFS_H

#include <shim/disk/fs.h>

enum {
	XFS_SUPER_LOG_START = 48,
	XFS_SUPER_LOG_BLOCKS = 96,

	/* How an inode holds its content. */
	XFS_LOCAL = 1,
	XFS_EXTENTS = 2,
	XFS_TREE = 3,
};

/* What is read of an inode.  Its fork for data lies in `struct fs`, until another inode is read. */
struct xfs_inode {
	uint64_t number;
	uint64_t size;
	uint64_t extents;
	uint16_t mode;
	uint8_t format;
	struct span fork;
};

/* A number at a byte offset; 0 where it is not all inside. */
uint64_t xfs_number(struct span s, uint64_t offset, unsigned bytes);

/*
 * The byte on the disk at which `count` blocks begin, by the number of the first, whose high bits are its allocation group.
 * Errors: FS_FIELD (not all of them are inside the file system).
 */
struct error xfs_block_at(const struct fs *fs, uint64_t number, uint64_t count, uint64_t *out);

/* Checks a block of metadata by its CRC-32C, which stands `at` bytes into it.  Errors: FS_CHECKSUM, about `what`. */
struct error xfs_check_sum(struct span block, uint64_t at, const char *what);

/* Reads an inode.  Errors: FS_FIELD, FS_CHECKSUM, and those of the disk. */
struct error xfs_read_inode(struct fs *fs, uint64_t number, struct xfs_inode *out);

/* xfs_map.c: the fs_map of a file whose content is not in its inode; `inode` is a struct xfs_inode. */
struct error xfs_map(struct fs *fs, const void *inode, uint64_t offset, struct fs_run *out);

/* xfs_directory.c: `next` of struct fs_operations. */
struct error xfs_next(struct fs *fs, const struct fs_node *directory, uint64_t *position, struct fs_entry *out);

/* xfs_log.c: sets fs->needs_recovery when the log has changes that were not written to their places. */
struct error xfs_read_log(struct fs *fs, struct span super);

#endif
