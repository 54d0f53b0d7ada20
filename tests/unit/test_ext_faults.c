/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ext file systems that are broken, or on disks that are. */
#include "ext_tree.h"
#include "fs_look.h"

#define INODE(number, field) (EXT_INODE_OFFSET + ((number) - 1) * 256 + (field))
#define LEAF(field)          (LEAF_BLOCK * 1024 + (field))
#define ROOT(field)          (ROOT_BLOCK * 1024 + (field))

/* One bit anywhere in what a checksum covers. */
static void wrong_checksums(void **state)
{
	static const struct { uint64_t at; const char *path; } places[] = {
		{ EXT_SUPER + 0x10, "/" }, { EXT_SUPER + 0x3fc, "/" }, { EXT_GROUPS + 0x10, "/" }, { EXT_GROUPS + 0x3f, "/" },
		{ EXT_INODE_OFFSET + 256 + 8, "/" }, { EXT_INODE_OFFSET + 256 + 200, "/" }, { EXT_INODE_OFFSET + 256 + 0x83, "/" },
		{ ROOT_BLOCK * 1024 + 500, "/" }, { LEAF_BLOCK * 1024 + 40, "/tree" }, { INDEX_BLOCK * 1024 + 40, "/tree" },
		{ INDEX_ROOT_BLOCK * 1024 + 37, "/large" }, { INDEX_NODE_BLOCK * 1024 + 12, "/large" },
		{ INDEX_NODE_BLOCK * 1024 + 1020, "/large" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct file image = build_ext_tree(EXT_TREE_USUAL, EXT_TREE_SUMS);

		image.at[places[i].at] ^= 0x10;
		assert_error(look_in(image, places[i].path), ERROR_FS_CHECKSUM);
		file_free(&image);
	}
}

static void failing(void **state)
{
	static const char *const paths[] = { "/", "/plain", "/tree", "/pointers", "/inline", "/inlines", "/short", "/long", "/large" };
	struct file image = build_ext_tree(EXT_TREE_USUAL, EXT_TREE_SUMS);

	(void)state;
	for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		check_failing_reads(image, paths[i]);
	file_free(&image);
}

/* One field that is wrong in a file system without checksums. */
static const struct fs_fault fields[] = {
	{ EXT_SUPER + 0x38, 0, 2, "/", ERROR_FS_UNKNOWN },
	{ EXT_SUPER + 0x60, 0x8, 4, "/", ERROR_FS_FEATURE },
	{ EXT_SUPER + 0x18, 7, 4, "/", ERROR_FS_FIELD },
	{ EXT_SUPER + 0x58, 64, 2, "/", ERROR_FS_FIELD },
	{ EXT_SUPER + 0x58, 2048, 2, "/", ERROR_FS_FIELD },
	{ EXT_SUPER + 0x58, 384, 2, "/", ERROR_FS_FIELD },
	{ EXT_SUPER + 0xfe, 16, 2, "/", ERROR_FS_FIELD },
	{ EXT_SUPER + 0xfe, 2048, 2, "/", ERROR_FS_FIELD },
	{ EXT_SUPER + 0xfe, 96, 2, "/", ERROR_FS_FIELD },
	{ EXT_SUPER + 0x20, 0, 4, "/", ERROR_FS_FIELD },
	{ EXT_SUPER + 0x28, 0, 4, "/", ERROR_FS_FIELD },
	{ EXT_SUPER + 0x14, 2, 4, "/", ERROR_FS_FIELD },
	{ EXT_SUPER + 4, EXT_BLOCKS + 1, 4, "/", ERROR_FS_FIELD },
	{ EXT_SUPER + 0x150, 1, 4, "/", ERROR_FS_FIELD },
	{ EXT_SUPER, 1, 4, "/", ERROR_FS_FIELD },
	{ EXT_GROUPS + 8, EXT_BLOCKS, 4, "/", ERROR_FS_FIELD },
	{ EXT_GROUPS + 0x28, 1, 4, "/", ERROR_FS_FIELD },
	{ INODE(EXT_ROOT, 0), 0x81a4, 2, "/", ERROR_FS_FIELD },
	{ INODE(EXT_ROOT, 0x80), 129, 2, "/", ERROR_FS_FIELD },
	{ INODE(EXT_ROOT, 0x20), EXT_INODE_EXTENTS | EXT_INODE_ENCRYPT, 4, "/", ERROR_FS_FEATURE },
	{ INODE(EXT_ROOT, 0x28), 0, 2, "/", ERROR_FS_FIELD },
	{ INODE(EXT_ROOT, 0x28 + 2), 5, 2, "/", ERROR_FS_FIELD },
	{ INODE(EXT_ROOT, 0x28 + 2), 0, 2, "/", ERROR_FS_FIELD },
	{ INODE(EXT_ROOT, 0x28 + 6), 6, 2, "/", ERROR_FS_FIELD },
	{ INODE(EXT_ROOT, 0x28 + 20), EXT_BLOCKS, 4, "/", ERROR_FS_FIELD },
	{ INODE(PLAIN, 0x28 + 16), EXT_BLOCKS, 2, "/plain", ERROR_FS_FIELD },
	{ INODE(PLAIN, 0x28 + 20), EXT_BLOCKS - 1, 4, "/plain", ERROR_FS_FIELD },
	{ INODE(TREE, 0x28 + 16), 0, 4, "/tree", ERROR_FS_FIELD },
	{ INODE(TREE, 0x28 + 16), EXT_BLOCKS, 4, "/tree", ERROR_FS_FIELD },
	{ INODE(TREE, 0x28 + 20), 1, 2, "/tree", ERROR_FS_FIELD },
	/* A node that is its own child, and one whose header says more than fits. */
	{ INDEX_BLOCK * 1024 + 16, INDEX_BLOCK, 4, "/tree", ERROR_FS_FIELD },
	{ LEAF(2), 85, 2, "/tree", ERROR_FS_FIELD },
	{ LEAF(0), 0, 2, "/tree", ERROR_FS_FIELD },
	{ INODE(POINTERS, 0x28 + 8), EXT_BLOCKS, 4, "/pointers", ERROR_FS_FIELD },
	{ INODE(POINTERS, 0x28 + 48), EXT_BLOCKS, 4, "/pointers", ERROR_FS_FIELD },
	{ INODE(INLINE, 160), 0, 4, "/inline", ERROR_FS_FIELD },
	{ INODE(INLINE, 0x80), 128, 2, "/inline", ERROR_FS_FIELD },
	{ INODE(INLINE, 160 + 26), 300, 2, "/inline", ERROR_FS_FIELD },
	{ INODE(INLINE, 160 + 32), 200, 4, "/inline", ERROR_FS_FIELD },
	{ INODE(INLINE_DIRECTORY, 4), 59, 4, "/inlines", ERROR_FS_FIELD },
	{ INODE(INLINE_DIRECTORY, 4), 400, 4, "/inlines", ERROR_FS_FIELD },
	{ ROOT(4), 4, 2, "/", ERROR_FS_FIELD },
	{ ROOT(4), 0, 2, "/", ERROR_FS_FIELD },
	{ ROOT(4), 1028, 2, "/", ERROR_FS_FIELD },
	{ ROOT(6), 200, 1, "/", ERROR_FS_FIELD },
	{ ROOT(48), EXT_INODES + 1, 4, "/plain", ERROR_FS_FIELD },
};

static void wrong_fields(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct file image = build_ext_tree(EXT_TREE_USUAL, 0);

		file_put(image, fields[i].at, fields[i].value, fields[i].bytes);
		check_fault(image, fields, i);
	}
}

