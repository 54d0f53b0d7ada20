/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/disk/btrfs.h>
#include <shim/disk/checksum.h>

enum {
	SUPER_AT = 65536,
	SUPER_SIZE = 4096,
	SUPER_CHECKSUMMED = 0x20,
	SUPER_UUID = 0x20,
	SUPER_MAGIC = 0x40,
	SUPER_ROOT = 0x50,
	SUPER_CHUNK_ROOT = 0x58,
	SUPER_LOG_ROOT = 0x60,
	SUPER_SECTOR_SIZE = 0x90,
	SUPER_NODE_SIZE = 0x94,
	SUPER_CHUNKS_SIZE = 0xa0,
	SUPER_INCOMPAT = 0xbc,
	SUPER_CHECKSUM_TYPE = 0xc4,
	SUPER_ROOT_LEVEL = 0xc6,
	SUPER_CHUNK_ROOT_LEVEL = 0xc7,
	SUPER_DEVICE = 0xc9,
	SUPER_LABEL = 0x12b,
	SUPER_CHUNKS = 0x32b,

	/* All up to RAID1C34 (0x800), and simple quotas; not zones, trees of extents of version 2, trees of stripes. */
	KNOWN_INCOMPAT = 0x10fff,
	LEVEL_MOST = 7,

	TREE_FILES = 5,
	TREE_DIRECTORY = 6,
	FIRST_INODE = 256,
	/* Of the name "default", as directories have it. */
	DEFAULT_HASH = (int)0x8dbfc2d2,

	ROOT_ADDRESS = 176,
	ROOT_LEVEL = 238,
	INODE_SIZE = 16,
	INODE_MODE = 52,
	/* Of a node's id: below are the bits of the inode's number, above are those of its tree. */
	ID_BITS = 40,
};

static struct error read_super(struct fs *fs, struct span super)
{
	struct btrfs *btrfs = &fs->btrfs;
	const uint64_t incompat = span_u64(super, SUPER_INCOMPAT);
	struct span chunks;
	uint32_t sum;

	if (span_u16(super, SUPER_CHECKSUM_TYPE) != 0)
		return error_make(ERROR_FS_FEATURE, "btrfs with checksums but crc32c", 0, span_u16(super, SUPER_CHECKSUM_TYPE));
	sum = ~checksum_crc32c(UINT32_MAX, span(super.at + SUPER_CHECKSUMMED, SUPER_SIZE - SUPER_CHECKSUMMED));
	if (sum != span_u32(super, 0))
		return error_make(ERROR_FS_CHECKSUM, "the superblock", span_u32(super, 0), sum);
	if ((incompat & ~(uint64_t)KNOWN_INCOMPAT) != 0)
		return error_make(ERROR_FS_FEATURE, "btrfs", KNOWN_INCOMPAT, incompat & ~(uint64_t)KNOWN_INCOMPAT);
	btrfs->node_size = span_u32(super, SUPER_NODE_SIZE);
	if (btrfs->node_size < 4096 || btrfs->node_size > FS_BLOCK_MOST || (btrfs->node_size & (btrfs->node_size - 1)) != 0)
		return fs_wrong("nodes of 4 to 64 KiB", btrfs->node_size);
	btrfs->sector_size = span_u32(super, SUPER_SECTOR_SIZE);
	if (btrfs->sector_size < 4096 || btrfs->sector_size > FS_BLOCK_MOST)
		return fs_wrong("sectors of 4 to 64 KiB", btrfs->sector_size);
	btrfs->root_tree = (struct btrfs_tree){ 1, span_u64(super, SUPER_ROOT), span_u8(super, SUPER_ROOT_LEVEL) };
	btrfs->chunk_tree = (struct btrfs_tree){ 3, span_u64(super, SUPER_CHUNK_ROOT), span_u8(super, SUPER_CHUNK_ROOT_LEVEL) };
	if (btrfs->root_tree.level > LEVEL_MOST || btrfs->chunk_tree.level > LEVEL_MOST)
		return fs_wrong("trees of at most eight levels", btrfs->root_tree.level);
	btrfs->device = span_u64(super, SUPER_DEVICE);
	btrfs->chunks_size = span_u32(super, SUPER_CHUNKS_SIZE);
	if (btrfs->chunks_size > sizeof(btrfs->chunks))
		return fs_wrong("at most 2048 bytes of chunks in the superblock", btrfs->chunks_size);
	span_cut(super, SUPER_CHUNKS, btrfs->chunks_size, &chunks);
	__builtin_memcpy(btrfs->chunks, chunks.at, chunks.size);
	return error_none();
}

/* Where the tree of a subvolume is; it is kept until another one is asked for. */
static struct error find_tree(struct fs *fs, uint64_t id)
{
	struct btrfs *btrfs = &fs->btrfs;
	const struct btrfs_key key = { id, BTRFS_ROOT, UINT64_MAX };
	struct btrfs_item item;

	if (btrfs->files.id == id)
		return error_none();
	btrfs->files.id = 0;
	TRY(btrfs_find_before(fs, &btrfs->root_tree, &key, &item));
	if (!item.found || item.key.object != id || item.key.type != BTRFS_ROOT || item.data.size <= ROOT_LEVEL)
		return fs_wrong("a subvolume that is there", id);
	btrfs->files.address = span_u64(item.data, ROOT_ADDRESS);
	btrfs->files.level = span_u8(item.data, ROOT_LEVEL);
	if (btrfs->files.level > LEVEL_MOST)
		return fs_wrong("trees of at most eight levels", btrfs->files.level);
	btrfs->files.id = id;
	return error_none();
}

