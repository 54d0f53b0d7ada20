/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chunks: where logical addresses are on the device. */
#include <shim/disk/btrfs.h>

enum {
	CHUNK_LENGTH = 0,
	CHUNK_STRIPE_LENGTH = 16,
	CHUNK_TYPE = 24,
	CHUNK_STRIPES = 44,
	CHUNK_SUB_STRIPES = 46,
	CHUNK_STRIPE = 48,
	STRIPE_OFFSET = 8,
	STRIPE_SIZE = 32,

	TYPE_RAID0 = 0x8,
	TYPE_RAID10 = 0x40,
	TYPE_RAID56 = 0x180,
};

/* The chunk of an address, in those that the superblock has: pairs of a key and a chunk. */
static bool find_in_super(const struct btrfs *btrfs, uint64_t logical, uint64_t *start, struct span *out)
{
	const struct span all = span(btrfs->chunks, btrfs->chunks_size);
	uint64_t at = 0;

	while (span_has(all, at, BTRFS_KEY_SIZE + CHUNK_STRIPE)) {
		const struct btrfs_key key = btrfs_key_at(all, at);
		const uint64_t size = CHUNK_STRIPE + (uint64_t)span_u16(all, at + BTRFS_KEY_SIZE + CHUNK_STRIPES) * STRIPE_SIZE;

		if (!span_cut(all, at + BTRFS_KEY_SIZE, size, out))
			return false;
		*start = key.offset;
		if (logical >= key.offset && logical - key.offset < span_u64(*out, CHUNK_LENGTH))
			return true;
		at += BTRFS_KEY_SIZE + size;
	}
	return false;
}

/* Takes the chunk of an address from the tree of chunks, and keeps it. */
static struct error find_in_tree(struct fs *fs, uint64_t logical, struct btrfs_chunk *out)
{
	/* FIRST_CHUNK_TREE_OBJECTID */
	const struct btrfs_key key = { 256, BTRFS_CHUNK, logical };
	struct btrfs_item item;
	struct error error;

	/* The tree of chunks itself lies in chunks of the superblock. */
	if (fs->btrfs.is_mapping)
		return fs_wrong("a chunk of the superblock", logical);
	fs->btrfs.is_mapping = true;
	out->size = 0;
	error = btrfs_find_before(fs, &fs->btrfs.chunk_tree, &key, &item);
	fs->btrfs.is_mapping = false;
	TRY(error);
	if (!item.found || item.key.type != BTRFS_CHUNK || item.data.size > sizeof(out->bytes))
		return fs_wrong("a chunk of at most 16 stripes", logical);
	__builtin_memcpy(out->bytes, item.data.at, item.data.size);
	out->size = (uint32_t)item.data.size;
	out->start = item.key.offset;
	return error_none();
}

static bool is_in(const struct btrfs_chunk *chunk, uint64_t logical)
{
	return chunk->size != 0 && logical >= chunk->start && logical - chunk->start < span_u64(span(chunk->bytes, chunk->size), CHUNK_LENGTH);
}

static struct error find_chunk(struct fs *fs, uint64_t logical, uint64_t *start, struct span *out)
{
	struct btrfs *btrfs = &fs->btrfs;
	struct btrfs_chunk *chunk;

	if (find_in_super(btrfs, logical, start, out))
		return error_none();
	for (unsigned i = 0; i < BTRFS_CHUNKS_HELD; i++) {
		chunk = &btrfs->chunk[i];
		if (is_in(chunk, logical)) {
			*start = chunk->start;
			*out = span(chunk->bytes, chunk->size);
			return error_none();
		}
	}
	chunk = &btrfs->chunk[btrfs->next_chunk++ % BTRFS_CHUNKS_HELD];
	TRY(find_in_tree(fs, logical, chunk));
	*start = chunk->start;
	*out = span(chunk->bytes, chunk->size);
	return is_in(chunk, logical) ? error_none() : fs_wrong("an address in a chunk", logical);
}

struct error btrfs_map(struct fs *fs, uint64_t logical, struct fs_run *out)
{
	uint64_t start, skip, stripe, part, stripes, copies, columns = 1, first = 0, device = 0;
	struct span chunk;
	uint64_t type;

	TRY(find_chunk(fs, logical, &start, &chunk));
	type = span_u64(chunk, CHUNK_TYPE);
	stripes = copies = span_u16(chunk, CHUNK_STRIPES);
	stripe = span_u64(chunk, CHUNK_STRIPE_LENGTH);
	skip = logical - start;
	*out = (struct fs_run){ .size = span_u64(chunk, CHUNK_LENGTH) - skip };
	if ((type & TYPE_RAID56) != 0)
		return error_make(ERROR_FS_FEATURE, "btrfs with RAID5 or RAID6", 0, type);
	if ((type & (TYPE_RAID0 | TYPE_RAID10)) != 0) {
		copies = (type & TYPE_RAID10) != 0 ? span_u16(chunk, CHUNK_SUB_STRIPES) : 1;
		if (copies == 0 || stripes < copies || stripe == 0)
			return fs_wrong("a chunk with stripes", logical);
		columns = stripes / copies;
		part = skip % stripe;
		first = skip / stripe % columns * copies;
		skip = skip / stripe / columns * stripe + part;
		if (out->size > stripe - part)
			out->size = stripe - part;
	}
	for (uint64_t i = first; i < first + copies; i++) {
		const uint64_t at = CHUNK_STRIPE + i * STRIPE_SIZE;

		if (!span_has(chunk, at, STRIPE_SIZE))
			return fs_wrong("a chunk with room for its stripes", logical);
		/* What wraps is not inside the disk, or fails its checks. */
		out->at = span_u64(chunk, at + STRIPE_OFFSET) + skip;
		device = span_u64(chunk, at);
		if (device == fs->btrfs.device)
			return error_none();
	}
	return copies == 0 ? fs_wrong("a chunk with stripes at all", logical) : error_make(ERROR_FS_DEVICE, NULL, logical, device);
}
