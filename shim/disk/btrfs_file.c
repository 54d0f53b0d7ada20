/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The content of files: in extents, of which small ones are in the tree. */
#include <shim/disk/btrfs.h>

enum {
	EXTENT_COMPRESSION = 16,
	EXTENT_ENCRYPTION = 17,
	EXTENT_TYPE = 20,
	EXTENT_INLINE = 21,
	EXTENT_ADDRESS = 21,
	EXTENT_OFFSET = 37,
	EXTENT_LENGTH = 45,
	EXTENT_SIZE = 53,

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

/* What is at an offset; it is at most `size` bytes, and at least one. */
static struct error find_part(struct fs *fs, const struct btrfs_tree *tree, uint64_t inode, uint64_t offset, size_t size,
			      struct part *out)
{
	const struct btrfs_key key = { inode, BTRFS_EXTENT_DATA, offset };
	struct btrfs_item item;
	uint64_t skip, length, address;
	uint8_t type;

	TRY(btrfs_find_before(fs, tree, &key, &item));
	*out = (struct part){ .size = size };
	/* What no extent has is zeroes, up to the next one. */
	if (is_of(&item.next, inode) && item.next.offset - offset < size)
		out->size = item.next.offset - offset;
	if (!item.found || !is_of(&item.key, inode))
		return error_none();
	skip = offset - item.key.offset;
	type = span_u8(item.data, EXTENT_TYPE);
	if (span_u8(item.data, EXTENT_COMPRESSION) != 0 || span_u16(item.data, EXTENT_ENCRYPTION) != 0)
		return error_make(ERROR_FS_FEATURE, "btrfs with compressed files", 0, span_u8(item.data, EXTENT_COMPRESSION));
	if (type == TYPE_INLINE && item.data.size >= EXTENT_INLINE) {
		length = item.data.size - EXTENT_INLINE;
		if (skip < length) {
			out->size = out->size < length - skip ? out->size : length - skip;
			span_cut(item.data, EXTENT_INLINE + skip, out->size, &out->inside);
		}
		return error_none();
	}
	if (item.data.size < EXTENT_SIZE || type > TYPE_PREALLOCATED)
		return fs_wrong("an extent in the tree, or of 53 bytes", item.data.size);
	length = span_u64(item.data, EXTENT_LENGTH);
	if (skip >= length)
		return error_none();
	if (out->size > length - skip)
		out->size = length - skip;
	address = span_u64(item.data, EXTENT_ADDRESS);
	if (address != 0 && type == TYPE_REGULAR)
		out->address = address + span_u64(item.data, EXTENT_OFFSET) + skip;
	return error_none();
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
