/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Trees: nodes with keys and addresses, and leaves with keys and data, which grows from the end of the leaf. */
#include <shim/disk/btrfs.h>
#include <shim/disk/checksum.h>

enum {
	NODE_CHECKSUMMED = 0x20,
	NODE_ADDRESS = 0x30,
	NODE_COUNT = 0x60,
	NODE_LEVEL = 0x64,
	NODE_HEADER = 0x65,
	LEAF_STEP = 25,
	NODE_STEP = 33,
	/* Behind a key: an address; or where data is, counted from the header's end, and its size. */
	LEAF_SIZE = BTRFS_KEY_SIZE + 4,
};

static const struct btrfs_key last_key = { UINT64_MAX, UINT8_MAX, UINT64_MAX };

struct btrfs_key btrfs_key_at(struct span data, uint64_t at)
{
	return (struct btrfs_key){ span_u64(data, at), span_u8(data, at + 8), span_u64(data, at + 9) };
}

static bool is_above(const struct btrfs_key *one, const struct btrfs_key *other)
{
	if (one->object != other->object)
		return one->object > other->object;
	if (one->type != other->type)
		return one->type > other->type;
	return one->offset > other->offset;
}

/* Reads a node into its level's part of the scratch memory, where it stays until another one of that part comes. */
static struct error read_node(struct fs *fs, uint64_t address, uint8_t level, struct span *out)
{
	struct btrfs *btrfs = &fs->btrfs;
	const uint32_t slot = level % (2 * FS_BLOCK_MOST / btrfs->node_size);
	uint8_t *to = fs->scratch + slot * btrfs->node_size;
	uint64_t done = 0;
	uint32_t sum;

	*out = span(to, btrfs->node_size);
	if (btrfs->held[slot] != address || address == 0) {
		btrfs->held[slot] = 0;
		while (done < btrfs->node_size) {
			struct fs_run run;

			TRY(btrfs_map(fs, address + done, &run));
			if (run.size > btrfs->node_size - done)
				run.size = btrfs->node_size - done;
			/* The map may have read a node of the tree of chunks to the same place. */
			btrfs->held[slot] = 0;
			TRY(disk_read(fs->disk, run.at, to + done, (size_t)run.size));
			done += run.size;
		}
		sum = ~checksum_crc32c(UINT32_MAX, span(to + NODE_CHECKSUMMED, btrfs->node_size - NODE_CHECKSUMMED));
		if (sum != span_u32(*out, 0))
			return error_make(ERROR_FS_CHECKSUM, "a node of a tree", span_u32(*out, 0), sum);
		btrfs->held[slot] = address;
	}
	if (span_u64(*out, NODE_ADDRESS) != address || span_u8(*out, NODE_LEVEL) != level)
		return fs_wrong("a node with its own address, of its level", address);
	if (span_u32(*out, NODE_COUNT) > (btrfs->node_size - NODE_HEADER) / (level != 0 ? NODE_STEP : LEAF_STEP))
		return fs_wrong("keys that fit in their node", span_u32(*out, NODE_COUNT));
	return error_none();
}

/* How many keys of a node are not above one; the next one behind them, if it has one, becomes `next`. */
static uint32_t find_key(struct span node, uint32_t step, const struct btrfs_key *key, struct btrfs_key *next)
{
	uint32_t low = 0, high = span_u32(node, NODE_COUNT);

	while (low < high) {
		const uint32_t middle = (low + high) / 2;
		const struct btrfs_key found = btrfs_key_at(node, NODE_HEADER + (uint64_t)middle * step);

		if (is_above(&found, key)) {
			*next = found;
			high = middle;
		} else {
			low = middle + 1;
		}
	}
	return low;
}

struct error btrfs_find_before(struct fs *fs, const struct btrfs_tree *tree, const struct btrfs_key *key, struct btrfs_item *out)
{
	uint64_t address = tree->address;
	uint8_t level = tree->level;
	struct span node;
	uint32_t index;
	uint64_t at;

	*out = (struct btrfs_item){ .next = last_key };
	for (;;) {
		TRY(read_node(fs, address, level, &node));
		index = find_key(node, level != 0 ? NODE_STEP : LEAF_STEP, key, &out->next);
		if (index == 0)
			return error_none();
		if (level == 0)
			break;
		address = span_u64(node, NODE_HEADER + (index - 1) * (uint64_t)NODE_STEP + BTRFS_KEY_SIZE);
		level--;
	}
	at = NODE_HEADER + (index - 1) * (uint64_t)LEAF_STEP;
	out->found = true;
	out->key = btrfs_key_at(node, at);
	if (!span_cut(node, NODE_HEADER + (uint64_t)span_u32(node, at + BTRFS_KEY_SIZE), span_u32(node, at + LEAF_SIZE), &out->data))
		return fs_wrong("data inside its leaf", span_u32(node, at + BTRFS_KEY_SIZE));
	return error_none();
}

struct error btrfs_find_from(struct fs *fs, const struct btrfs_tree *tree, const struct btrfs_key *key, struct btrfs_item *out)
{
	struct btrfs_key next;

	TRY(btrfs_find_before(fs, tree, key, out));
	if (out->found && !is_above(key, &out->key))
		return error_none();
	next = out->next;
	return btrfs_find_before(fs, tree, &next, out);
}
