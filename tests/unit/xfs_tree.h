/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An XFS with one of each kind of file, for the tests and the fuzzers. */
#ifndef LULL_TESTS_XFS_TREE_H
#define LULL_TESTS_XFS_TREE_H

#include "xfs_builder.h"

enum {
	/* Inodes, and the blocks of what is in them.  One inode is in the second group. */
	XFS_ROOT, XFS_PLAIN, XFS_DEEP, XFS_SHORT_LINK, XFS_LONG_LINK, XFS_SINGLE, XFS_LEAF, XFS_WIDE, XFS_DEVICE, XFS_REAL, XFS_MANY,
	XFS_INODES, XFS_DISTANT = (XFS_GROUP_BLOCKS + 3 - XFS_INODE_BLOCK) * 2,
	XFS_PLAIN_BLOCK = 30, XFS_DEEP_NODE = 40, XFS_DEEP_LEAF, XFS_DEEP_BLOCK, XFS_LINK_BLOCK = 50,
	XFS_SINGLE_BLOCK = 80, XFS_LEAF_BLOCK = 90, XFS_LEAF_BLOCK2 = 130, XFS_DISTANT_BLOCK = 200,
};

static inline void xfs_put_root(struct file image)
{
	static const char *const names[] = { "plain", "deep", "short", "long", "single", "leaf", "wide", "device", "real", "many" };
	const uint64_t begin = xfs_fork_at(image, XFS_ROOT);
	uint64_t at = begin + 6;

	xfs_put_inode(image, XFS_ROOT, 0x41ed, XFS_LOCAL, 0);
	for (unsigned i = 0; i < 10; i++)
		at = xfs_put_short(image, at, XFS_PLAIN + i, names[i], 4);
	xfs_put(image, xfs_inode_at(XFS_ROOT) + 56, at - begin, 8);
	xfs_put_inode(image, XFS_WIDE, 0x41ed, XFS_LOCAL, 10 + 2 * (3 + 3 + 1 + 8));
	image.at[xfs_fork_at(image, XFS_WIDE) + 1] = 1;
	at = xfs_put_short(image, xfs_fork_at(image, XFS_WIDE) + 10, XFS_DISTANT, "far", 8);
	xfs_put_short(image, at, XFS_PLAIN, "two", 8);
}

/* Blocks 0, a hole, 3 without content, 4 and 5 elsewhere. */
static inline void xfs_put_plain(struct file image)
{
	xfs_put_inode(image, XFS_PLAIN, 0x81a4, XFS_EXTENTS, 6 * XFS_BLOCK - 100);
	/* A fork of attributes is behind. */
	image.at[xfs_inode_at(XFS_PLAIN) + 82] = 96 / 8;
	xfs_add_extent(image, XFS_PLAIN, 0, XFS_PLAIN_BLOCK, 1, false);
	xfs_add_extent(image, XFS_PLAIN, 3, XFS_PLAIN_BLOCK, 1, true);
	xfs_add_extent(image, XFS_PLAIN, 4, XFS_PLAIN_BLOCK + 2, 2, false);
	memset(image.at + xfs_block(XFS_PLAIN_BLOCK), 'p', XFS_BLOCK);
	memset(image.at + xfs_block(XFS_PLAIN_BLOCK + 2), 'q', 2 * XFS_BLOCK);
	xfs_put_inode(image, XFS_DISTANT, 0x81a4, XFS_EXTENTS, 100);
	xfs_add_extent(image, XFS_DISTANT, 0, XFS_DISTANT_BLOCK, 1, false);
	memset(image.at + xfs_block(XFS_DISTANT_BLOCK), 'd', 100);
	/* Extents that are counted elsewhere. */
	xfs_put_inode(image, XFS_MANY, 0x81a4, XFS_EXTENTS, 100);
	xfs_add_extent(image, XFS_MANY, 0, XFS_DISTANT_BLOCK, 1, false);
	if (xfs_is_5(image)) {
		xfs_put(image, xfs_inode_at(XFS_MANY) + 76, 0, 4);
		xfs_put(image, xfs_inode_at(XFS_MANY) + 24, 1, 8);
		xfs_put(image, xfs_inode_at(XFS_MANY) + 120, 0x10, 8);
	}
}

