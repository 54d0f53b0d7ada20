/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/disk/checksum.h>
#include <shim/disk/ext.h>

enum {
	SUPER_AT = 1024,
	SUPER_SIZE = 1024,
	SUPER_INODES = 0x00,
	SUPER_BLOCKS = 0x04,
	SUPER_FIRST_BLOCK = 0x14,
	SUPER_LOG_BLOCK_SIZE = 0x18,
	SUPER_BLOCKS_PER_GROUP = 0x20,
	SUPER_INODES_PER_GROUP = 0x28,
	SUPER_MAGIC = 0x38,
	SUPER_REVISION = 0x4c,
	SUPER_INODE_SIZE = 0x58,
	SUPER_COMPAT = 0x5c,
	SUPER_INCOMPAT = 0x60,
	SUPER_RO_COMPAT = 0x64,
	SUPER_UUID = 0x68,
	SUPER_LABEL = 0x78,
	SUPER_DESCRIPTOR_SIZE = 0xfe,
	SUPER_FIRST_META_GROUP = 0x104,
	SUPER_BLOCKS_HIGH = 0x150,
	SUPER_BACKUP_GROUPS = 0x24c,
	SUPER_CHECKSUM_SEED = 0x270,
	SUPER_CHECKSUM = 0x3fc,

	GROUP_INODES = 0x08,
	GROUP_CHECKSUM = 0x1e,
	GROUP_INODES_HIGH = 0x28,
	GROUP_SIZE = 32,
	GROUP_SIZE_64 = 64,
	/* s_desc_size is a power of two; what is behind is nothing that a reader needs. */
	GROUP_SIZE_MOST = 1024,

	INODE_MODE = 0x00,
	INODE_SIZE = 0x04,
	INODE_FLAGS = 0x20,
	INODE_BLOCK = 0x28,
	INODE_GENERATION = 0x64,
	INODE_SIZE_HIGH = 0x6c,
	INODE_CHECKSUM = 0x7c,
	INODE_EXTRA_SIZE = 0x80,
	INODE_CHECKSUM_HIGH = 0x82,
	INODE_CHECKSUM_HIGH_END = 0x84,

	ROOT_INODE = 2,

	KNOWN_INCOMPAT = EXT_INCOMPAT_FILETYPE | EXT_INCOMPAT_RECOVER | EXT_INCOMPAT_META_BG | EXT_INCOMPAT_EXTENTS |
			 EXT_INCOMPAT_64BIT | EXT_INCOMPAT_MMP | EXT_INCOMPAT_FLEX_BG | EXT_INCOMPAT_EA_INODE |
			 EXT_INCOMPAT_CSUM_SEED | EXT_INCOMPAT_LARGEDIR | EXT_INCOMPAT_INLINE_DATA | EXT_INCOMPAT_ENCRYPT |
			 EXT_INCOMPAT_CASEFOLD,
	/* What came with ext4 alone: Linux calls a file system by the driver that it would need. */
	EXT4_INCOMPAT = KNOWN_INCOMPAT & ~(EXT_INCOMPAT_FILETYPE | EXT_INCOMPAT_RECOVER | EXT_INCOMPAT_META_BG),
	COMPAT_JOURNAL = 0x4,
};

