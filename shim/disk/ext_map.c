/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the content of a file is: in an extent tree, behind pointers, or in the inode itself. */
#include <shim/disk/checksum.h>
#include <shim/disk/ext.h>

enum {
	EXTENT_MAGIC = 0xf30a,
	EXTENT_DEPTH_MOST = 5,
	EXTENT_SIZE = 12,
	/* Longer ones have no content yet. */
	EXTENT_WRITTEN_MOST = 32768,

	DIRECT = 12,
	SLOTS = 15,

	XATTR_MAGIC = (int)0xea020000,
	XATTR_ENTRY_SIZE = 16,
	XATTR_INDEX_SYSTEM = 7,
};

/* Where a file is looked up: in blocks, and the block up to which the answer may hold. */
struct place {
	uint64_t block;
	uint64_t limit;
};

/* An answer in blocks, cut to what the offset begins with. */
static void run_of_blocks(const struct ext *ext, uint64_t offset, uint64_t physical, uint64_t count, bool is_hole,
			  struct fs_run *out)
{
	const uint64_t skip = offset % ext->block_size;

	/* Neither wraps: a physical block is inside the disk, and counts are of 32 bits. */
	*out = (struct fs_run){
		.size = count * ext->block_size - skip,
		.at = is_hole ? 0 : physical * ext->block_size + skip,
		.is_hole = is_hole,
	};
}

static struct error check_node(struct fs *fs, const struct ext_inode *inode, struct span block)
{
	const uint32_t covered = EXTENT_SIZE + EXTENT_SIZE * (uint32_t)span_u16(block, 4);
	uint32_t sum;

	if (!ext_has_checksums(fs))
		return error_none();
	if (!span_has(block, covered, 4))
		return fs_wrong("an extent node whose entries fit in its block", span_u16(block, 4));
	sum = checksum_crc32c(inode->seed, span(block.at, covered));
	if (sum != span_u32(block, covered))
		return error_make(ERROR_FS_CHECKSUM, "an extent node", span_u32(block, covered), sum);
	return error_none();
}

/* Reads a node of an extent tree into the scratch memory, where it stays until another one comes. */
static struct error read_node(struct fs *fs, const struct ext_inode *inode, uint64_t number, struct span *out)
{
	struct ext *ext = &fs->ext;

	*out = span(fs->scratch, ext->block_size);
	if (number == 0 || number >= ext->block_count)
		return fs_wrong("an extent node inside the file system", number);
	if (ext->node_held == number)
		return error_none();
	ext->node_held = 0;
	TRY(disk_read(fs->disk, number * ext->block_size, fs->scratch, ext->block_size));
	TRY(check_node(fs, inode, *out));
	ext->node_held = number;
	return error_none();
}

/*
 * The last entry that begins at the block or before; none: 0.  Entries count from 1, behind the header.  Also narrows how
 * far the answer holds, by the entry behind.
 */
static uint32_t find_entry(struct span node, uint32_t count, struct place *place)
{
	for (uint32_t i = 1; i <= count; i++) {
		const uint64_t first = span_u32(node, i * EXTENT_SIZE);

		if (first > place->block) {
			if (first < place->limit)
				place->limit = first;
			return i - 1;
		}
	}
	return count;
}

static struct error map_leaf(struct fs *fs, struct span node, uint32_t index, uint64_t offset, const struct place *place,
			     struct fs_run *out)
{
	const uint64_t at = (uint64_t)index * EXTENT_SIZE;
	const uint64_t first = span_u32(node, at), start = span_u32(node, at + 8) | (uint64_t)span_u16(node, at + 6) << 32;
	const uint32_t length = span_u16(node, at + 4);
	const bool is_written = length <= EXTENT_WRITTEN_MOST;
	const uint32_t count = is_written ? length : length - EXTENT_WRITTEN_MOST;
	const uint64_t skip = place->block - first;

	if (index == 0 || skip >= count) {
		run_of_blocks(&fs->ext, offset, 0, place->limit - place->block, true, out);
		return error_none();
	}
	if (start >= fs->ext.block_count || count > fs->ext.block_count - start)
		return fs_wrong("an extent inside the file system", start);
	run_of_blocks(&fs->ext, offset, start + skip, count - skip, !is_written, out);
	return error_none();
}

static struct error map_extents(struct fs *fs, const struct ext_inode *inode, uint64_t offset, struct fs_run *out)
{
	struct place place = { offset / fs->ext.block_size, UINT64_C(1) << 32 };
	struct span node = span(inode->block, sizeof(inode->block));
	uint32_t depth = span_u16(node, 6);

	if (place.block >= place.limit)
		return fs_wrong("a file of at most 2^32 blocks", place.block);
	if (depth > EXTENT_DEPTH_MOST)
		return fs_wrong("an extent tree of at most five levels", depth);
	for (;;) {
		const uint32_t count = span_u16(node, 2);
		uint32_t index;

		if (span_u16(node, 0) != EXTENT_MAGIC || span_u16(node, 6) != depth)
			return fs_wrong("the header of an extent node of its level", span_u32(node, 0));
		if (!span_has(node, 0, EXTENT_SIZE * (1 + (uint64_t)count)))
			return fs_wrong("extents that fit in their node", count);
		index = find_entry(node, count, &place);
		if (depth == 0 || index == 0)
			return map_leaf(fs, node, depth == 0 ? index : 0, offset, &place, out);
		depth--;
		TRY(read_node(fs, inode, span_u32(node, index * EXTENT_SIZE + 4) |
			      (uint64_t)span_u16(node, index * EXTENT_SIZE + 8) << 32, &node));
	}
}

