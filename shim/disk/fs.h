/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fs.c, fs_run.c: file systems, which are read and never written to.  Each kind is one file with a table of operations.
 *
 * All that is read is checked where it is used: a file system that is broken, or was made to deceive, gives errors and no
 * endless work.  A journal is not replayed: what the disk has is read, and `needs_recovery` says that it may be old.
 *
 * Here and in the header of each kind, a function that names no errors of its own has these: FS_FIELD, FS_CHECKSUM, FS_FEATURE
 * (what the reader does not know), and those of disk_read().
 */
#ifndef LULL_SHIM_DISK_FS_H
#define LULL_SHIM_DISK_FS_H

#include <stdbool.h>

#include <core/disk.h>
#include <core/span.h>

/* 255 units of UTF-16, as FAT has them, in UTF-8. */
#define FS_NAME_MOST  765
#define FS_LABEL_MOST 255
/* Of a path, with its symbolic links resolved: its bytes, its directories, and how many links there may be. */
#define FS_PATH_MOST  4095
#define FS_DEPTH_MOST 64
#define FS_LINKS_MOST 40
/* Entries of a directory that are looked at. */
#define FS_ENTRIES_MOST (1u << 20)
/* The largest block of a file system; and the memory that the caller gives. */
#define FS_BLOCK_MOST 65536
#define FS_SCRATCH    (2 * FS_BLOCK_MOST + 2 * BTRFS_EXTENT_MOST + BTRFS_HEAP_SIZE)
/* Of it: what a compressed extent of btrfs has, packed and not, and what unpacking takes. */
#define BTRFS_EXTENT_MOST  131072
#define BTRFS_HEAP_SIZE    (160 << 10)
#define BTRFS_SCRATCH_IN   (2 * FS_BLOCK_MOST)
#define BTRFS_SCRATCH_OUT  (BTRFS_SCRATCH_IN + BTRFS_EXTENT_MOST)
#define BTRFS_SCRATCH_HEAP (BTRFS_SCRATCH_OUT + BTRFS_EXTENT_MOST)

enum fs_kind {
	FS_FILE,
	FS_DIRECTORY,
	FS_LINK,
	/* A device, a socket, a pipe. */
	FS_OTHER,
};

struct fs_node {
	enum fs_kind kind;
	/* In bytes. */
	uint64_t size;
	/* By which the file system finds it again: the number of an inode, or of the first cluster. */
	uint64_t id;
};

/* One name of a directory. */
struct fs_entry {
	uint32_t length;
	char name[FS_NAME_MOST + 1];
	/* As far as the directory has it; fs_entry_node() has all of it. */
	struct fs_node node;
};

struct ext {
	uint32_t block_size;
	uint32_t inode_size;
	uint32_t inode_count;
	uint32_t inodes_per_group;
	uint32_t blocks_per_group;
	uint32_t first_block;
	uint32_t descriptor_size;
	uint32_t first_meta_group;
	uint64_t block_count;
	uint32_t compat, incompat, ro_compat;
	/* The groups that have copies of the superblock, where only two do. */
	uint32_t backup_group[2];
	/* Of all checksums of metadata. */
	uint32_t seed;
	uint8_t uuid[16];
	/* The blocks that the scratch memory holds, checked: a node of an extent tree, and a directory's; 0: none. */
	uint64_t node_held, directory_held;
};

struct fat {
	uint32_t cluster_size;
	uint32_t cluster_count;
	/* 12, 16 or 32 bits of an entry of the table. */
	uint32_t width;
	/* In bytes on the disk: the table, the root directory of a FAT12 or FAT16, the first cluster. */
	uint64_t table, root, data;
	uint64_t root_size;
	uint32_t root_cluster;
	/* Where the last read in a chain was: its first cluster, and the one with that index. */
	uint32_t chain, chain_cluster, chain_index;
};

#define BTRFS_CHUNKS_HELD   4
#define BTRFS_CHUNKS_SUPER  2048
/* One of 16 stripes. */
#define BTRFS_CHUNK_MOST    (48 + 16 * 32)

/* The address of its root, and the level of that. */
struct btrfs_tree {
	uint64_t id;
	uint64_t address;
	uint8_t level;
};

struct btrfs_chunk {
	uint64_t start;
	/* 0: none. */
	uint32_t size;
	uint8_t bytes[BTRFS_CHUNK_MOST];
};

struct btrfs {
	uint32_t node_size;
	uint32_t sector_size;
	/* The number of this device. */
	uint64_t device;
	struct btrfs_tree root_tree, chunk_tree;
	/* The subvolume that was used last; id 0: none. */
	struct btrfs_tree files;
	uint64_t default_tree;
	/* Chunks that the superblock has, and some that were used. */
	uint32_t chunks_size;
	uint8_t chunks[BTRFS_CHUNKS_SUPER];
	uint32_t next_chunk;
	struct btrfs_chunk chunk[BTRFS_CHUNKS_HELD];
	/* The tree of chunks is being read. */
	bool is_mapping;
	/* The addresses of the nodes that the scratch memory holds, checked, by their levels; 0: none. */
	uint64_t held[2 * FS_BLOCK_MOST / 4096];
	/* The extent that the scratch memory has unpacked, and its size there; 0: none. */
	uint64_t unpacked, unpacked_size;
};

struct iso {
	uint32_t block_size;
	/* Where the record of the root is. */
	uint64_t root;
	bool has_rock, is_joliet;
	/* Bytes between a name and what Rock Ridge says of it. */
	uint32_t skip;
};

/* A power of two, from 256 on. */
#define XFS_INODE_MOST 2048

