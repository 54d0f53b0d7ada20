/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ext_tree.h"
#include "fs_look.h"

#define INODE(number, field) (EXT_INODE_OFFSET + ((number) - 1) * 256 + (field))

static void check_all(struct file image)
{
	assert_fine(look_in(image, "/"));
	assert_string_equal((char *)content, "plain|tree|pointers|inline|inlines|short|long|device|secret|big|large|");
	assert_string_equal(fs.uuid, "12345678-9abc-def0-1234-56789abcdef0");
	assert_string_equal(fs.label, "sixteen letters!");
	assert_fine(look_in(image, "plain"));
	check_bytes(0, 1500, 'f');
	assert_fine(look_in(image, "/tree"));
	check_bytes(0, 2048, 't');
	check_bytes(2048, 10240, 0);
	check_bytes(12 * 1024, 2048, 't');
	check_bytes(14 * 1024, 2048, 0);
	/* The second index entry leads to the same leaf, of which only the last extent is in its part. */
	check_bytes(16 * 1024, 2048, 0);
	check_bytes(18 * 1024, 1024, 't');
	check_bytes(19 * 1024, 1024, 0);
	assert_fine(look_in(image, "/pointers"));
	check_bytes(0, 2048, 0);
	check_bytes(2048, 1024, 'p');
	check_bytes(3072, 1024, 'q');
	check_bytes(4096, 13312, 0);
	check_bytes(17 * 1024, 1024, 'r');
	check_bytes(18 * 1024, 100000, 0);
	assert_fine(look_at(image, UINT64_MAX, "/pointers", (12 + 256 + 256) * UINT64_C(1024)));
	check_bytes(0, 5 * 1024, 0);
	check_bytes(5 * 1024, 1024, 'r');
	assert_fine(look_at(image, UINT64_MAX, "/pointers", (12 + 256 + 65536 + 256 + 5) * UINT64_C(1024) + 100));
	check_bytes(0, 924, 'r');
	check_bytes(924, 1024, 0);
	assert_fine(look_in(image, "/inline"));
	check_bytes(0, 60, 'i');
	assert_memory_equal(content + 60, "abcdefgh\0\0", 10);
	assert_fine(look_at(image, UINT64_MAX, "/inline", 62));
	assert_memory_equal(content, "cdefgh\0\0", 8);
	assert_fine(look_at(image, UINT64_MAX, "/inline", 69));
	assert_memory_equal(content, "\0", 1);
	assert_fine(look_in(image, "/inlines"));
	assert_string_equal((char *)content, "one|two|");
	assert_fine(look_in(image, "/long"));
	check_bytes(0, 1500, 'f');
	assert_fine(look_in(image, "/large"));
	assert_string_equal((char *)content, "leaf|");
	assert_error(look_in(image, "/device"), ERROR_FS_NO_CONTENT);
	assert_error(look_in(image, "/secret"), ERROR_FS_FEATURE);
	assert_error(look_in(image, "/plain/x"), ERROR_FS_NO_DIRECTORY);
	assert_fine(look_in(image, "/big"));
	check_bytes(0, 5000, 0);
	assert_error(look_at(image, UINT64_MAX, "/big", UINT64_C(1) << 45), ERROR_FS_FIELD);
}

static void without_checksums(void **state)
{
	struct file image = build_ext_tree(EXT_TREE_USUAL, 0);

	(void)state;
	check_all(image);
	assert_string_equal(fs.name, "ext4");
	assert_false(fs.needs_recovery);
	file_free(&image);
}

static void with_checksums(void **state)
{
	struct file image = build_ext_tree(EXT_TREE_USUAL, EXT_TREE_SUMS);

	(void)state;
	check_all(image);
	file_free(&image);
	image = build_ext_tree(EXT_TREE_USUAL | EXT_INCOMPAT_CSUM_SEED | EXT_INCOMPAT_RECOVER, EXT_TREE_SUMS);
	check_all(image);
	assert_true(fs.needs_recovery);
	/* An inode of which only half of the checksum is there. */
	file_put(image, ext_inode_at(PLAIN) + 0x80, 2, 2);
	ext_seal_inode(image, PLAIN);
	assert_fine(look_in(image, "/plain"));
	/* The last record of a directory's first block, from before it became an index. */
	ext_put_tail(image, INDEX_ROOT_BLOCK);
	ext_seal_index(image, INDEX_ROOT_BLOCK, 32);
	assert_fine(look_in(image, "/large"));
	assert_string_equal((char *)content, "leaf|");
	file_free(&image);
}