/* A pointer of a file of the old kind, through as many blocks of pointers as its place has. */
static struct error map_pointers(struct fs *fs, const struct ext_inode *inode, uint64_t offset, struct fs_run *out)
{
	const struct ext *ext = &fs->ext;
	const uint64_t per_block = ext->block_size / 4;
	uint64_t index = offset / ext->block_size, covered = 1;
	uint32_t slot = 0, pointer;

	/* The first twelve slots reach a block each, then one as many as a block has pointers, and so on. */
	while (slot < SLOTS && index >= covered) {
		index -= covered;
		if (++slot >= DIRECT)
			covered *= per_block;
	}
	if (slot == SLOTS)
		return fs_wrong("a file that three levels of pointers reach", offset);
	pointer = span_u32(span(inode->block, sizeof(inode->block)), slot * 4);
	while (covered > 1 && pointer != 0) {
		uint8_t bytes[4] = { 0 };

		covered /= per_block;
		if (pointer >= ext->block_count)
			return fs_wrong("a block of pointers inside the file system", pointer);
		TRY(disk_read(fs->disk, (uint64_t)pointer * ext->block_size + index / covered * 4, bytes, sizeof(bytes)));
		index %= covered;
		pointer = span_u32(span(bytes, sizeof(bytes)), 0);
	}
	if (pointer >= ext->block_count)
		return fs_wrong("a block inside the file system", pointer);
	run_of_blocks(ext, offset, pointer, pointer == 0 ? covered - index : 1, pointer == 0, out);
	return error_none();
}

struct error ext_map(struct fs *fs, const void *inode, uint64_t offset, struct fs_run *out)
{
	const struct ext_inode *of = inode;

	return (of->flags & EXT_INODE_EXTENTS) != 0 ? map_extents(fs, of, offset, out) : map_pointers(fs, of, offset, out);
}

/* Where the extended attribute "system.data" lies in an inode: what an inline file has beyond its first 60 bytes. */
static struct error find_inline_rest(struct fs *fs, const struct ext_inode *inode, uint32_t *out, uint32_t *size)
{
	const uint32_t begin = EXT_INODE_OLD_SIZE + inode->extra_size + 4;
	uint8_t bytes[XATTR_ENTRY_SIZE + 4] = { 0 };
	const struct span entry = span(bytes, sizeof(bytes));
	uint32_t at = begin;

	if (begin + 4 > fs->ext.inode_size)
		return fs_wrong("extended attributes in an inline inode", inode->number);
	TRY(disk_read(fs->disk, inode->at + begin - 4, bytes, 4));
	if (span_u32(entry, 0) != (uint32_t)XATTR_MAGIC)
		return fs_wrong("extended attributes in an inline inode", inode->number);
	while (at + sizeof(bytes) <= fs->ext.inode_size) {
		uint32_t value;

		TRY(disk_read(fs->disk, inode->at + at, bytes, sizeof(bytes)));
		if (span_u32(entry, 0) == 0)
			break;
		value = begin + span_u16(entry, 2);
		if (bytes[0] == 4 && bytes[1] == XATTR_INDEX_SYSTEM && span_is(entry, XATTR_ENTRY_SIZE, "data", 4)) {
			*out = value;
			*size = span_u32(entry, 8);
			if (value > fs->ext.inode_size || *size > fs->ext.inode_size - value)
				return fs_wrong("inline content inside the inode", value);
			return error_none();
		}
		at += XATTR_ENTRY_SIZE + ((bytes[0] + 3u) & ~3u);
	}
	*out = *size = 0;
	return error_none();
}

static struct error read_inline(struct fs *fs, const struct ext_inode *inode, uint64_t offset, uint8_t *to, size_t size)
{
	uint32_t rest, rest_size;
	size_t part;

	if (offset < sizeof(inode->block)) {
		part = sizeof(inode->block) - (size_t)offset;
		if (part > size)
			part = size;
		__builtin_memcpy(to, inode->block + offset, part);
		offset += part;
		to += part;
		size -= part;
	}
	if (size == 0)
		return error_none();
	TRY(find_inline_rest(fs, inode, &rest, &rest_size));
	offset -= sizeof(inode->block);
	/* What the size has more is zeroes, as in a hole (Linux, ext4_read_inline_folio()). */
	part = offset < rest_size ? rest_size - (size_t)offset : 0;
	if (part > size)
		part = size;
	__builtin_memset(to + part, 0, size - part);
	return part != 0 ? disk_read(fs->disk, inode->at + rest + offset, to, part) : error_none();
}

struct error ext_read_content(struct fs *fs, const struct ext_inode *inode, uint64_t offset, void *to, size_t size)
{
	/* The target of a link that is short enough lies where else the pointers are. */
	const bool is_short_link = (inode->mode & 0xf000) == 0xa000 && (inode->flags & EXT_INODE_EXTENTS) == 0 &&
				   inode->size < EXT_INODE_BLOCK_SIZE;

	if ((inode->flags & EXT_INODE_INLINE) != 0 || is_short_link)
		return read_inline(fs, inode, offset, to, size);
	return fs_read_runs(fs, ext_map, inode, offset, to, size);
}
