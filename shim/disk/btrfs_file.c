/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The content of files: in extents, of which small ones are in the tree. */
#include <shim/disk/btrfs.h>

enum {
	EXTENT_SIZE_UNPACKED = 8,
	EXTENT_COMPRESSION = 16,
	EXTENT_ENCRYPTION = 17,
	EXTENT_TYPE = 20,
	EXTENT_INLINE = 21,
	EXTENT_ADDRESS = 21,
	EXTENT_SIZE_PACKED = 29,
	EXTENT_OFFSET = 37,
	EXTENT_LENGTH = 45,
	EXTENT_SIZE = 53,

	/* zlib, lzo, zstd. */
	COMPRESSION_LAST = 3,

	TYPE_INLINE = 0,
	TYPE_REGULAR = 1,
	/* Has a place and no content yet. */
	TYPE_PREALLOCATED = 2,
};

/* A part of a file: bytes in the tree; at a logical address; or zeroes, where it is neither. */
struct part {
	uint64_t size;
	struct span inside;
	uint64_t address;
};

static bool is_of(const struct btrfs_key *key, uint64_t inode)
{
	return key->object == inode && key->type == BTRFS_EXTENT_DATA;
}

/* Takes bytes in memory, from one on; behind them are zeroes. */
static void take_bytes(struct span bytes, uint64_t skip, struct part *out)
{
	if (skip >= bytes.size)
		return;
	if (out->size > bytes.size - skip)
		out->size = bytes.size - skip;
	span_cut(bytes, skip, out->size, &out->inside);
}

/* Reads a compressed extent and unpacks it; it is kept until another one comes. */
static struct error load_packed(struct fs *fs, uint64_t address, struct span extent, struct span *out)
{
	const uint64_t size = span_u64(extent, EXTENT_SIZE_UNPACKED), packed = span_u64(extent, EXTENT_SIZE_PACKED);
	const uint8_t kind = span_u8(extent, EXTENT_COMPRESSION);
	struct btrfs *btrfs = &fs->btrfs;

	*out = span(fs->scratch + BTRFS_SCRATCH_OUT, btrfs->unpacked_size);
	if (btrfs->unpacked == address)
		return error_none();
	btrfs->unpacked = 0;
	if (packed > BTRFS_EXTENT_MOST)
		return fs_wrong("compressed extents of at most 128 KiB", packed);
	for (uint64_t done = 0; done < packed;) {
		struct fs_run run;

		TRY(btrfs_map(fs, address + done, &run));
		if (run.size > packed - done)
			run.size = packed - done;
		TRY(disk_read(fs->disk, run.at, fs->scratch + BTRFS_SCRATCH_IN + done, (size_t)run.size));
		done += run.size;
	}
	*out = span(fs->scratch + BTRFS_SCRATCH_IN, packed);
	TRY(btrfs_unpack(fs, kind, size, out));
	btrfs->unpacked = address;
	btrfs->unpacked_size = out->size;
	return error_none();
}

/* What is in an extent behind its first `skip` bytes. */
static struct error take_extent(struct fs *fs, struct span extent, uint64_t skip, struct part *out)
{
	const uint8_t type = span_u8(extent, EXTENT_TYPE), compression = span_u8(extent, EXTENT_COMPRESSION);
	const uint64_t address = span_u64(extent, EXTENT_ADDRESS), begin = span_u64(extent, EXTENT_OFFSET) + skip;
	const uint64_t length = span_u64(extent, EXTENT_LENGTH);
	struct span bytes;

	if (compression > COMPRESSION_LAST || span_u16(extent, EXTENT_ENCRYPTION) != 0)
		return error_make(ERROR_FS_FEATURE, "btrfs with extents of another kind", COMPRESSION_LAST, compression);
	if (type == TYPE_INLINE && span_cut(extent, EXTENT_INLINE, extent.size - EXTENT_INLINE, &bytes)) {
		if (compression != 0) {
			fs->btrfs.unpacked = 0;
			TRY(btrfs_unpack(fs, compression, span_u64(extent, EXTENT_SIZE_UNPACKED), &bytes));
		}
		take_bytes(bytes, skip, out);
		return error_none();
	}
	if (extent.size < EXTENT_SIZE || type > TYPE_PREALLOCATED)
		return fs_wrong("an extent in the tree, or of 53 bytes", extent.size);
	if (skip >= length)
		return error_none();
	if (out->size > length - skip)
		out->size = length - skip;
	if (address == 0 || type != TYPE_REGULAR)
		return error_none();
	if (compression == 0) {
		out->address = address + begin;
		return error_none();
	}
	TRY(load_packed(fs, address, extent, &bytes));
	take_bytes(bytes, begin, out);
	return error_none();
}

/* What is at an offset; it is at most `size` bytes, and at least one. */
static struct error find_part(struct fs *fs, const struct btrfs_tree *tree, uint64_t inode, uint64_t offset, size_t size,
			      struct part *out)
{
	const struct btrfs_key key = { inode, BTRFS_EXTENT_DATA, offset };
	struct btrfs_item item;

	TRY(btrfs_find_before(fs, tree, &key, &item));
	*out = (struct part){ .size = size };
	/* What no extent has is zeroes, up to the next one. */
	if (is_of(&item.next, inode) && item.next.offset - offset < size)
		out->size = item.next.offset - offset;
	if (!item.found || !is_of(&item.key, inode))
		return error_none();
	return take_extent(fs, item.data, offset - item.key.offset, out);
}

struct error btrfs_read_file(struct fs *fs, const struct btrfs_tree *tree, uint64_t inode, uint64_t offset, uint8_t *to, size_t size)
{
	while (size != 0) {
		struct part part;
		struct fs_run run;

		TRY(find_part(fs, tree, inode, offset, size, &part));
		if (part.address != 0) {
			TRY(btrfs_map(fs, part.address, &run));
			if (part.size > run.size)
				part.size = run.size;
			TRY(disk_read(fs->disk, run.at, to, (size_t)part.size));
		} else if (part.inside.size != 0) {
			__builtin_memcpy(to, part.inside.at, part.size);
		} else {
			__builtin_memset(to, 0, part.size);
		}
		offset += part.size;
		to += part.size;
		size -= part.size;
	}
	return error_none();
}
