/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An ext file system with one of each kind of file, for the tests and the fuzzers. */
#ifndef LULL_TESTS_EXT_TREE_H
#define LULL_TESTS_EXT_TREE_H

#include "ext_builder.h"

enum {
	/* Inodes, and the blocks of what is in them. */
	PLAIN = 12, TREE, POINTERS, INLINE, INLINE_DIRECTORY, SHORT_LINK, LONG_LINK, DEVICE, SECRET, BIG, LARGE_DIRECTORY,
	ROOT_BLOCK = EXT_DATA, PLAIN_BLOCK = 50, LEAF_BLOCK = 60, INDEX_BLOCK, LINK_BLOCK, LEAF_DATA = 70, POINTER_BLOCK = 90,
	DOUBLE_BLOCK, TRIPLE_BLOCK, POINTER_DATA = 100, INDEX_ROOT_BLOCK = 120, INDEX_NODE_BLOCK, INDEX_LEAF_BLOCK,
};

#define EXT_TREE_SUMS (EXT_RO_METADATA_CSUM)
#define EXT_TREE_USUAL    (EXT_INCOMPAT_FILETYPE | EXT_INCOMPAT_EXTENTS | EXT_INCOMPAT_64BIT)

static inline void ext_put_root(struct file image)
{
	static const char *const names[] = { "plain", "tree", "pointers", "inline", "inlines", "short", "long", "device", "secret",
					     "big", "large" };
	uint64_t at = ext_block_at(ROOT_BLOCK);

	ext_put_file(image, EXT_ROOT, 0x41ed, EXT_BLOCK, ROOT_BLOCK, 1);
	at = ext_put_record(image, at, EXT_ROOT, ".", 12);
	at = ext_put_record(image, at, EXT_ROOT, "..", 12);
	/* A name that was removed, and a record without a name. */
	at = ext_put_record(image, at, 0, "removed", 16);
	at = ext_put_record(image, at, PLAIN, "", 8);
	for (unsigned i = 0; i < 11; i++)
		at = ext_put_record(image, at, PLAIN + i, names[i], 16);
	file_put(image, at - 16 + 4, ext_block_at(ROOT_BLOCK + 1) - 12 - (at - 16), 2);
	ext_put_tail(image, ROOT_BLOCK);
}

/* A tree of two levels: blocks 0 and 1, a hole, block 10 without content, 12, 13 and 18. */
static inline void ext_put_tree(struct file image)
{
	const uint64_t root = ext_inode_at(TREE) + 0x28, leaf = ext_block_at(LEAF_BLOCK);

	ext_put_inode(image, TREE, 0x81a4, 20 * EXT_BLOCK, EXT_INODE_EXTENTS);
	ext_put_node(image, root, 1, 4, 2);
	ext_put_index(image, root, 0, 0, INDEX_BLOCK);
	ext_put_node(image, ext_block_at(INDEX_BLOCK), 2, 84, 1);
	ext_put_index(image, ext_block_at(INDEX_BLOCK), 0, 0, LEAF_BLOCK);
	ext_put_index(image, ext_block_at(INDEX_BLOCK), 1, 16, LEAF_BLOCK);
	ext_put_node(image, leaf, 4, 84, 0);
	ext_put_extent(image, leaf, 0, 0, 2, LEAF_DATA);
	ext_put_extent(image, leaf, 1, 10, 32768 + 1, LEAF_DATA + 2);
	ext_put_extent(image, leaf, 2, 12, 2, LEAF_DATA + 3);
	ext_put_extent(image, leaf, 3, 18, 1, LEAF_DATA);
	memset(image.at + ext_block_at(LEAF_DATA), 't', 5 * EXT_BLOCK);
}

/* A file of the old kind: a block in each part of its pointers, and nothing between. */
static inline void ext_put_pointers(struct file image)
{
	const uint64_t slots = ext_inode_at(POINTERS) + 0x28;

	ext_put_inode(image, POINTERS, 0x81a4, UINT64_C(70000) * EXT_BLOCK, 0);
	file_put(image, slots + 4 * 2, POINTER_DATA, 4);
	file_put(image, slots + 4 * 3, POINTER_DATA + 1, 4);
	file_put(image, slots + 4 * 12, POINTER_BLOCK, 4);
	file_put(image, ext_block_at(POINTER_BLOCK) + 4 * 5, POINTER_DATA + 2, 4);
	file_put(image, slots + 4 * 13, DOUBLE_BLOCK, 4);
	file_put(image, ext_block_at(DOUBLE_BLOCK) + 4 * 1, POINTER_BLOCK, 4);
	file_put(image, slots + 4 * 14, TRIPLE_BLOCK, 4);
	file_put(image, ext_block_at(TRIPLE_BLOCK), DOUBLE_BLOCK, 4);
	for (unsigned i = 0; i < 3; i++)
		memset(image.at + ext_block_at(POINTER_DATA + i), 'p' + (int)i, EXT_BLOCK);
}