/* A tree of two levels below the inode; block 1 on, 10, and 20 by the second leaf, which is the first one again. */
static inline void xfs_put_deep(struct file image)
{
	const uint64_t root = xfs_fork_at(image, XFS_DEEP), room = (XFS_INODE - (root - xfs_inode_at(XFS_DEEP)) - 4) / 16;
	const uint64_t room_of_node = (XFS_BLOCK - (xfs_is_5(image) ? 72 : 24)) / 16;
	uint64_t at;

	xfs_put_inode(image, XFS_DEEP, 0x81a4, XFS_TREE, 30 * XFS_BLOCK);
	xfs_put(image, root, 2, 2);
	xfs_put(image, root + 2, 1, 2);
	xfs_put(image, root + 4, 1, 8);
	xfs_put(image, root + 4 + room * 8, xfs_fsb(XFS_DEEP_NODE), 8);
	at = xfs_put_node(image, XFS_DEEP_NODE, XFS_DEEP, 1, 2);
	xfs_put(image, at, 1, 8);
	xfs_put(image, at + 8, 15, 8);
	xfs_put(image, at + room_of_node * 8, xfs_fsb(XFS_DEEP_LEAF), 8);
	xfs_put(image, at + room_of_node * 8 + 8, xfs_fsb(XFS_DEEP_LEAF), 8);
	at = xfs_put_node(image, XFS_DEEP_LEAF, XFS_DEEP, 0, 3);
	xfs_put_extent(image, at, 1, XFS_DEEP_BLOCK, 2, false);
	xfs_put_extent(image, at + 16, 10, XFS_DEEP_BLOCK + 1, 1, false);
	xfs_put_extent(image, at + 32, 20, XFS_DEEP_BLOCK, 1, false);
	memset(image.at + xfs_block(XFS_DEEP_BLOCK), 't', XFS_BLOCK);
	memset(image.at + xfs_block(XFS_DEEP_BLOCK + 1), 'u', XFS_BLOCK);
}

/* A link in its inode, and one of 1000 bytes: with version 5 in two pieces, each behind a header. */
static inline void xfs_put_links(struct file image)
{
	const uint64_t at = xfs_block(XFS_LINK_BLOCK), second = xfs_block(XFS_LINK_BLOCK + 2);
	const unsigned header = xfs_is_5(image) ? 56 : 0;

	xfs_put_inode(image, XFS_SHORT_LINK, 0xa1ff, XFS_LOCAL, 8);
	memcpy(image.at + xfs_fork_at(image, XFS_SHORT_LINK), "wide/far", 8);
	xfs_put_inode(image, XFS_LONG_LINK, 0xa1ff, XFS_EXTENTS, 1000);
	xfs_add_extent(image, XFS_LONG_LINK, 0, XFS_LINK_BLOCK, 1, false);
	memset(image.at + at, '/', XFS_BLOCK);
	if (header == 0) {
		memcpy(image.at + at + 995, "plain", 5);
		return;
	}
	xfs_add_extent(image, XFS_LONG_LINK, 1, XFS_LINK_BLOCK + 2, 1, false);
	memset(image.at + at, 0, header);
	memcpy(image.at + at, "XSLM", 4);
	xfs_put(image, at + 8, XFS_BLOCK - header, 4);
	xfs_put(image, at + 32, xfs_inode(XFS_LONG_LINK), 8);
	memcpy(image.at + second, image.at + at, XFS_BLOCK);
	xfs_put(image, second + 4, XFS_BLOCK - header, 4);
	xfs_put(image, second + 8, 1000 - XFS_BLOCK + header, 4);
	memcpy(image.at + second + 1000 - XFS_BLOCK + 2 * header - 5, "plain", 5);
}

