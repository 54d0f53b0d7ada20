/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/disk/checksum.h>
#include <shim/disk/xfs.h>

enum {
	SUPER_BLOCK_SIZE = 4,
	SUPER_BLOCKS = 8,
	SUPER_UUID = 32,
	SUPER_ROOT = 56,
	SUPER_GROUP_BLOCKS = 84,
	SUPER_GROUPS = 88,
	SUPER_VERSION = 100,
	SUPER_SECTOR_SIZE = 102,
	SUPER_INODE_SIZE = 104,
	SUPER_INODES = 106,
	SUPER_LABEL = 108,
	SUPER_INODE_BITS = 123,
	SUPER_GROUP_BITS = 124,
	SUPER_DIRECTORY_LOG = 192,
	SUPER_FEATURES2 = 200,
	SUPER_INCOMPAT = 216,
	SUPER_CHECKSUM = 224,
	/* What of it is read; the sector that it is in may have more. */
	SUPER_SIZE = 512,
	SECTOR_MOST = 32768,

	VERSION_MASK = 0xf,
	VERSION_DIRECTORY2 = 0x2000,
	VERSION_IGNORES_CASE = 0x4000,
	FEATURES2_KINDS = 0x200,
	INCOMPAT_KINDS = 0x1,
	INCOMPAT_NEEDS_REPAIR = 0x10,
	/* Up to 0x100: sparse inodes, another UUID, big times, many extents, exchanges, parents, a directory of metadata. */
	KNOWN_INCOMPAT = 0x1ff,

	INODE_MODE = 2,
	INODE_FORMAT = 5,
	INODE_MANY_EXTENTS = 24,
	INODE_SIZE = 56,
	INODE_EXTENTS = 76,
	INODE_FORK = 82,
	INODE_FLAGS = 90,
	INODE_CHECKSUM = 100,
	INODE_FLAGS2 = 120,
	INODE_NUMBER = 152,
	INODE_CORE_4 = 100,
	INODE_CORE_5 = 176,

	FLAG_REALTIME = 0x1,
	FLAG2_MANY_EXTENTS = 0x10,

	LINK_OFFSET = 4,
	LINK_BYTES = 8,
	LINK_CHECKSUM = 12,
	LINK_OWNER = 32,
	LINK_HEADER = 56,
};

uint64_t xfs_number(struct span s, uint64_t offset, unsigned bytes)
{
	return __builtin_bswap64(span_number(s, offset, bytes)) >> (64 - 8 * bytes);
}

struct error xfs_check_sum(struct span block, uint64_t at, const char *what)
{
	static const uint8_t zero[4];
	uint32_t sum = checksum_crc32c(UINT32_MAX, span(block.at, at));

	sum = checksum_crc32c(sum, span(zero, sizeof(zero)));
	sum = ~checksum_crc32c(sum, span(block.at + at + 4, block.size - at - 4));
	if (sum != span_u32(block, at))
		return error_make(ERROR_FS_CHECKSUM, what, span_u32(block, at), sum);
	return error_none();
}

struct error xfs_block_at(const struct fs *fs, uint64_t number, uint64_t count, uint64_t *out)
{
	const struct xfs *xfs = &fs->xfs;
	const uint64_t group = number >> xfs->group_bits, block = number & ((UINT64_C(1) << xfs->group_bits) - 1);
	const uint64_t first = group * xfs->group_blocks + block;

	/* Both factors have 32 bits at most, once the group is known to be there. */
	if (group >= xfs->group_count || block >= xfs->group_blocks || first >= xfs->block_count ||
	    count > xfs->block_count - first)
		return fs_wrong("blocks inside the file system", number);
	*out = first * xfs->block_size;
	return error_none();
}

static bool is_power(uint32_t number, uint32_t least, uint32_t most)
{
	return number >= least && number <= most && (number & (number - 1)) == 0;
}

static struct error read_geometry(struct fs *fs, struct span super)
{
	struct xfs *xfs = &fs->xfs;
	const uint32_t log = span_u8(super, SUPER_DIRECTORY_LOG);