static uint32_t sum_number(uint32_t sum, uint32_t number)
{
	uint8_t bytes[4];

	for (unsigned i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(number >> 8 * i);
	return checksum_crc32c(sum, span(bytes, sizeof(bytes)));
}

static struct error check_geometry(const struct fs *fs)
{
	const struct ext *ext = &fs->ext;

	if (ext->inode_size < EXT_INODE_OLD_SIZE || ext->inode_size > ext->block_size ||
	    (ext->inode_size & (ext->inode_size - 1)) != 0)
		return fs_wrong("an inode size from 128 to a block", ext->inode_size);
	if (ext->descriptor_size < GROUP_SIZE || ext->descriptor_size > GROUP_SIZE_MOST ||
	    (ext->descriptor_size & (ext->descriptor_size - 1)) != 0)
		return fs_wrong("group descriptors of 32 bytes or more", ext->descriptor_size);
	if (ext->blocks_per_group == 0 || ext->inodes_per_group == 0)
		return fs_wrong("blocks and inodes in a group", 0);
	if (ext->first_block > 1)
		return fs_wrong("0 or 1 as the first block", ext->first_block);
	if (ext->block_count > fs->disk->size / ext->block_size)
		return fs_wrong("at most as many blocks as there are on the disk", ext->block_count);
	return error_none();
}

static struct error read_geometry(struct fs *fs, struct span super)
{
	struct ext *ext = &fs->ext;
	const uint32_t log_block_size = span_u32(super, SUPER_LOG_BLOCK_SIZE);
	const bool is_old = span_u32(super, SUPER_REVISION) == 0;
	const bool is_64 = (ext->incompat & EXT_INCOMPAT_64BIT) != 0;

	if (log_block_size > 6)
		return fs_wrong("blocks of at most 64 KiB", log_block_size);
	ext->block_size = 1024u << log_block_size;
	ext->inode_size = is_old ? EXT_INODE_OLD_SIZE : span_u16(super, SUPER_INODE_SIZE);
	ext->inode_count = span_u32(super, SUPER_INODES);
	ext->inodes_per_group = span_u32(super, SUPER_INODES_PER_GROUP);
	ext->blocks_per_group = span_u32(super, SUPER_BLOCKS_PER_GROUP);
	ext->first_block = span_u32(super, SUPER_FIRST_BLOCK);
	ext->descriptor_size = is_64 ? span_u16(super, SUPER_DESCRIPTOR_SIZE) : GROUP_SIZE;
	ext->first_meta_group = (ext->incompat & EXT_INCOMPAT_META_BG) != 0 ? span_u32(super, SUPER_FIRST_META_GROUP) : UINT32_MAX;
	ext->block_count = span_u32(super, SUPER_BLOCKS) | (is_64 ? (uint64_t)span_u32(super, SUPER_BLOCKS_HIGH) << 32 : 0);
	ext->backup_group[0] = span_u32(super, SUPER_BACKUP_GROUPS);
	ext->backup_group[1] = span_u32(super, SUPER_BACKUP_GROUPS + 4);
	ext->node_held = ext->directory_held = 0;
	return check_geometry(fs);
}

static struct error ext_open(struct fs *fs)
{
	uint8_t bytes[SUPER_SIZE] = { 0 };
	const struct span super = span(bytes, sizeof(bytes));
	struct ext *ext = &fs->ext;
	uint32_t sum;

	if (fs->disk->size < SUPER_AT + SUPER_SIZE)
		return error_make(ERROR_FS_UNKNOWN, NULL, 0, 0);
	TRY(disk_read(fs->disk, SUPER_AT, bytes, sizeof(bytes)));
	if (span_u16(super, SUPER_MAGIC) != 0xef53)
		return error_make(ERROR_FS_UNKNOWN, NULL, 0, 0);
	ext->compat = span_u32(super, SUPER_COMPAT);
	ext->incompat = span_u32(super, SUPER_INCOMPAT);
	ext->ro_compat = span_u32(super, SUPER_RO_COMPAT);
	if ((ext->incompat & ~(uint32_t)KNOWN_INCOMPAT) != 0)
		return error_make(ERROR_FS_FEATURE, "ext4", KNOWN_INCOMPAT, ext->incompat & ~(uint32_t)KNOWN_INCOMPAT);
	__builtin_memcpy(ext->uuid, bytes + SUPER_UUID, sizeof(ext->uuid));
	if (ext_has_checksums(fs)) {
		sum = checksum_crc32c(UINT32_MAX, span(bytes, SUPER_CHECKSUM));
		if (sum != span_u32(super, SUPER_CHECKSUM))
			return error_make(ERROR_FS_CHECKSUM, "the superblock", span_u32(super, SUPER_CHECKSUM), sum);
	}
	ext->seed = (ext->incompat & EXT_INCOMPAT_CSUM_SEED) != 0 ? span_u32(super, SUPER_CHECKSUM_SEED) :
		    checksum_crc32c(UINT32_MAX, span(ext->uuid, sizeof(ext->uuid)));
	fs->name = (ext->incompat & EXT4_INCOMPAT) != 0 ? "ext4" : (ext->compat & COMPAT_JOURNAL) != 0 ? "ext3" : "ext2";
	fs->needs_recovery = (ext->incompat & EXT_INCOMPAT_RECOVER) != 0;
	fs_uuid_text(fs->uuid, ext->uuid);
	fs_label_text(fs, span(bytes + SUPER_LABEL, 16));
	return read_geometry(fs, super);
}

/* Whether a number is a power of the base. */
static bool is_power(uint32_t number, uint32_t base)
{
	while (number % base == 0)
		number /= base;
	return number == 1;
}

/* Whether a group begins with a copy of the superblock.  The first does. */
static bool has_super(const struct ext *ext, uint32_t group)
{
	if (group == 0)
		return true;
	if ((ext->compat & EXT_COMPAT_SPARSE_SUPER2) != 0)
		return group == ext->backup_group[0] || group == ext->backup_group[1];
	if ((ext->ro_compat & EXT_RO_SPARSE_SUPER) == 0 || group == 1)
		return true;
	return is_power(group, 3) || is_power(group, 5) || is_power(group, 7);
}

/* Where the descriptor of a group is: behind the superblock, or with meta_bg in the first group of as many as fit in a block. */
static uint64_t descriptor_at(const struct ext *ext, uint32_t group)
{
	const uint32_t per_block = ext->block_size / ext->descriptor_size;
	const uint32_t meta_group = group / per_block;
	/* Blocks of 1024 bytes that count from 0: the superblock is in the second one. */
	const bool is_second = ext->block_size == 1024 && ext->first_block == 0;
	uint64_t block;

	if (meta_group < ext->first_meta_group)
		block = ext->first_block + 1 + meta_group + is_second;
	else
		block = (uint64_t)meta_group * per_block * ext->blocks_per_group + ext->first_block +
			has_super(ext, meta_group * per_block) + (is_second && meta_group == 0);
	/* Below 2^32 groups of 2^32 blocks of 2^16 bytes it could wrap; disk_read() then refuses it, or reads what fails its checks. */
	return block * ext->block_size + (uint64_t)(group % per_block) * ext->descriptor_size;
}

/* Both kinds of checksum are cut to 16 bits, and count their own field as 0 or not at all. */
static uint16_t descriptor_sum(const struct fs *fs, uint32_t group, struct span descriptor)
{
	static const uint8_t zero[2];
	const struct ext *ext = &fs->ext;
	const uint8_t number[4] = { (uint8_t)group, (uint8_t)(group >> 8), (uint8_t)(group >> 16), (uint8_t)(group >> 24) };
	const struct span head = span(descriptor.at, GROUP_CHECKSUM);
	const struct span tail = span(descriptor.at + GROUP_CHECKSUM + 2, descriptor.size - GROUP_CHECKSUM - 2);
	uint16_t sum;

	if (ext_has_checksums(fs)) {
		const uint32_t before = checksum_crc32c(checksum_crc32c(ext->seed, span(number, 4)), head);

		return (uint16_t)checksum_crc32c(checksum_crc32c(before, span(zero, 2)), tail);
	}
	sum = checksum_crc16(0xffff, span(ext->uuid, sizeof(ext->uuid)));
	sum = checksum_crc16(checksum_crc16(sum, span(number, 4)), head);
	return checksum_crc16(sum, tail);
}

/* The block with which the inodes of a group begin. */
static struct error inode_table(struct fs *fs, uint32_t group, uint64_t *out)
{
	const struct ext *ext = &fs->ext;
	uint8_t bytes[GROUP_SIZE_MOST] = { 0 };
	const struct span descriptor = span(bytes, ext->descriptor_size);
	uint16_t sum;

	TRY(disk_read(fs->disk, descriptor_at(ext, group), bytes, ext->descriptor_size));
	if ((ext->ro_compat & (EXT_RO_GDT_CSUM | EXT_RO_METADATA_CSUM)) != 0) {
		sum = descriptor_sum(fs, group, descriptor);
		if (sum != span_u16(descriptor, GROUP_CHECKSUM))
			return error_make(ERROR_FS_CHECKSUM, "a group descriptor", span_u16(descriptor, GROUP_CHECKSUM), sum);
	}
	*out = span_u32(descriptor, GROUP_INODES);
	if (ext->descriptor_size >= GROUP_SIZE_64)
		*out |= (uint64_t)span_u32(descriptor, GROUP_INODES_HIGH) << 32;
	if (*out >= ext->block_count)
		return fs_wrong("a table of inodes inside the file system", *out);
	return error_none();
}

/* The checksum of an inode, which counts its own two halves as 0; the second is there when the inode is large enough. */
static struct error check_inode(struct fs *fs, const struct ext_inode *inode)
{
	uint8_t bytes[EXT_INODE_OLD_SIZE] = { 0 };
	const struct span part = span(bytes, sizeof(bytes));
	uint32_t sum = inode->seed, found = 0;
	const bool has_high = inode->extra_size >= INODE_CHECKSUM_HIGH_END - EXT_INODE_OLD_SIZE;

	for (uint32_t at = 0; at < fs->ext.inode_size; at += sizeof(bytes)) {
		TRY(disk_read(fs->disk, inode->at + at, bytes, sizeof(bytes)));
		if (at == 0) {
			found = span_u16(part, INODE_CHECKSUM);
			bytes[INODE_CHECKSUM] = bytes[INODE_CHECKSUM + 1] = 0;
		} else if (at == EXT_INODE_OLD_SIZE && has_high) {
			const uint32_t high = INODE_CHECKSUM_HIGH - EXT_INODE_OLD_SIZE;

			found |= (uint32_t)span_u16(part, high) << 16;
			bytes[high] = bytes[high + 1] = 0;
		}
		sum = checksum_crc32c(sum, part);
	}
	if (!has_high)
		sum &= 0xffff;
	if (sum != found)
		return error_make(ERROR_FS_CHECKSUM, "an inode", found, sum);
	return error_none();
}

struct error ext_read_inode(struct fs *fs, uint64_t number, struct ext_inode *out)
{
	const struct ext *ext = &fs->ext;
	uint8_t bytes[EXT_INODE_OLD_SIZE] = { 0 };
	const struct span inode = span(bytes, sizeof(bytes));
	uint64_t table;

	if (number == 0 || number > ext->inode_count)
		return fs_wrong("the number of an inode that exists", number);
	TRY(inode_table(fs, (uint32_t)(number - 1) / ext->inodes_per_group, &table));
	*out = (struct ext_inode){ .number = (uint32_t)number };
	out->at = table * ext->block_size + (number - 1) % ext->inodes_per_group * ext->inode_size;
	TRY(disk_read(fs->disk, out->at, bytes, sizeof(bytes)));
	out->flags = span_u32(inode, INODE_FLAGS);
	out->mode = span_u16(inode, INODE_MODE);
	out->size = span_u32(inode, INODE_SIZE) | (uint64_t)span_u32(inode, INODE_SIZE_HIGH) << 32;
	out->seed = sum_number(sum_number(ext->seed, out->number), span_u32(inode, INODE_GENERATION));
	__builtin_memcpy(out->block, bytes + INODE_BLOCK, sizeof(out->block));
	if (ext->inode_size > EXT_INODE_OLD_SIZE) {
		TRY(disk_read(fs->disk, out->at + INODE_EXTRA_SIZE, bytes, 2));
		out->extra_size = span_u16(inode, 0);
		if (out->extra_size > ext->inode_size - EXT_INODE_OLD_SIZE)
			return fs_wrong("an inode's extra size inside it", out->extra_size);
	}
	return ext_has_checksums(fs) ? check_inode(fs, out) : error_none();
}

static struct error read_node(struct fs *fs, uint64_t number, struct fs_node *out)
{
	struct ext_inode inode;

	TRY(ext_read_inode(fs, number, &inode));
	*out = (struct fs_node){ .kind = fs_mode_kind(inode.mode), .size = inode.size, .id = number };
	return error_none();
}

static struct error ext_root(struct fs *fs, struct fs_node *out)
{
	TRY(read_node(fs, ROOT_INODE, out));
	return out->kind == FS_DIRECTORY ? error_none() : fs_wrong("a directory as its root", out->kind);
}

static struct error ext_node(struct fs *fs, const struct fs_entry *entry, struct fs_node *out)
{
	return read_node(fs, entry->node.id, out);
}

static struct error ext_read(struct fs *fs, const struct fs_node *node, uint64_t offset, void *to, size_t size)
{
	struct ext_inode inode;

	TRY(ext_read_inode(fs, node->id, &inode));
	if ((inode.flags & EXT_INODE_ENCRYPT) != 0)
		return error_make(ERROR_FS_FEATURE, "ext4", 0, EXT_INCOMPAT_ENCRYPT);
	return ext_read_content(fs, &inode, offset, to, size);
}

const struct fs_operations fs_ext = { ext_open, ext_root, ext_next, ext_node, ext_read };