struct xfs {
	uint32_t block_size;
	uint32_t directory_block_size;
	uint32_t inode_size;
	uint32_t group_blocks;
	uint32_t group_count;
	/* The low bits of a number: those of a block in its group, and of an inode in its block. */
	uint32_t group_bits, inode_bits;
	uint64_t block_count;
	uint64_t root;
	/* Version 5. */
	bool has_checksums;
	/* Directories have a byte for the kind of what they name. */
	bool has_kinds;
	/* The inode that was read last, and its number; 0: none. */
	uint64_t inode_held;
	uint8_t inode[XFS_INODE_MOST];
	/* Where the blocks are that the scratch memory holds, checked: a node of extents, and a directory's; 0: none. */
	uint64_t node_held, directory_held;
};

struct fs {
	struct disk *disk;
	const struct fs_operations *operations;
	/* As Linux names it: "ext4", "vfat". */
	const char *name;
	/* As blkid(8) writes them, and GRUB's search compares them; "" where there is none. */
	char uuid[37];
	char label[FS_LABEL_MOST + 1];
	/* Its journal was not replayed. */
	bool needs_recovery;
	/* Names are the same in upper and lower case. */
	bool ignores_case;
	uint8_t *scratch;
	union {
		struct ext ext;
		struct fat fat;
		struct xfs xfs;
		struct iso iso;
		struct btrfs btrfs;
	};
	/* Of fs_lookup(): what is left of the path, and the directories on the way. */
	char path[FS_PATH_MOST + 1];
	struct fs_node way[FS_DEPTH_MOST];
};

struct fs_operations {
	/* FS_UNKNOWN when the disk holds another file system.  Fills what `fs` says of it. */
	struct error (*open)(struct fs *fs);
	struct error (*root)(struct fs *fs, struct fs_node *out);
	/*
	 * The entry of a directory at a position, which begins at 0 and is moved behind it; a name of length 0: there are no
	 * more.  "." and ".." are left out.
	 */
	struct error (*next)(struct fs *fs, const struct fs_node *directory, uint64_t *position, struct fs_entry *out);
	/* All of what an entry names. */
	struct error (*node)(struct fs *fs, const struct fs_entry *entry, struct fs_node *out);
	/* Bytes of a file, or of a link's target, that are inside it. */
	struct error (*read)(struct fs *fs, const struct fs_node *node, uint64_t offset, void *to, size_t size);
};

extern const struct fs_operations fs_btrfs, fs_ext, fs_fat, fs_iso, fs_xfs;

/*
 * Finds out which file system the disk holds.  The scratch memory has FS_SCRATCH bytes and belongs to `fs` from then on.
 * Errors: FS_UNKNOWN; FS_FIELD, FS_FEATURE, FS_CHECKSUM of one that is known; and those of the disk.
 */
struct error fs_open(struct fs *fs, struct disk *disk, void *scratch);

/* fs_unread.c.  The name that lsblk has for what is on a disk and lull does not read: "LVM2_member"; NULL: nobody knows. */
const char *fs_unread_name(struct disk *disk);

/*
 * Finds what a path names, from the root on.  Links are followed, the last one too.
 * Errors: FS_NO_FILE, FS_NO_DIRECTORY, FS_LINKS, FS_PATH, and those of fs_next() and fs_read().
 */
struct error fs_lookup(struct fs *fs, const char *path, struct fs_node *out);

/* The next entry of a directory: see struct fs_operations.  Errors: FS_NO_DIRECTORY, FS_FIELD, FS_CHECKSUM. */
struct error fs_next(struct fs *fs, const struct fs_node *directory, uint64_t *position, struct fs_entry *out);

/* Reads bytes of a file.  Errors: FS_END, FS_NO_CONTENT, FS_FIELD, FS_CHECKSUM. */
struct error fs_read(struct fs *fs, const struct fs_node *node, uint64_t offset, void *to, size_t size);

/* Whether two names are the same one to this file system. */
bool fs_same_name(const struct fs *fs, struct span one, struct span other);

/* For the file systems themselves. */

/* Bytes of a file that follow one another on the disk, from the offset on that was asked for; or that are zeroes. */
struct fs_run {
	uint64_t size;
	uint64_t at;
	bool is_hole;
};

/* What is at an offset of a file; `inode` is whatever the file system needs for it.  A run has at least one byte. */
typedef struct error (*fs_map)(struct fs *fs, const void *inode, uint64_t offset, struct fs_run *out);

/* Reads `size` bytes from `offset` on of a file that `map` knows; runs that follow one another are one read of the disk. */
struct error fs_read_runs(struct fs *fs, fs_map map, const void *inode, uint64_t offset, void *to, size_t size);

/* Writes a UUID as text. */
void fs_uuid_text(char out[37], const uint8_t uuid[16]);

/* Writes units of UTF-16 up to a NUL as UTF-8, at most three bytes each; returns how many.  Half a pair becomes U+FFFD. */
uint32_t fs_put_utf16(char *to, const uint16_t *units, unsigned count);

/* Copies a label, which ends at a NUL or where its field does. */
void fs_label_text(struct fs *fs, struct span label);

/* What an inode's mode says that it is (POSIX's S_IFMT, of which the numbers are Linux's). */
enum fs_kind fs_mode_kind(uint32_t mode);

/* A directory's name for itself or its parent; no name is one too. */
static inline bool fs_is_dots(struct span name)
{
	return name.size <= 2 && span_is(name, 0, "..", name.size);
}

static inline struct error fs_wrong(const char *field, uint64_t found)
{
	return error_make(ERROR_FS_FIELD, field, 0, found);
}

#endif