	xfs->block_size = (uint32_t)xfs_number(super, SUPER_BLOCK_SIZE, 4);
	xfs->inode_size = (uint32_t)xfs_number(super, SUPER_INODE_SIZE, 2);
	xfs->group_blocks = (uint32_t)xfs_number(super, SUPER_GROUP_BLOCKS, 4);
	xfs->group_count = (uint32_t)xfs_number(super, SUPER_GROUPS, 4);
	xfs->group_bits = span_u8(super, SUPER_GROUP_BITS);
	xfs->inode_bits = span_u8(super, SUPER_INODE_BITS);
	xfs->block_count = xfs_number(super, SUPER_BLOCKS, 8);
	xfs->root = xfs_number(super, SUPER_ROOT, 8);
	if (!is_power(xfs->block_size, 512, FS_BLOCK_MOST))
		return fs_wrong("blocks of 512 bytes to 64 KiB", xfs->block_size);
	if (!is_power(xfs->inode_size, 256, XFS_INODE_MOST) || xfs->inode_bits > 8 ||
	    xfs->inode_size << xfs->inode_bits != xfs->block_size)
		return fs_wrong("inodes of 256 to 2048 bytes that fill a block", xfs->inode_size);
	if (log > 7 || xfs->block_size << log > FS_BLOCK_MOST)
		return fs_wrong("directories in blocks of at most 64 KiB", log);
	if (xfs->group_bits > 31)
		return fs_wrong("groups of less than 2^32 blocks", xfs->group_bits);
	if (xfs->block_count > fs->disk->size / xfs->block_size)
		return fs_wrong("at most as many blocks as there are on the disk", xfs->block_count);
	xfs->directory_block_size = xfs->block_size << log;
	xfs->inode_held = xfs->node_held = xfs->directory_held = 0;
	return error_none();
}

/* What version 5 has more: feature bits, and a checksum over the whole sector. */
static struct error read_features(struct fs *fs, struct span super)
{
	const uint32_t incompat = (uint32_t)xfs_number(super, SUPER_INCOMPAT, 4);
	const uint32_t sector = (uint32_t)xfs_number(super, SUPER_SECTOR_SIZE, 2);

	if (!is_power(sector, SUPER_SIZE, SECTOR_MOST))
		return fs_wrong("sectors of 512 bytes to 32 KiB", sector);
	TRY(disk_read(fs->disk, 0, fs->scratch, sector));
	TRY(xfs_check_sum(span(fs->scratch, sector), SUPER_CHECKSUM, "the superblock"));
	if ((incompat & ~(uint32_t)KNOWN_INCOMPAT) != 0)
		return error_make(ERROR_FS_FEATURE, "xfs", KNOWN_INCOMPAT, incompat & ~(uint32_t)KNOWN_INCOMPAT);
	fs->needs_recovery = (incompat & INCOMPAT_NEEDS_REPAIR) != 0;
	fs->xfs.has_kinds = (incompat & INCOMPAT_KINDS) != 0;
	return error_none();
}

static struct error xfs_open(struct fs *fs)
{
	uint8_t bytes[SUPER_SIZE] = { 0 };
	const struct span super = span(bytes, sizeof(bytes));
	struct xfs *xfs = &fs->xfs;
	uint32_t version;

	if (fs->disk->size < sizeof(bytes))
		return error_make(ERROR_FS_UNKNOWN, NULL, 0, 0);
	TRY(disk_read(fs->disk, 0, bytes, sizeof(bytes)));
	if (!span_is(super, 0, "XFSB", 4))
		return error_make(ERROR_FS_UNKNOWN, NULL, 0, 0);
	fs->name = "xfs";
	version = (uint32_t)xfs_number(super, SUPER_VERSION, 2);
	if (((version & VERSION_MASK) != 4 && (version & VERSION_MASK) != 5) || (version & VERSION_DIRECTORY2) == 0)
		return error_make(ERROR_FS_FEATURE, "xfs", 0, version);
	fs->ignores_case = (version & VERSION_IGNORES_CASE) != 0;
	xfs->has_checksums = (version & VERSION_MASK) == 5;
	xfs->has_kinds = (xfs_number(super, SUPER_FEATURES2, 4) & FEATURES2_KINDS) != 0;
	if (xfs->has_checksums)
		TRY(read_features(fs, super));
	fs_uuid_text(fs->uuid, bytes + SUPER_UUID);
	fs_label_text(fs, span(bytes + SUPER_LABEL, 12));
	TRY(read_geometry(fs, super));
	return xfs_read_log(fs, super);
}

static struct error load_inode(struct fs *fs, uint64_t number, struct span inode)
{
	struct xfs *xfs = &fs->xfs;
	uint64_t at;

	if (xfs->inode_held == number && number != 0)
		return error_none();
	xfs->inode_held = 0;
	TRY(xfs_block_at(fs, number >> xfs->inode_bits, 1, &at));
	at += (number & ((1u << xfs->inode_bits) - 1)) * xfs->inode_size;
	TRY(disk_read(fs->disk, at, xfs->inode, xfs->inode_size));
	if (!span_is(inode, 0, "IN", 2))
		return fs_wrong("an inode", number);
	if (xfs->has_checksums) {
		TRY(xfs_check_sum(inode, INODE_CHECKSUM, "an inode"));
		if (xfs_number(inode, INODE_NUMBER, 8) != number)
			return fs_wrong("an inode that has its own number", number);
	}
	xfs->inode_held = number;
	return error_none();
}