/* Holes at the beginning of a level: of an index, and of pointers. */
static void early_holes(void **state)
{
	struct file image = build_ext_tree(EXT_TREE_USUAL, 0);
	struct fs_node node;

	(void)state;
	file_put(image, INDEX_BLOCK * 1024 + 12, 1, 4);
	assert_fine(look_in(image, "/tree"));
	check_bytes(0, 1024, 0);
	check_bytes(1024, 1024, 't');
	file_put(image, INODE(POINTERS, 0x28 + 48), 0, 4);
	assert_fine(look_in(image, "/pointers"));
	check_bytes(17 * 1024, 1024, 0);
	/* A part of what is inline behind the inode's block. */
	assert_fine(fs_lookup(&fs, "/inline", &node));
	assert_fine(fs_read(&fs, &node, 61, content, 2));
	assert_memory_equal(content, "bc", 2);
	file_free(&image);
}

/* A link of the old kind that is too long for its inode. */
static void old_link(void **state)
{
	struct file image = build_ext_tree(EXT_TREE_USUAL, 0);

	(void)state;
	file_put(image, INODE(LONG_LINK, 0x20), 0, 4);
	file_put(image, INODE(LONG_LINK, 0x28), LINK_BLOCK, 4);
	assert_fine(look_in(image, "/long"));
	check_bytes(0, 1500, 'f');
	file_free(&image);
}

/* An inode of 512 bytes has one checksum over all of them. */
static void large_inodes(void **state)
{
	struct file image = build_ext(EXT_TREE_USUAL, EXT_TREE_SUMS);
	const uint64_t at = EXT_INODE_OFFSET + 512;
	struct ext_inode inode;
	uint32_t sum;

	(void)state;
	file_put(image, EXT_SUPER + 0x58, 512, 2);
	file_put(image, at, 0x41ed, 2);
	file_put(image, at + 0x80, 32, 2);
	file_put(image, at + 400, 'x', 1);
	sum = checksum_crc32c(ext_inode_seed(image, EXT_ROOT), span(image.at + at, 512));
	ext_seal(image);
	memset(image.at + EXT_INODE_OFFSET, 0, 1024);
	file_put(image, at, 0x41ed, 2);
	file_put(image, at + 0x80, 32, 2);
	file_put(image, at + 400, 'x', 1);
	file_put(image, at + 0x7c, sum & 0xffff, 2);
	file_put(image, at + 0x82, sum >> 16, 2);
	assert_fine(look_in(image, "/"));
	assert_error(ext_read_inode(&fs, 0, &inode), ERROR_FS_FIELD);
	image.at[at + 401] ^= 1;
	assert_error(look_in(image, "/"), ERROR_FS_CHECKSUM);
	file_free(&image);
}

