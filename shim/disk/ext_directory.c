/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Directories: records one behind the other, of which none crosses a block.  The index of a large directory hides in records
 * that look unused, so that all is found by reading on.
 */
#include <shim/disk/checksum.h>
#include <shim/disk/ext.h>

enum {
	RECORD_HEADER = 8,
	RECORD_LENGTH = 4,
	RECORD_NAME_LENGTH = 6,

	/* The last record of a block that has a checksum. */
	TAIL_SIZE = 12,
	TAIL_CHECKSUM = 8,
	/* ".." of a directory's first block reaches to its end when an index is in it; behind it is the index's head. */
	INDEX_PARENT = 12,
	INDEX_ROOT = 32,
	INDEX_NODE = 8,
	INDEX_ENTRY = 8,
};

static uint32_t record_length(struct span block, uint64_t at)
{
	const uint32_t length = span_u16(block, at + RECORD_LENGTH);

	/* Of blocks of 64 KiB (Linux, ext4_rec_len_from_disk()); lengths are multiples of 4 else. */
	if (length == 0 || length == 0xffff)
		return 65536;
	return (length & 0xfffc) | (length & 3) << 16;
}

static struct error wrong_sum(uint32_t expected, uint32_t found)
{
	return error_make(ERROR_FS_CHECKSUM, "a directory", expected, found);
}

/* A block of an index: its checksum is behind the room for its entries, and covers those that it has. */
static struct error check_index(const struct ext_inode *inode, struct span block)
{
	static const uint8_t zero[4];
	const uint32_t at = record_length(block, 0) == block.size ? INDEX_NODE : INDEX_ROOT;
	const uint32_t limit = span_u16(block, at), count = span_u16(block, at + 2);
	const uint64_t tail = at + (uint64_t)limit * INDEX_ENTRY;
	uint32_t sum;

	if (count > limit || !span_has(block, tail, 8))
		return fs_wrong("an index that fits in its block", limit);
	sum = checksum_crc32c(inode->seed, span(block.at, at + (uint64_t)count * INDEX_ENTRY));
	sum = checksum_crc32c(checksum_crc32c(sum, span(block.at + tail, 4)), span(zero, 4));
	return sum == span_u32(block, tail + 4) ? error_none() : wrong_sum(span_u32(block, tail + 4), sum);
}

static struct error check_block(struct fs *fs, const struct ext_inode *inode, struct span block)
{
	const uint64_t tail = block.size - TAIL_SIZE;
	uint32_t sum;

	if (!ext_has_checksums(fs))
		return error_none();
	/* Linux leaves the old last record in a block that becomes an index. */
	if ((inode->flags & EXT_INODE_INDEX) != 0 &&
	    (record_length(block, 0) == block.size || record_length(block, INDEX_PARENT) == block.size - INDEX_PARENT))
		return check_index(inode, block);
	if (!span_is(block, tail, "\0\0\0\0\x0c\0\0\xde", 8))
		return fs_wrong("a directory's block to have a checksum", inode->number);
	sum = checksum_crc32c(inode->seed, span(block.at, tail));
	return sum == span_u32(block, tail + TAIL_CHECKSUM) ? error_none() : wrong_sum(span_u32(block, tail + TAIL_CHECKSUM), sum);
}

/* Reads the block that a position is in into the scratch memory, where it stays until another one comes. */
static struct error read_block(struct fs *fs, const struct ext_inode *inode, uint64_t position, struct span *out)
{
	struct ext *ext = &fs->ext;
	uint8_t *to = fs->scratch + FS_BLOCK_MOST;
	struct fs_run run;
	uint64_t number;

	*out = span(to, ext->block_size);
	TRY(ext_map(fs, inode, position - position % ext->block_size, &run));
	if (run.is_hole)
		return fs_wrong("a directory without holes", position);
	number = run.at / ext->block_size;
	if (ext->directory_held == number)
		return error_none();
	ext->directory_held = 0;
	TRY(disk_read(fs->disk, run.at, to, ext->block_size));
	TRY(check_block(fs, inode, *out));
	ext->directory_held = number;
	return error_none();
}

/* The part of a directory in which a position is, and where it begins. */
static struct error find_records(struct fs *fs, const struct ext_inode *inode, uint64_t position, uint64_t *begin, struct span *out)
{
	uint64_t size;

	if ((inode->flags & EXT_INODE_INLINE) == 0) {
		*begin = position - position % fs->ext.block_size;
		return read_block(fs, inode, position, out);
	}
	/* Inline content has two parts: behind the parent's number in the inode's block, and in the attribute. */
	*begin = position < EXT_INODE_BLOCK_SIZE ? 4 : EXT_INODE_BLOCK_SIZE;
	size = position < EXT_INODE_BLOCK_SIZE ? EXT_INODE_BLOCK_SIZE - 4 : inode->size - EXT_INODE_BLOCK_SIZE;
	if (inode->size < EXT_INODE_BLOCK_SIZE || size > fs->ext.inode_size)
		return fs_wrong("an inline directory that fits in its inode", inode->size);
	fs->ext.directory_held = 0;
	*out = span(fs->scratch + FS_BLOCK_MOST, size);
	return ext_read_content(fs, inode, *begin, fs->scratch + FS_BLOCK_MOST, (size_t)size);
}

/* Takes the record at an offset.  True when it names something. */
static struct error take_record(struct span part, uint64_t at, uint64_t *length, bool *names, struct fs_entry *out)
{
	struct span name;

	*length = record_length(part, at);
	if (*length < RECORD_HEADER || !span_has(part, at, *length) ||
	    span_u8(part, at + RECORD_NAME_LENGTH) > *length - RECORD_HEADER)
		return fs_wrong("records that fit in a directory", at);
	out->node = (struct fs_node){ .kind = FS_OTHER, .id = span_u32(part, at) };
	out->length = span_u8(part, at + RECORD_NAME_LENGTH);
	span_cut(part, at + RECORD_HEADER, out->length, &name);
	__builtin_memcpy(out->name, name.at, out->length);
	out->name[out->length] = '\0';
	*names = out->node.id != 0 && out->length != 0 && !fs_is_dots(name);
	return error_none();
}

struct error ext_next(struct fs *fs, const struct fs_node *directory, uint64_t *position, struct fs_entry *out)
{
	struct ext_inode inode;
	bool names = false;

	out->length = 0;
	TRY(ext_read_inode(fs, directory->id, &inode));
	if ((inode.flags & EXT_INODE_ENCRYPT) != 0)
		return error_make(ERROR_FS_FEATURE, "ext4", 0, EXT_INCOMPAT_ENCRYPT);
	if (*position == 0 && (inode.flags & EXT_INODE_INLINE) != 0)
		*position = 4;
	while (!names && *position < inode.size) {
		struct span part;
		uint64_t begin, length;

		TRY(find_records(fs, &inode, *position, &begin, &part));
		TRY(take_record(part, *position - begin, &length, &names, out));
		*position += length;
	}
	if (!names)
		out->length = 0;
	return error_none();
}
