/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the content of a file is: extents in its inode, or a B+tree of them whose root is in the inode. */
#include <shim/disk/xfs.h>

enum {
	ROOT_HEADER = 4,
	NODE_LEVEL = 4,
	NODE_COUNT = 6,
	NODE_OWNER = 56,
	NODE_CHECKSUM = 64,
	NODE_HEADER_4 = 24,
	NODE_HEADER_5 = 72,
	/* A key and a pointer, or an extent. */
	PAIR_SIZE = 16,
	KEY_SIZE = 8,
	/* Linux, XFS_BTREE_MAXLEVELS. */
	LEVELS_MOST = 9,
};

/* Part of a node, or of an inode: what stands behind the header, and how many there are of it. */
struct pairs {
	struct span at;
	uint32_t count;
};

/* Takes what stands behind a header, which is smaller than any node or fork. */
static struct error take_pairs(struct span node, uint64_t header, uint64_t count, struct pairs *out)
{
	if (count > (node.size - header) / PAIR_SIZE)
		return fs_wrong("extents that fit in their node", count);
	*out = (struct pairs){ span(node.at + header, node.size - header), (uint32_t)count };
	return error_none();
}

/*
 * How many begin at the block or before, of keys in order.  Also narrows how far the answer holds, by the next key.  An extent
 * has its own in bits 9 to 62.
 */
static uint32_t find(const struct pairs *pairs, uint32_t step, uint64_t block, uint64_t *limit)
{
	uint32_t low = 0, high = pairs->count;

	while (low < high) {
		const uint32_t middle = (low + high) / 2;
		uint64_t key = xfs_number(pairs->at, (uint64_t)middle * step, 8);

		if (step == PAIR_SIZE)
			key = key << 1 >> 10;
		if (key <= block) {
			low = middle + 1;
			continue;
		}
		high = middle;
		if (key < *limit)
			*limit = key;
	}
	return low;
}

/* Reads a node into the scratch memory, where it stays until another one comes. */
static struct error read_node(struct fs *fs, const struct xfs_inode *inode, uint64_t number, uint64_t level, struct pairs *out)
{
	struct xfs *xfs = &fs->xfs;
	const struct span node = span(fs->scratch, xfs->block_size);
	uint64_t at;

	TRY(xfs_block_at(fs, number, 1, &at));
	if (xfs->node_held != at || at == 0) {
		xfs->node_held = 0;
		TRY(disk_read(fs->disk, at, fs->scratch, xfs->block_size));
		if (xfs->has_checksums)
			TRY(xfs_check_sum(node, NODE_CHECKSUM, "a node of extents"));
		xfs->node_held = at;
	}
	if (!span_is(node, 0, xfs->has_checksums ? "BMA3" : "BMAP", 4) || xfs_number(node, NODE_LEVEL, 2) != level ||
	    (xfs->has_checksums && xfs_number(node, NODE_OWNER, 8) != inode->number))
		return fs_wrong("a node of a file's extents, of its level", number);
	return take_pairs(node, xfs->has_checksums ? NODE_HEADER_5 : NODE_HEADER_4, xfs_number(node, NODE_COUNT, 2), out);
}

/* Finds the extents among which a block would be.  There are none of them where no key is low enough. */
static struct error find_leaf(struct fs *fs, const struct xfs_inode *inode, uint64_t block, uint64_t *limit, struct pairs *out)
{
	uint64_t level;

	if (inode->format == XFS_EXTENTS)
		return take_pairs(inode->fork, 0, inode->extents, out);
	level = xfs_number(inode->fork, 0, 2);
	if (inode->format != XFS_TREE || level == 0 || level > LEVELS_MOST)
		return fs_wrong("extents, or a tree of them", level);
	TRY(take_pairs(inode->fork, ROOT_HEADER, xfs_number(inode->fork, 2, 2), out));
	while (level != 0) {
		const uint32_t index = find(out, KEY_SIZE, block, limit);

		if (index == 0) {
			out->count = 0;
			break;
		}
		/* Pointers stand behind as many keys as there is room for. */
		TRY(read_node(fs, inode, xfs_number(out->at, out->at.size / PAIR_SIZE * KEY_SIZE + (index - 1) * UINT64_C(8), 8),
			      --level, out));
	}
	return error_none();
}

struct error xfs_map(struct fs *fs, const void *of, uint64_t offset, struct fs_run *out)
{
	const uint32_t block_size = fs->xfs.block_size;
	const uint64_t block = offset / block_size, skip = offset % block_size;
	/* Holes may go on; counted in bytes, none may wrap. */
	uint64_t limit = block + (UINT64_C(1) << 32);
	uint64_t high, low, first, length = 0;
	struct pairs pairs;
	uint32_t index;

	TRY(find_leaf(fs, of, block, &limit, &pairs));
	index = find(&pairs, PAIR_SIZE, block, &limit);
	high = index != 0 ? xfs_number(pairs.at, (index - 1) * UINT64_C(16), 8) : 0;
	low = index != 0 ? xfs_number(pairs.at, (index - 1) * UINT64_C(16) + 8, 8) : 0;
	first = high << 1 >> 10;
	length = low & 0x1fffff;
	if (block - first >= length) {
		*out = (struct fs_run){ .size = (limit - block) * block_size - skip, .is_hole = true };
		return error_none();
	}
	*out = (struct fs_run){ .size = (length - (block - first)) * block_size - skip, .is_hole = high >> 63 != 0 };
	TRY(xfs_block_at(fs, (high & 0x1ff) << 43 | low >> 21, length, &out->at));
	out->at += (block - first) * block_size + skip;
	return error_none();
}
