/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of an XFS, for the tests and the fuzzers: blocks of 1 KiB in two groups, and inodes of 512 bytes. */
#ifndef LULL_TESTS_XFS_BUILDER_H
#define LULL_TESTS_XFS_BUILDER_H

#include <string.h>

#include <shim/disk/checksum.h>
#include <shim/disk/xfs.h>

#include "builder.h"

enum {
	XFS_BLOCK = 1024,
	/* The second group is shorter. */
	XFS_BLOCKS = 230,
	XFS_GROUP_BLOCKS = 120,
	XFS_GROUP_BITS = 7,
	XFS_INODE = 512,
	/* Where inodes begin, counted from 0: two in a block. */
	XFS_INODE_BLOCK = 8,
	XFS_LOG_BLOCK = 60,
	XFS_LOG_BLOCKS = 16,
	XFS_LOG = XFS_LOG_BLOCK * XFS_BLOCK,
};

static inline uint64_t xfs_block(unsigned block) { return block * UINT64_C(1024); }

/* A block's number in the file system: that of its group in the high bits. */
static inline uint64_t xfs_fsb(unsigned block) { return (block / XFS_GROUP_BLOCKS) << XFS_GROUP_BITS | block % XFS_GROUP_BLOCKS; }

static inline uint64_t xfs_inode(unsigned index) { return xfs_fsb(XFS_INODE_BLOCK + index / 2) << 1 | index % 2; }
static inline uint64_t xfs_inode_at(unsigned index) { return xfs_block(XFS_INODE_BLOCK) + index * UINT64_C(512); }