/* The kinds: of the first revision, whose inodes have 128 bytes, and with a journal. */
static void old_kinds(void **state)
{
	struct file image = build_ext(0, 0);

	(void)state;
	file_put(image, EXT_SUPER + 0x4c, 0, 4);
	file_put(image, EXT_INODE_OFFSET + 128, 0x41ed, 2);
	file_put(image, EXT_INODE_OFFSET + 128 + 4, 1024, 4);
	file_put(image, EXT_INODE_OFFSET + 128 + 0x28, ROOT_BLOCK, 4);
	ext_put_record(image, ext_block_at(ROOT_BLOCK), EXT_ROOT, "name", EXT_BLOCK);
	assert_fine(look_in(image, "/"));
	assert_string_equal((char *)content, "name|");
	assert_string_equal(fs.name, "ext2");
	file_put(image, EXT_SUPER + 0x5c, 4, 4);
	assert_fine(look_in(image, "/name"));
	assert_string_equal(fs.name, "ext3");
	/* A hole in a directory. */
	file_put(image, EXT_INODE_OFFSET + 128 + 0x28, 0, 4);
	assert_error(look_in(image, "/"), ERROR_FS_FIELD);
	file_put(image, EXT_INODE_OFFSET + 128 + 0x28, ROOT_BLOCK, 4);
	file_put(image, EXT_INODE_OFFSET + 128 + 0x6c, 1, 4);
	memset(image.at + EXT_INODE_OFFSET + 128 + 0x28, 0, 60);
	assert_error(look_in(image, "/"), ERROR_FS_FIELD);
	file_free(&image);
	image = file_new(2047);
	assert_error(look_in(image, "/"), ERROR_FS_UNKNOWN);
	file_free(&image);
}

/* The old checksum of a group's descriptor, with 32 bytes and with 64. */
static void group_checksums(void **state)
{
	(void)state;
	for (unsigned is_64 = 0; is_64 < 2; is_64++) {
		struct file image = build_ext_tree(is_64 ? EXT_TREE_USUAL : EXT_TREE_USUAL & ~(uint32_t)EXT_INCOMPAT_64BIT, EXT_RO_GDT_CSUM);
		uint8_t *group = image.at + EXT_GROUPS;
		uint16_t sum = checksum_crc16(0xffff, span(image.at + EXT_SUPER + 0x68, 16));

		sum = checksum_crc16(checksum_crc16(sum, span("\0\0\0\0", 4)), span(group, 0x1e));
		if (is_64)
			sum = checksum_crc16(sum, span(group + 0x20, 32));
		file_put(image, EXT_GROUPS + 0x1e, sum, 2);
		assert_fine(look_in(image, "/plain"));
		image.at[EXT_GROUPS + 3] ^= 1;
		assert_error(look_in(image, "/plain"), ERROR_FS_CHECKSUM);
		file_free(&image);
	}
}

