/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * btrfs.c, btrfs_chunk.c, btrfs_tree.c, btrfs_file.c, btrfs_unpack.c: btrfs (Linux, include/uapi/linux/btrfs_tree.h, and the
 * wiki's "On-disk format").  Of a file system on several devices what is on this one is read.
 *
 * Trees and extents lie at logical addresses, of which chunks say where they are on devices.  A chunk is in the superblock when
 * trees of chunks lie in it; the others are in such a tree.
 */
#ifndef LULL_SHIM_DISK_BTRFS_H
#define LULL_SHIM_DISK_BTRFS_H

#include <shim/disk/fs.h>

enum {
	BTRFS_INODE = 1,
	BTRFS_DIR_ITEM = 84,
	BTRFS_DIR_INDEX = 96,
	BTRFS_EXTENT_DATA = 108,
	BTRFS_ROOT = 132,
	BTRFS_CHUNK = 228,

	BTRFS_KEY_SIZE = 17,
	/* Of a directory's entry: the key of what it names, the length of the name, and the name. */
	BTRFS_DIR_NAME_LENGTH = 27,
	BTRFS_DIR_NAME = 30,
};

struct btrfs_key {
	uint64_t object;
	uint8_t type;
	uint64_t offset;
};

/* What a search has found; the data lies in the scratch memory until a node is read. */
struct btrfs_item {
	bool found;
	struct btrfs_key key;
	struct span data;
	/* Of the item behind; all of its bits are set where there is none. */
	struct btrfs_key next;
};

/* The key that stands at a byte of a node; zeros where it is not all inside. */
struct btrfs_key btrfs_key_at(struct span data, uint64_t at);

/* btrfs_chunk.c: the run of bytes on this device that begins at a logical address, as long as it goes on there. */
struct error btrfs_map(struct fs *fs, uint64_t logical, struct fs_run *out);

/* btrfs_tree.c: the last item of a tree with this key or a smaller one; where there is none, out->found is false. */
struct error btrfs_find_before(struct fs *fs, const struct btrfs_tree *tree, const struct btrfs_key *key, struct btrfs_item *out);

/* The first item with this key or a larger one; where there is none, its key is smaller or out->found is false. */
struct error btrfs_find_from(struct fs *fs, const struct btrfs_tree *tree, const struct btrfs_key *key, struct btrfs_item *out);

/*
 * btrfs_unpack.c: unpacks an extent of at most `size` bytes, of which `bytes` are what it has packed, and then what it is.
 * Error: FS_FIELD.
 */
struct error btrfs_unpack(struct fs *fs, unsigned kind, uint64_t size, struct span *bytes);

/* btrfs_file.c: reads `size` bytes from `offset` on, all inside the file with this inode in a subvolume's tree. */
struct error btrfs_read_file(struct fs *fs, const struct btrfs_tree *tree, uint64_t inode, uint64_t offset, uint8_t *to, size_t size);

#endif