static inline void xfs_put(struct file image, uint64_t at, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		image.at[at + i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
}

static inline bool xfs_is_5(struct file image) { return image.at[101] % 16 == 5; }

static inline uint64_t xfs_fork_at(struct file image, unsigned index) { return xfs_inode_at(index) + (xfs_is_5(image) ? 176 : 100); }

static inline void xfs_put_inode(struct file image, unsigned index, unsigned mode, unsigned format, uint64_t size)
{
	const uint64_t at = xfs_inode_at(index);

	memset(image.at + at, 0, XFS_INODE);
	memcpy(image.at + at, "IN", 2);
	xfs_put(image, at + 2, mode, 2);
	image.at[at + 4] = xfs_is_5(image) ? 3 : 2;
	image.at[at + 5] = (uint8_t)format;
	xfs_put(image, at + 56, size, 8);
	if (xfs_is_5(image))
		xfs_put(image, at + 152, xfs_inode(index), 8);
}

/* An extent: the file's blocks from `first` on are those of the image from `start` on. */
static inline void xfs_put_extent(struct file image, uint64_t at, uint64_t first, unsigned start, unsigned count, bool unwritten)
{
	const uint64_t number = xfs_fsb(start);

	xfs_put(image, at, (uint64_t)unwritten << 63 | first << 9 | number >> 43, 8);
	xfs_put(image, at + 8, number << 21 | count, 8);
}

/* Adds an extent to an inode that has them itself. */
static inline void xfs_add_extent(struct file image, unsigned index, uint64_t first, unsigned start, unsigned count, bool unwritten)
{
	const uint64_t at = xfs_inode_at(index);
	const unsigned there = image.at[at + 79];

	xfs_put_extent(image, xfs_fork_at(image, index) + there * 16, first, start, count, unwritten);
	xfs_put(image, at + 76, there + 1, 4);
}

static inline void xfs_seal_at(struct file image, uint64_t begin, uint64_t size, uint64_t sum_at)
{
	uint32_t sum;

	if (!xfs_is_5(image))
		return;
	file_put(image, begin + sum_at, 0, 4);
	sum = ~checksum_crc32c(UINT32_MAX, span(image.at + begin, size));
	file_put(image, begin + sum_at, sum, 4);
}

/* A node of a tree of extents; returns where what stands in it begins. */
static inline uint64_t xfs_put_node(struct file image, unsigned block, unsigned owner, unsigned level, unsigned count)
{
	const uint64_t at = xfs_block(block);

	memcpy(image.at + at, xfs_is_5(image) ? "BMA3" : "BMAP", 4);
	xfs_put(image, at + 4, level, 2);
	xfs_put(image, at + 6, count, 2);
	if (xfs_is_5(image))
		xfs_put(image, at + 56, xfs_inode(owner), 8);
	return at + (xfs_is_5(image) ? 72 : 24);
}

/* The header of a directory's block; returns where its records begin. */
static inline uint64_t xfs_put_directory(struct file image, unsigned block, unsigned owner, bool is_single)
{
	const uint64_t at = xfs_block(block);

	memcpy(image.at + at, is_single ? "XD2B" : "XD2D", 4);
	if (!xfs_is_5(image))
		return at + 16;
	memcpy(image.at + at, is_single ? "XDB3" : "XDD3", 4);
	xfs_put(image, at + 40, xfs_inode(owner), 8);
	return at + 64;
}

static inline uint64_t xfs_put_record(struct file image, uint64_t at, unsigned index, const char *name)
{
	xfs_put(image, at, xfs_inode(index), 8);
	image.at[at + 8] = (uint8_t)strlen(name);
	memcpy(image.at + at + 9, name, strlen(name));
	return at + ((9 + strlen(name) + 1 + 2 + 7) & ~UINT64_C(7));
}

/* One that was removed, which reaches to `end`. */
static inline void xfs_put_free(struct file image, uint64_t at, uint64_t end)
{
	xfs_put(image, at, 0xffff, 2);
	xfs_put(image, at + 2, end - at, 2);
}

/* A name of a directory that lies in its inode, with numbers of `width` bytes; returns where the next one is. */
static inline uint64_t xfs_put_short(struct file image, uint64_t at, unsigned index, const char *name, unsigned width)
{
	image.at[at] = (uint8_t)strlen(name);
	memcpy(image.at + at + 3, name, strlen(name));
	xfs_put(image, at + 3 + strlen(name) + 1, xfs_inode(index), width);
	return at + 3 + strlen(name) + 1 + width;
}

/* The record of an unmount at the beginning of the log, which is zeroes else. */
static inline void xfs_put_log(struct file image)
{
	xfs_put(image, XFS_LOG, 0xfeedbabe, 4);
	xfs_put(image, XFS_LOG + 4, 1, 4);
	xfs_put(image, XFS_LOG + 40, 1, 4);
	xfs_put(image, XFS_LOG + 320, 32768, 4);
	xfs_put(image, XFS_LOG + 512, 1, 4);
	xfs_put(image, XFS_LOG + 512 + 9, 0x20, 1);
}

static inline struct file build_xfs(unsigned version)
{
	struct file image = file_new(XFS_BLOCKS * XFS_BLOCK);

	memcpy(image.at, "XFSB", 4);
	xfs_put(image, 4, XFS_BLOCK, 4);
	xfs_put(image, 8, XFS_BLOCKS, 8);
	memcpy(image.at + 32, "\x12\x34\x56\x78\x9a\xbc\xde\xf0\x12\x34\x56\x78\x9a\xbc\xde\xf0", 16);
	xfs_put(image, 48, XFS_LOG_BLOCK, 8);
	xfs_put(image, 56, xfs_inode(0), 8);
	xfs_put(image, 84, XFS_GROUP_BLOCKS, 4);
	xfs_put(image, 88, 2, 4);
	xfs_put(image, 96, XFS_LOG_BLOCKS, 4);
	xfs_put(image, 100, 0xb4a0 | version, 2);
	xfs_put(image, 102, 512, 2);
	xfs_put(image, 104, XFS_INODE, 2);
	memcpy(image.at + 108, "twelve bytes", 12);
	image.at[123] = 1;
	image.at[124] = XFS_GROUP_BITS;
	image.at[192] = 1;
	xfs_put(image, version == 5 ? 216 : 200, version == 5 ? 1 : 0x200, 4);
	xfs_put_log(image);
	return image;
}

#endif
