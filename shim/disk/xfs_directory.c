/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Directories: in the inode; or in blocks of data, of which a single one has its index at its end.  The other indexes lie
 * 32 GiB behind the names, beyond the directory's size, so that all is found by reading on.
 */
#include <shim/disk/xfs.h>

enum {
	SHORT_WIDE = 1,
	SHORT_HEADER = 2,
	SHORT_NAME = 3,

	BLOCK_CHECKSUM = 4,
	BLOCK_OWNER = 40,
	BLOCK_HEADER_4 = 16,
	BLOCK_HEADER_5 = 64,
	/* At the end of a directory of one block: how many entries its index has; each has eight bytes. */
	TAIL_SIZE = 8,

	RECORD_FREE = 0xffff,
	RECORD_LENGTH = 8,
	RECORD_NAME = 9,
	RECORD_TAG = 2,
};

/* Larger ones would have more names than are looked at. */
#define DIRECTORY_MOST (UINT64_C(1) << 30)

static void put_name(struct span part, uint64_t at, uint32_t length, uint64_t inode, struct fs_entry *out)
{
	out->node = (struct fs_node){ .kind = FS_OTHER, .id = inode };
	out->length = length;
	__builtin_memcpy(out->name, part.at + at, length);
	out->name[length] = '\0';
}

/* A name of a directory that lies in its inode: length, offset, name, kind, number of 32 bits, or all have 64. */
static struct error next_short(struct fs *fs, const struct xfs_inode *inode, uint64_t *position, struct fs_entry *out)
{
	const uint32_t width = span_u8(inode->fork, SHORT_WIDE) != 0 ? 8 : 4;
	const uint64_t at = *position != 0 ? *position : SHORT_HEADER + width;
	const uint32_t length = span_u8(inode->fork, at);
	const uint64_t number = at + SHORT_NAME + length + fs->xfs.has_kinds;

	if (at >= inode->size)
		return error_none();
	if (length == 0 || !span_has(inode->fork, number, width))
		return fs_wrong("records that fit in a directory", at);
	put_name(inode->fork, at + SHORT_NAME, length, xfs_number(inode->fork, number, width), out);
	*position = number + width;
	return error_none();
}

/* Reads the block of a directory at an offset into the scratch memory, where it stays; and its part that has names. */
static struct error read_block(struct fs *fs, const struct xfs_inode *inode, uint64_t offset, const struct fs_run *run,
			       struct span *out)
{
	struct xfs *xfs = &fs->xfs;
	uint8_t *to = fs->scratch + FS_BLOCK_MOST;
	uint64_t index;

	*out = span(to, xfs->directory_block_size);
	if (xfs->directory_held != run->at || run->at == 0) {
		xfs->directory_held = 0;
		TRY(fs_read_runs(fs, xfs_map, inode, offset, to, xfs->directory_block_size));
		if (xfs->has_checksums)
			TRY(xfs_check_sum(*out, BLOCK_CHECKSUM, "a directory"));
		xfs->directory_held = run->at;
	}
	if (xfs->has_checksums && xfs_number(*out, BLOCK_OWNER, 8) != inode->number)
		return fs_wrong("a directory's own block", offset);
	if (span_is(*out, 0, xfs->has_checksums ? "XDD3" : "XD2D", 4))
		return error_none();
	index = TAIL_SIZE * (1 + xfs_number(*out, out->size - TAIL_SIZE, 4));
	if (!span_is(*out, 0, xfs->has_checksums ? "XDB3" : "XD2B", 4) || index > out->size)
		return fs_wrong("a directory's block", offset);
	out->size -= index;
	return error_none();
}

/* Takes the record at an offset of a block; a free one, and the directory itself and its parent, leave a length of 0. */
static struct error take_record(const struct fs *fs, struct span block, uint64_t at, uint64_t *size, struct fs_entry *out)
{
	const uint32_t length = span_u8(block, at + RECORD_LENGTH);
	const bool is_free = xfs_number(block, at, 2) == RECORD_FREE;

	*size = is_free ? xfs_number(block, at + 2, 2) :
		(RECORD_NAME + length + fs->xfs.has_kinds + RECORD_TAG + UINT64_C(7)) & ~UINT64_C(7);
	if (*size == 0 || !span_has(block, at, *size))
		return fs_wrong("records that fit in a directory", at);
	if (!is_free && !fs_is_dots(span(block.at + at + RECORD_NAME, length)))
		put_name(block, at + RECORD_NAME, length, xfs_number(block, at, 8), out);
	return error_none();
}

struct error xfs_next(struct fs *fs, const struct fs_node *directory, uint64_t *position, struct fs_entry *out)
{
	const uint32_t size = fs->xfs.directory_block_size;
	struct xfs_inode inode;

	out->length = 0;
	TRY(xfs_read_inode(fs, directory->id, &inode));
	if (inode.format == XFS_LOCAL)
		return next_short(fs, &inode, position, out);
	if (inode.size > DIRECTORY_MOST)
		return fs_wrong("a directory of at most 1 GiB", inode.size);
	while (out->length == 0 && *position < inode.size) {
		uint64_t skip = *position % size, record;
		struct span block;
		struct fs_run run;

		TRY(xfs_map(fs, &inode, *position - skip, &run));
		/* Where all names of a block were removed. */
		if (run.is_hole && run.size >= size) {
			*position += run.size / size * size - skip;
			continue;
		}
		TRY(read_block(fs, &inode, *position - skip, &run, &block));
		if (skip == 0)
			skip = fs->xfs.has_checksums ? BLOCK_HEADER_5 : BLOCK_HEADER_4;
		if (skip < block.size)
			TRY(take_record(fs, block, skip, &record, out));
		else
			record = size - skip;
		*position += skip + record - *position % size;
	}
	return error_none();
}