/* An attribute with the inline content behind the first 60 bytes, with another attribute before it. */
static inline void ext_put_attribute(struct file image, unsigned number, const void *value, unsigned size)
{
	const uint64_t at = ext_inode_at(number) + 160;

	file_put(image, at, 0xea020000, 4);
	memcpy(image.at + at + 4, "\x03\x01\x60\0\0\0\0\0\x01\0\0\0\0\0\0\0abc", 19);
	memcpy(image.at + at + 24, "\x04\x07\x30\0\0\0\0\0\0\0\0\0\0\0\0\0data", 20);
	file_put(image, at + 24 + 8, size, 4);
	memcpy(image.at + at + 4 + 0x30, value, size);
}

static inline void ext_put_inline(struct file image)
{
	const uint64_t block = ext_inode_at(INLINE_DIRECTORY) + 0x28;
	struct file rest = file_new(24);

	ext_put_inode(image, INLINE, 0x81a4, 70, EXT_INODE_INLINE);
	memset(image.at + ext_inode_at(INLINE) + 0x28, 'i', 60);
	ext_put_attribute(image, INLINE, "abcdefgh", 8);
	ext_put_inode(image, INLINE_DIRECTORY, 0x41ed, 84, EXT_INODE_INLINE);
	file_put(image, block, EXT_ROOT, 4);
	ext_put_record(image, block + 4, PLAIN, "one", 56);
	ext_put_record(rest, 0, TREE, "two", 24);
	ext_put_attribute(image, INLINE_DIRECTORY, rest.at, 24);
	file_free(&rest);
}

/* A directory with an index: its root, a node, and a leaf. */
static inline void ext_put_large_directory(struct file image)
{
	const uint64_t root = ext_block_at(INDEX_ROOT_BLOCK), node = ext_block_at(INDEX_NODE_BLOCK);

	ext_put_file(image, LARGE_DIRECTORY, 0x41ed, 3 * EXT_BLOCK, INDEX_ROOT_BLOCK, 3);
	file_put(image, ext_inode_at(LARGE_DIRECTORY) + 0x20, EXT_INODE_EXTENTS | EXT_INODE_INDEX, 4);
	ext_put_record(image, root, LARGE_DIRECTORY, ".", 12);
	ext_put_record(image, root + 12, EXT_ROOT, "..", EXT_BLOCK - 12);
	file_put(image, root + 32, 123, 2);
	file_put(image, root + 34, 1, 2);
	ext_put_record(image, node, 0, "", EXT_BLOCK);
	file_put(image, node + 8, 126, 2);
	file_put(image, node + 10, 2, 2);
	ext_put_record(image, ext_block_at(INDEX_LEAF_BLOCK), PLAIN, "leaf", EXT_BLOCK - 12);
	ext_put_tail(image, INDEX_LEAF_BLOCK);
}

static inline void ext_seal_index(struct file image, unsigned block, unsigned at)
{
	static const uint8_t zero[4];
	const uint64_t start = ext_block_at(block);
	const uint64_t limit = span_u16(file_span(image), start + at), count = span_u16(file_span(image), start + at + 2);
	uint32_t sum = checksum_crc32c(ext_inode_seed(image, LARGE_DIRECTORY), span(image.at + start, at + count * 8));

	sum = checksum_crc32c(checksum_crc32c(sum, span(image.at + start + at + limit * 8, 4)), span(zero, 4));
	file_put(image, start + at + limit * 8 + 4, sum, 4);
}

static inline void ext_seal_tree(struct file image)
{
	ext_seal(image);
	ext_seal_directory(image, EXT_ROOT, ROOT_BLOCK);
	ext_seal_node(image, TREE, LEAF_BLOCK);
	ext_seal_node(image, TREE, INDEX_BLOCK);
	ext_seal_directory(image, LARGE_DIRECTORY, INDEX_LEAF_BLOCK);
	ext_seal_index(image, INDEX_ROOT_BLOCK, 32);
	ext_seal_index(image, INDEX_NODE_BLOCK, 8);
}

static inline struct file build_ext_tree(uint32_t incompat, uint32_t ro_compat)
{
	struct file image = build_ext(incompat, ro_compat);

	ext_put_root(image);
	ext_put_file(image, PLAIN, 0x81a4, 1500, PLAIN_BLOCK, 2);
	memset(image.at + ext_block_at(PLAIN_BLOCK), 'f', 1500);
	ext_put_tree(image);
	ext_put_pointers(image);
	ext_put_inline(image);
	ext_put_inode(image, SHORT_LINK, 0xa1ff, 5, 0);
	memcpy(image.at + ext_inode_at(SHORT_LINK) + 0x28, "plain", 5);
	ext_put_file(image, LONG_LINK, 0xa1ff, 100, LINK_BLOCK, 1);
	memset(image.at + ext_block_at(LINK_BLOCK), '/', 100);
	memcpy(image.at + ext_block_at(LINK_BLOCK) + 95, "short", 5);
	ext_put_inode(image, DEVICE, 0x21a4, 0, 0);
	ext_put_file(image, SECRET, 0x81a4, 10, PLAIN_BLOCK, 1);
	file_put(image, ext_inode_at(SECRET) + 0x20, EXT_INODE_EXTENTS | EXT_INODE_ENCRYPT, 4);
	ext_put_inode(image, BIG, 0x81a4, UINT64_C(1) << 50, EXT_INODE_EXTENTS);
	ext_put_node(image, ext_inode_at(BIG) + 0x28, 0, 4, 0);
	ext_put_large_directory(image);
	ext_seal_tree(image);
	return image;
}

#endif