/* The subvolume that is mounted where none is named; the first one where none was chosen. */
static struct error find_default(struct fs *fs)
{
	const struct btrfs_key key = { TREE_DIRECTORY, BTRFS_DIR_ITEM, (uint32_t)DEFAULT_HASH };
	struct btrfs_item item;

	TRY(btrfs_find_before(fs, &fs->btrfs.root_tree, &key, &item));
	fs->btrfs.default_tree = TREE_FILES;
	if (item.found && item.key.object == key.object && item.key.type == key.type && item.key.offset == key.offset)
		fs->btrfs.default_tree = span_u64(item.data, 0);
	return error_none();
}

static struct error btrfs_open(struct fs *fs)
{
	struct span super = span(fs->scratch, SUPER_SIZE);
	struct btrfs *btrfs = &fs->btrfs;

	if (fs->disk->size < SUPER_AT + SUPER_SIZE)
		return error_make(ERROR_FS_UNKNOWN, NULL, 0, 0);
	TRY(disk_read(fs->disk, SUPER_AT, fs->scratch, SUPER_SIZE));
	if (!span_is(super, SUPER_MAGIC, "_BHRfS_M", 8))
		return error_make(ERROR_FS_UNKNOWN, NULL, 0, 0);
	*btrfs = (struct btrfs){ .device = 0 };
	fs->name = "btrfs";
	fs_uuid_text(fs->uuid, fs->scratch + SUPER_UUID);
	fs_label_text(fs, span(fs->scratch + SUPER_LABEL, FS_LABEL_MOST));
	fs->needs_recovery = span_u64(super, SUPER_LOG_ROOT) != 0;
	TRY(read_super(fs, super));
	return find_default(fs);
}

static uint64_t make_id(uint64_t tree, uint64_t inode) { return tree << ID_BITS | inode; }

static struct error load_inode(struct fs *fs, uint64_t id, struct fs_node *out)
{
	const struct btrfs_key key = { id & ((UINT64_C(1) << ID_BITS) - 1), BTRFS_INODE, 0 };
	struct btrfs_item item;

	TRY(find_tree(fs, id >> ID_BITS));
	TRY(btrfs_find_before(fs, &fs->btrfs.files, &key, &item));
	if (!item.found || item.key.object != key.object || item.key.type != BTRFS_INODE)
		return fs_wrong("an inode that is there", key.object);
	*out = (struct fs_node){
		.kind = fs_mode_kind(span_u32(item.data, INODE_MODE)),
		.size = span_u64(item.data, INODE_SIZE),
		.id = id,
	};
	return error_none();
}

static struct error btrfs_root(struct fs *fs, struct fs_node *out)
{
	TRY(load_inode(fs, make_id(fs->btrfs.default_tree, FIRST_INODE), out));
	return out->kind == FS_DIRECTORY ? error_none() : fs_wrong("a directory as its root", out->kind);
}

static struct error btrfs_node(struct fs *fs, const struct fs_entry *entry, struct fs_node *out)
{
	return load_inode(fs, entry->node.id, out);
}

static struct error btrfs_next(struct fs *fs, const struct fs_node *directory, uint64_t *position, struct fs_entry *out)
{
	const uint64_t tree = directory->id >> ID_BITS;
	const struct btrfs_key key = { directory->id & ((UINT64_C(1) << ID_BITS) - 1), BTRFS_DIR_INDEX, *position };
	struct btrfs_key named;
	struct btrfs_item item;
	struct span name;

	out->length = 0;
	TRY(find_tree(fs, tree));
	TRY(btrfs_find_from(fs, &fs->btrfs.files, &key, &item));
	/* A last index is none, since nothing could be behind it. */
	if (!item.found || item.key.object != key.object || item.key.type != key.type || item.key.offset < key.offset ||
	    item.key.offset == UINT64_MAX)
		return error_none();
	named = btrfs_key_at(item.data, 0);
	if (!span_cut(item.data, BTRFS_DIR_NAME, span_u16(item.data, BTRFS_DIR_NAME_LENGTH), &name) || name.size == 0 ||
	    name.size > FS_NAME_MOST)
		return fs_wrong("names that fit in a directory", item.key.offset);
	/* A subvolume is a directory of another tree. */
	out->node = (struct fs_node){ .kind = FS_OTHER, .id = make_id(tree, named.object) };
	if (named.type == BTRFS_ROOT)
		out->node.id = make_id(named.object, FIRST_INODE);
	if (named.object >> (named.type == BTRFS_ROOT ? 64 - ID_BITS : ID_BITS) != 0)
		return fs_wrong("an inode below 2^40, and a subvolume below 2^24", named.object);
	__builtin_memcpy(out->name, name.at, name.size);
	out->name[name.size] = '\0';
	out->length = (uint32_t)name.size;
	*position = item.key.offset + 1;
	return error_none();
}

static struct error btrfs_read(struct fs *fs, const struct fs_node *node, uint64_t offset, void *to, size_t size)
{
	TRY(find_tree(fs, node->id >> ID_BITS));
	return btrfs_read_file(fs, &fs->btrfs.files, node->id & ((UINT64_C(1) << ID_BITS) - 1), offset, to, size);
}

const struct fs_operations fs_btrfs = { btrfs_open, btrfs_root, btrfs_next, btrfs_node, btrfs_read };
