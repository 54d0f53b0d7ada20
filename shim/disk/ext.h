/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ext.c, ext_map.c, ext_directory.c: ext2, ext3 and ext4 (Linux, Documentation/filesystems/ext4, and fs/ext4/ext4.h).
 */
#ifndef LULL_SHIM_DISK_EXT_H
#define LULL_SHIM_DISK_EXT_H

#include <shim/disk/fs.h>

enum {
	EXT_COMPAT_SPARSE_SUPER2 = 0x200,

	EXT_INCOMPAT_FILETYPE = 0x2,
	EXT_INCOMPAT_RECOVER = 0x4,
	EXT_INCOMPAT_META_BG = 0x10,
	EXT_INCOMPAT_EXTENTS = 0x40,
	EXT_INCOMPAT_64BIT = 0x80,
	EXT_INCOMPAT_MMP = 0x100,
	EXT_INCOMPAT_FLEX_BG = 0x200,
	EXT_INCOMPAT_EA_INODE = 0x400,
	EXT_INCOMPAT_CSUM_SEED = 0x2000,
	EXT_INCOMPAT_LARGEDIR = 0x4000,
	EXT_INCOMPAT_INLINE_DATA = 0x8000,
	EXT_INCOMPAT_ENCRYPT = 0x10000,
	EXT_INCOMPAT_CASEFOLD = 0x20000,

	EXT_RO_SPARSE_SUPER = 0x1,
	EXT_RO_GDT_CSUM = 0x10,
	EXT_RO_METADATA_CSUM = 0x400,

	EXT_INODE_ENCRYPT = 0x800,
	EXT_INODE_INDEX = 0x1000,
	EXT_INODE_EXTENTS = 0x80000,
	EXT_INODE_INLINE = 0x10000000,

	/* Of i_block, which has pointers to blocks, or an extent tree's root, or content. */
	EXT_INODE_BLOCK_SIZE = 60,
	EXT_INODE_OLD_SIZE = 128,
};

struct ext_inode {
	uint32_t number;
	uint32_t flags;
	uint16_t mode;
	uint64_t size;
	/* Where it is on the disk. */
	uint64_t at;
	/* Of its checksum, and of those of its extent nodes and directory blocks. */
	uint32_t seed;
	/* What of it lies behind the first 128 bytes. */
	uint32_t extra_size;
	uint8_t block[EXT_INODE_BLOCK_SIZE];
};

static inline bool ext_has_checksums(const struct fs *fs)
{
	return (fs->ext.ro_compat & EXT_RO_METADATA_CSUM) != 0;
}

/* Reads an inode.  Errors: FS_FIELD, FS_CHECKSUM, and those of the disk. */
struct error ext_read_inode(struct fs *fs, uint64_t number, struct ext_inode *out);

/* ext_map.c: the fs_map of a file whose content is not in its inode; `inode` is a struct ext_inode. */
struct error ext_map(struct fs *fs, const void *inode, uint64_t offset, struct fs_run *out);

/* Reads bytes that are inside a file. */
struct error ext_read_content(struct fs *fs, const struct ext_inode *inode, uint64_t offset, void *to, size_t size);

/* ext_directory.c: `next` of struct fs_operations. */
struct error ext_next(struct fs *fs, const struct fs_node *directory, uint64_t *position, struct fs_entry *out);

#endif