struct error xfs_read_inode(struct fs *fs, uint64_t number, struct xfs_inode *out)
{
	const struct xfs *xfs = &fs->xfs;
	const struct span inode = span(xfs->inode, xfs->inode_size);
	const uint32_t core = xfs->has_checksums ? INODE_CORE_5 : INODE_CORE_4;
	uint64_t fork;

	TRY(load_inode(fs, number, inode));
	*out = (struct xfs_inode){
		.number = number,
		.size = xfs_number(inode, INODE_SIZE, 8),
		.extents = xfs_number(inode, INODE_EXTENTS, 4),
		.mode = (uint16_t)xfs_number(inode, INODE_MODE, 2),
		.format = span_u8(inode, INODE_FORMAT),
	};
	if (xfs->has_checksums && (xfs_number(inode, INODE_FLAGS2, 8) & FLAG2_MANY_EXTENTS) != 0)
		out->extents = xfs_number(inode, INODE_MANY_EXTENTS, 8);
	/* The fork of attributes begins where this one ends, in units of eight bytes. */
	fork = span_u8(inode, INODE_FORK) * UINT64_C(8);
	if (!span_cut(inode, core, fork != 0 ? fork : inode.size - core, &out->fork))
		return fs_wrong("a fork inside its inode", fork);
	if ((out->mode & 0xf000) == 0x8000 && (xfs_number(inode, INODE_FLAGS, 2) & FLAG_REALTIME) != 0)
		return error_make(ERROR_FS_FEATURE, "xfs", 0, FLAG_REALTIME);
	return error_none();
}

static struct error read_node(struct fs *fs, uint64_t number, struct fs_node *out)
{
	struct xfs_inode inode;

	TRY(xfs_read_inode(fs, number, &inode));
	*out = (struct fs_node){ .kind = fs_mode_kind(inode.mode), .size = inode.size, .id = number };
	return error_none();
}

static struct error xfs_root(struct fs *fs, struct fs_node *out)
{
	TRY(read_node(fs, fs->xfs.root, out));
	return out->kind == FS_DIRECTORY ? error_none() : fs_wrong("a directory as its root", out->kind);
}

static struct error xfs_node(struct fs *fs, const struct fs_entry *entry, struct fs_node *out)
{
	return read_node(fs, entry->node.id, out);
}

/* The target of a link outside its inode: version 5 puts a header before each piece, and a piece is an extent. */
static struct error read_link(struct fs *fs, const struct xfs_inode *inode, uint64_t offset, uint8_t *to, size_t size)
{
	uint64_t at = 0, done = 0;

	while (size != 0) {
		struct fs_run run;
		struct span block;
		uint64_t bytes;

		TRY(xfs_map(fs, inode, at, &run));
		if (run.is_hole || run.size > FS_BLOCK_MOST)
			return fs_wrong("the target of a link", inode->number);
		fs->xfs.directory_held = 0;
		TRY(disk_read(fs->disk, run.at, fs->scratch + FS_BLOCK_MOST, (size_t)run.size));
		block = span(fs->scratch + FS_BLOCK_MOST, run.size);
		TRY(xfs_check_sum(block, LINK_CHECKSUM, "the target of a link"));
		bytes = xfs_number(block, LINK_BYTES, 4);
		if (!span_is(block, 0, "XSLM", 4) || xfs_number(block, LINK_OWNER, 8) != inode->number ||
		    xfs_number(block, LINK_OFFSET, 4) != done || !span_has(block, LINK_HEADER, bytes))
			return fs_wrong("the target of a link", inode->number);
		at += run.size;
		done += bytes;
		if (offset < done) {
			const size_t part = done - offset < size ? (size_t)(done - offset) : size;

			__builtin_memcpy(to, block.at + LINK_HEADER + bytes - (done - offset), part);
			to += part;
			offset += part;
			size -= part;
		}
	}
	return error_none();
}

static struct error xfs_read(struct fs *fs, const struct fs_node *node, uint64_t offset, void *to, size_t size)
{
	struct xfs_inode inode;
	struct span bytes;

	TRY(xfs_read_inode(fs, node->id, &inode));
	if (inode.format == XFS_LOCAL) {
		if (!span_cut(inode.fork, offset, size, &bytes))
			return fs_wrong("content inside its inode", offset);
		__builtin_memcpy(to, bytes.at, size);
		return error_none();
	}
	if (node->kind == FS_LINK && fs->xfs.has_checksums)
		return read_link(fs, &inode, offset, to, size);
	return fs_read_runs(fs, xfs_map, &inode, offset, to, size);
}

const struct fs_operations fs_xfs = { xfs_open, xfs_root, xfs_next, xfs_node, xfs_read };