/* What only file systems with checksums ask for. */
static void wrong_fields_of_checksums(void **state)
{
	static const struct { uint64_t at; uint32_t value; unsigned bytes; const char *path; } faults[] = {
		{ LEAF(4), 1000, 2, "/tree" },
		{ ROOT(1016), 0, 4, "/" },
		{ INDEX_ROOT_BLOCK * 1024 + 32, 0, 2, "/large" },
		{ INDEX_ROOT_BLOCK * 1024 + 32, 124, 2, "/large" },
		{ INDEX_ROOT_BLOCK * 1024 + 16, 12, 2, "/large" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct file image = build_ext_tree(EXT_TREE_USUAL, EXT_TREE_SUMS);

		file_put(image, faults[i].at, faults[i].value, faults[i].bytes);
		assert_error(look_in(image, faults[i].path), ERROR_FS_FIELD);
		file_free(&image);
	}
}

/* Attributes that end, or that do not hold what is looked for: the content behind the inode's block is zeroes. */
static void no_inline_rest(void **state)
{
	static const struct { unsigned at; uint32_t value; unsigned bytes; } others[] = {
		{ 164 + 20, 0, 4 }, { 164 + 20, 5, 1 }, { 164 + 21, 6, 1 }, { 164 + 36, 'x', 1 }, { 164, 100, 1 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct file image = build_ext_tree(EXT_TREE_USUAL, 0);

		file_put(image, INODE(INLINE, others[i].at), others[i].value, others[i].bytes);
		assert_fine(look_in(image, "/inline"));
		assert_memory_equal(content + 60, "\0\0\0\0\0\0\0\0\0\0", 10);
		file_free(&image);
	}
}

/* A directory whose pointers end before it does, as its size says. */
static void beyond_pointers(void **state)
{
	struct file image = build_ext_tree(EXT_TREE_USUAL, 0);

	(void)state;
	file_put(image, INODE(POINTERS, 0x6c), 0x1000, 4);
	assert_error(look_at(image, UINT64_MAX, "/pointers", UINT64_C(1) << 36), ERROR_FS_FIELD);
	file_free(&image);
}

int main(void)
{
	return RUN_TESTS("ext_faults", wrong_checksums, failing, wrong_fields, wrong_fields_of_checksums,
			 no_inline_rest, beyond_pointers);
}