/* Directories have blocks of 2 KiB.  One with its index behind its names; one of two, with a hole between. */
static inline void xfs_put_directories(struct file image)
{
	const uint64_t tail = xfs_block(XFS_SINGLE_BLOCK + 2) - 8;
	uint64_t at;

	xfs_put_inode(image, XFS_SINGLE, 0x41ed, XFS_EXTENTS, 2 * XFS_BLOCK);
	xfs_add_extent(image, XFS_SINGLE, 0, XFS_SINGLE_BLOCK, 2, false);
	at = xfs_put_directory(image, XFS_SINGLE_BLOCK, XFS_SINGLE, true);
	at = xfs_put_record(image, at, XFS_SINGLE, ".");
	at = xfs_put_record(image, at, XFS_ROOT, "..");
	xfs_put_free(image, at, at + 24);
	at = xfs_put_record(image, at + 24, XFS_PLAIN, "one");
	at = xfs_put_record(image, at, XFS_DISTANT, "two of them");
	xfs_put(image, tail, 4, 4);
	xfs_put_free(image, at, tail - 32);
	xfs_put_inode(image, XFS_LEAF, 0x41ed, XFS_EXTENTS, 10 * XFS_BLOCK);
	xfs_add_extent(image, XFS_LEAF, 0, XFS_LEAF_BLOCK, 1, false);
	xfs_add_extent(image, XFS_LEAF, 1, XFS_LEAF_BLOCK + 2, 1, false);
	xfs_add_extent(image, XFS_LEAF, 8, XFS_LEAF_BLOCK2, 2, false);
	/* What is behind 32 GiB are indexes. */
	xfs_add_extent(image, XFS_LEAF, UINT64_C(1) << 25, XFS_LEAF_BLOCK2, 1, false);
	at = xfs_put_directory(image, XFS_LEAF_BLOCK, XFS_LEAF, false);
	at = xfs_put_record(image, at, XFS_LEAF, ".");
	xfs_put_free(image, at, xfs_block(XFS_LEAF_BLOCK + 1));
	at = xfs_put_record(image, xfs_block(XFS_LEAF_BLOCK + 2), XFS_PLAIN, "half");
	xfs_put_free(image, at, xfs_block(XFS_LEAF_BLOCK + 3));
	at = xfs_put_record(image, xfs_put_directory(image, XFS_LEAF_BLOCK2, XFS_LEAF, false), XFS_PLAIN, "last");
	xfs_put_free(image, at, xfs_block(XFS_LEAF_BLOCK2 + 2));
}

/* All checksums of the tree, but for that of a directory whose block is in two pieces. */
static inline void xfs_seal(struct file image)
{
	uint8_t pieces[2 * XFS_BLOCK];
	struct file joined = { pieces, sizeof(pieces) };

	if (!xfs_is_5(image))
		return;
	xfs_seal_at(image, 0, 512, 224);
	for (unsigned i = 0; i < XFS_INODES; i++)
		xfs_seal_at(image, xfs_inode_at(i), XFS_INODE, 100);
	xfs_seal_at(image, xfs_inode_at(XFS_DISTANT), XFS_INODE, 100);
	xfs_seal_at(image, xfs_block(XFS_DEEP_NODE), XFS_BLOCK, 64);
	xfs_seal_at(image, xfs_block(XFS_DEEP_LEAF), XFS_BLOCK, 64);
	xfs_seal_at(image, xfs_block(XFS_LINK_BLOCK), XFS_BLOCK, 12);
	xfs_seal_at(image, xfs_block(XFS_LINK_BLOCK + 2), XFS_BLOCK, 12);
	xfs_seal_at(image, xfs_block(XFS_SINGLE_BLOCK), 2 * XFS_BLOCK, 4);
	xfs_seal_at(image, xfs_block(XFS_LEAF_BLOCK2), 2 * XFS_BLOCK, 4);
	memcpy(pieces, image.at + xfs_block(XFS_LEAF_BLOCK), XFS_BLOCK);
	memcpy(pieces + XFS_BLOCK, image.at + xfs_block(XFS_LEAF_BLOCK + 2), XFS_BLOCK);
	file_put(joined, 4, 0, 4);
	file_put(image, xfs_block(XFS_LEAF_BLOCK) + 4, ~checksum_crc32c(UINT32_MAX, file_span(joined)), 4);
}

static inline struct file build_xfs_tree(unsigned version)
{
	struct file image = build_xfs(version);

	xfs_put_root(image);
	xfs_put_plain(image);
	xfs_put_deep(image);
	xfs_put_links(image);
	xfs_put_directories(image);
	xfs_put_inode(image, XFS_DEVICE, 0x21a4, 0, 0);
	xfs_put_inode(image, XFS_REAL, 0x81a4, XFS_EXTENTS, 10);
	xfs_put(image, xfs_inode_at(XFS_REAL) + 90, 1, 2);
	xfs_seal(image);
	return image;
}

#endif