/* Where the descriptors of groups are: inode 33 and on are in other groups, whose descriptors name the same table. */
static void groups(void **state)
{
	static const struct { uint32_t incompat, ro_compat, compat, first_block, group, descriptor_block; } places[] = {
		{ EXT_TREE_USUAL, 0, 0, 1, 17, 3 },
		{ EXT_TREE_USUAL, 0, 0, 0, 17, 3 },
		{ EXT_TREE_USUAL, 0, 0, 0, 1, 2 },
		/* With meta_bg the descriptors of groups 16 to 31 are in group 16, which has a copy of the superblock or not. */
		{ EXT_TREE_USUAL | EXT_INCOMPAT_META_BG, 0, 0, 1, 17, 16 * 16 + 1 + 1 },
		{ EXT_TREE_USUAL | EXT_INCOMPAT_META_BG, EXT_RO_SPARSE_SUPER, 0, 1, 17, 16 * 16 + 1 },
		{ EXT_TREE_USUAL | EXT_INCOMPAT_META_BG, EXT_RO_SPARSE_SUPER, 0, 0, 17, 16 * 16 },
		{ EXT_TREE_USUAL | EXT_INCOMPAT_META_BG, 0, 0, 1, 1, 2 },
		{ EXT_TREE_USUAL | EXT_INCOMPAT_META_BG, 0, 0, 0, 1, 2 },
		{ EXT_TREE_USUAL | EXT_INCOMPAT_META_BG, EXT_RO_SPARSE_SUPER, EXT_COMPAT_SPARSE_SUPER2, 1, 17, 16 * 16 + 1 },
		{ EXT_TREE_USUAL | EXT_INCOMPAT_META_BG, EXT_RO_SPARSE_SUPER, EXT_COMPAT_SPARSE_SUPER2, 1, 33, 32 * 16 + 1 + 1 },
		{ EXT_TREE_USUAL | EXT_INCOMPAT_META_BG, EXT_RO_SPARSE_SUPER, EXT_COMPAT_SPARSE_SUPER2, 1, 49, 48 * 16 + 1 + 1 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct file image = build_ext_tree(places[i].incompat, places[i].ro_compat);
		struct ext_inode inode;

		file_put(image, EXT_SUPER, 4000, 4);
		file_put(image, EXT_SUPER + 0x14, places[i].first_block, 4);
		file_put(image, EXT_SUPER + 0x20, 16, 4);
		file_put(image, EXT_SUPER + 0x5c, places[i].compat, 4);
		file_put(image, EXT_SUPER + 0x24c, 32, 4);
		file_put(image, EXT_SUPER + 0x250, 48, 4);
		file_put(image, ext_block_at(places[i].descriptor_block) + places[i].group % 16 * 64 + 8, EXT_TABLE_BLOCK, 4);
		memory_disk_open(&memory, file_span(image));
		assert_fine(fs_open(&fs, &memory.disk, scratch));
		assert_fine(ext_read_inode(&fs, places[i].group * EXT_INODES + PLAIN, &inode));
		assert_int_equal(inode.size, 1500);
		file_free(&image);
	}
}

/* Of sparse_super: copies are in groups 0 and 1, and in powers of 3, 5 and 7. */
static void sparse_groups(void **state)
{
	static const struct { unsigned group; bool has; } groups_of[] = {
		{ 1, true }, { 2, false }, { 3, true }, { 25, true }, { 49, true }, { 15, false },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(groups_of) / sizeof(groups_of[0]); i++) {
		/* Descriptors of 1024 bytes: each group has its own. */
		struct file image = build_ext_tree(EXT_TREE_USUAL | EXT_INCOMPAT_META_BG, EXT_RO_SPARSE_SUPER);
		const unsigned group = groups_of[i].group;
		struct ext_inode inode;

		file_put(image, EXT_SUPER, 4000, 4);
		file_put(image, EXT_SUPER + 0x20, 16, 4);
		file_put(image, EXT_SUPER + 0xfe, 1024, 2);
		file_put(image, ext_block_at(group * 16 + 1 + groups_of[i].has) + 8, EXT_TABLE_BLOCK, 4);
		file_put(image, ext_block_at(group * 16 + 1 + groups_of[i].has) + 0x28, 0, 4);
		memory_disk_open(&memory, file_span(image));
		assert_fine(fs_open(&fs, &memory.disk, scratch));
		assert_fine(ext_read_inode(&fs, group * EXT_INODES + PLAIN, &inode));
		file_free(&image);
	}
}

/* Blocks of 64 KiB write lengths that 16 bits do not have. */
static void large_blocks(void **state)
{
	struct file image = file_new(10 * 65536);
	const uint64_t inode = 2 * 65536 + 256;

	(void)state;
	file_put(image, EXT_SUPER, 32, 4);
	file_put(image, EXT_SUPER + 4, 10, 4);
	file_put(image, EXT_SUPER + 0x18, 6, 4);
	file_put(image, EXT_SUPER + 0x20, 8192, 4);
	file_put(image, EXT_SUPER + 0x28, 32, 4);
	file_put(image, EXT_SUPER + 0x38, 0xef53, 2);
	file_put(image, EXT_SUPER + 0x4c, 1, 4);
	file_put(image, EXT_SUPER + 0x58, 256, 2);
	file_put(image, 65536 + 8, 2, 4);
	file_put(image, inode, 0x41ed, 2);
	file_put(image, inode + 4, 2 * 65536, 4);
	file_put(image, inode + 0x28, 5, 4);
	file_put(image, inode + 0x2c, 6, 4);
	ext_put_record(image, 5 * 65536, 2, "first", 0xffff);
	ext_put_record(image, 6 * 65536, 2, "second", 0);
	assert_fine(look_in(image, "/"));
	assert_string_equal((char *)content, "first|second|");
	file_free(&image);
}

int main(void)
{
	return RUN_TESTS("ext", without_checksums, with_checksums, early_holes, old_link, large_inodes, old_kinds,
			 group_checksums, groups, sparse_groups, large_blocks);
}
