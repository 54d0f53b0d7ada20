/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A btrfs with one of each kind of file, for the tests and the fuzzers: nodes of 4 KiB, in two chunks. */
#ifndef LULL_TESTS_BTRFS_TREE_H
#define LULL_TESTS_BTRFS_TREE_H

#include <string.h>

#include <shim/disk/btrfs.h>
#include <shim/disk/checksum.h>

#include "builder.h"

enum {
	BTRFS_SUPER = 0x10000, BTRFS_NODE = 0x1000, BTRFS_IMAGE = 0x50000,
	/* Logical addresses: what the superblock's chunk has, and the other one. */
	BTRFS_CHUNK_LEAF = 0x100000, BTRFS_ROOT_LEAF = 0x101000, BTRFS_FILE_NODE = 0x102000, BTRFS_SUB_LEAF = 0x103000,
	BTRFS_SECOND = 0x200000, BTRFS_FILE_LEAF = BTRFS_SECOND, BTRFS_FILE_LEAF2 = 0x201000, BTRFS_DATA = 0x210000,
	BTRFS_SECOND_AT = 0x30000, BTRFS_SECOND_SIZE = 0x20000, BTRFS_SUPER_CHUNKS = BTRFS_SUPER + 0x32b,
};

static inline uint64_t btrfs_at(uint64_t logical)
{
	return logical < BTRFS_SECOND ? logical - BTRFS_CHUNK_LEAF + 0x20000 : logical - BTRFS_SECOND + BTRFS_SECOND_AT;
}

static inline void btrfs_put_key(struct file image, uint64_t at, uint64_t object, unsigned type, uint64_t offset)
{
	file_put(image, at, object, 8);
	file_put(image, at + 8, type, 1);
	file_put(image, at + 9, offset, 8);
}

static inline void btrfs_seal_at(struct file image, uint64_t at)
{
	file_put(image, at, ~checksum_crc32c(UINT32_MAX, span(image.at + at + 0x20, BTRFS_NODE - 0x20)), 4);
}

static inline void btrfs_put_node(struct file image, uint64_t logical, unsigned level)
{
	file_put(image, btrfs_at(logical) + 0x30, logical, 8);
	file_put(image, btrfs_at(logical) + 0x64, level, 1);
}

/* Where the key of an item of a leaf is. */
static inline uint64_t btrfs_item_at(uint64_t leaf, unsigned index) { return btrfs_at(leaf) + 0x65 + index * UINT64_C(25); }

/* Where its data is. */
static inline uint64_t btrfs_data_at(struct file image, uint64_t leaf, unsigned index)
{
	return btrfs_at(leaf) + 0x65 + span_u32(file_span(image), btrfs_item_at(leaf, index) + 17);
}

/* Adds an item to a leaf, behind those that are there; returns where its data is. */
static inline uint64_t btrfs_add(struct file image, uint64_t leaf, uint64_t object, unsigned type, uint64_t offset, unsigned size)
{
	const unsigned count = (unsigned)span_u32(file_span(image), btrfs_at(leaf) + 0x60);
	const uint64_t at = btrfs_item_at(leaf, count);
	const uint32_t end = count != 0 ? span_u32(file_span(image), at - 25 + 17) : BTRFS_NODE - 0x65;

	btrfs_put_key(image, at, object, type, offset);
	file_put(image, at + 17, end - size, 4);
	file_put(image, at + 21, size, 4);
	file_put(image, btrfs_at(leaf) + 0x60, count + 1, 4);
	return btrfs_at(leaf) + 0x65 + end - size;
}

static inline void btrfs_add_inode(struct file image, uint64_t leaf, uint64_t inode, unsigned mode, uint64_t size)
{
	const uint64_t at = btrfs_add(image, leaf, inode, BTRFS_INODE, 0, 160);

	file_put(image, at + 16, size, 8);
	file_put(image, at + 52, mode, 4);
}

static inline void btrfs_add_name(struct file image, uint64_t leaf, uint64_t directory, uint64_t index, const char *name,
				  uint64_t object, unsigned type)
{
	const uint64_t at = btrfs_add(image, leaf, directory, BTRFS_DIR_INDEX, index, 30 + (unsigned)strlen(name));

	btrfs_put_key(image, at, object, type, 0);
	file_put(image, at + 27, strlen(name), 2);
	memcpy(image.at + at + 30, name, strlen(name));
}

static inline void btrfs_add_extent(struct file image, uint64_t leaf, uint64_t inode, uint64_t offset, unsigned type, uint64_t disk,
				    uint64_t skip, uint64_t length)
{
	const uint64_t at = btrfs_add(image, leaf, inode, BTRFS_EXTENT_DATA, offset, 53);

	file_put(image, at + 8, length, 8);
	file_put(image, at + 20, type, 1);
	file_put(image, at + 21, disk, 8);
	file_put(image, at + 37, skip, 8);
	file_put(image, at + 45, length, 8);
}

static inline void btrfs_add_inline(struct file image, uint64_t leaf, uint64_t inode, const char *text)
{
	const uint64_t at = btrfs_add(image, leaf, inode, BTRFS_EXTENT_DATA, 0, 21 + (unsigned)strlen(text));

	memcpy(image.at + at + 21, text, strlen(text));
}

/* A chunk of `count` stripes, all of them at one place of device 1. */
static inline void btrfs_put_chunk(struct file image, uint64_t at, uint64_t size, uint64_t type, unsigned count, uint64_t offset)
{
	file_put(image, at, size, 8);
	file_put(image, at + 16, 0x800, 8);
	file_put(image, at + 24, type, 8);
	file_put(image, at + 44, count, 2);
	file_put(image, at + 46, 2, 2);
	for (unsigned i = 0; i < count; i++) {
		file_put(image, at + 48 + i * 32, 1, 8);
		file_put(image, at + 48 + i * 32 + 8, offset, 8);
	}
}

static inline void btrfs_add_root(struct file image, uint64_t tree, uint64_t logical, unsigned level)
{
	const uint64_t at = btrfs_add(image, BTRFS_ROOT_LEAF, tree, BTRFS_ROOT, 0, 439);

	file_put(image, at + 176, logical, 8);
	file_put(image, at + 238, level, 1);
}

static inline void btrfs_put_super(struct file image)
{
	const uint64_t at = BTRFS_SUPER;

	memcpy(image.at + at + 0x20, "\x12\x34\x56\x78\x9a\xbc\xde\xf0\x12\x34\x56\x78\x9a\xbc\xde\xf0", 16);
	memcpy(image.at + at + 0x40, "_BHRfS_M", 8);
	file_put(image, at + 0x50, BTRFS_ROOT_LEAF, 8);
	file_put(image, at + 0x58, BTRFS_CHUNK_LEAF, 8);
	file_put(image, at + 0x90, 4096, 4);
	file_put(image, at + 0x94, BTRFS_NODE, 4);
	file_put(image, at + 0xa0, 17 + 48 + 2 * 32, 4);
	file_put(image, at + 0xbc, 0x361, 8);
	file_put(image, at + 0xc9, 1, 8);
	memcpy(image.at + at + 0x12b, "label", 5);
	btrfs_put_key(image, BTRFS_SUPER_CHUNKS, 256, BTRFS_CHUNK, BTRFS_CHUNK_LEAF);
	btrfs_put_chunk(image, BTRFS_SUPER_CHUNKS + 17, 0x10000, 0x22, 2, 0x20000);
}

static inline void btrfs_put_files(struct file image)
{
	const uint64_t first = BTRFS_FILE_LEAF, second = BTRFS_FILE_LEAF2, node = btrfs_at(BTRFS_FILE_NODE) + 0x65;

	btrfs_put_node(image, BTRFS_FILE_NODE, 1);
	file_put(image, btrfs_at(BTRFS_FILE_NODE) + 0x60, 2, 4);
	btrfs_put_key(image, node, 256, BTRFS_INODE, 0);
	file_put(image, node + 17, first, 8);
	btrfs_put_key(image, node + 33, 257, BTRFS_EXTENT_DATA, 0);
	file_put(image, node + 33 + 17, second, 8);
	btrfs_put_node(image, first, 0);
	btrfs_add_inode(image, first, 256, 0x41ed, 0);
	btrfs_add_name(image, first, 256, 2, "file", 257, BTRFS_INODE);
	btrfs_add_name(image, first, 256, 3, "link", 258, BTRFS_INODE);
	btrfs_add_name(image, first, 256, 4, "sub", 257, BTRFS_ROOT);
	btrfs_add_name(image, first, 256, 7, "inline", 259, BTRFS_INODE);
	btrfs_add_name(image, first, 256, 8, "empty", 260, BTRFS_INODE);
	btrfs_add_name(image, first, 256, 9, "packed", 261, BTRFS_INODE);
	btrfs_add_inode(image, first, 257, 0x81a4, 6 * 4096);
	/* A block; one without content; none; no extent; the second half of one that has two blocks; and again no extent. */
	btrfs_put_node(image, second, 0);
	btrfs_add_extent(image, second, 257, 0, 1, BTRFS_DATA, 0, 4096);
	btrfs_add_extent(image, second, 257, 4096, 2, BTRFS_DATA, 0, 4096);
	btrfs_add_extent(image, second, 257, 2 * 4096, 1, 0, 0, 4096);
	btrfs_add_extent(image, second, 257, 4 * 4096, 1, BTRFS_DATA, 4096, 4096);
	btrfs_add_inode(image, second, 258, 0xa1ff, 4);
	btrfs_add_inline(image, second, 258, "file");
	btrfs_add_inode(image, second, 259, 0x81a4, 100);
	btrfs_add_inline(image, second, 259, "inline");
	btrfs_add_inode(image, second, 260, 0x81a4, UINT64_C(1) << 60);
	btrfs_add_inode(image, second, 261, 0x81a4, 10);
	btrfs_add_inline(image, second, 261, "??????");
	file_put(image, btrfs_data_at(image, second, 10) + 16, 1, 1);
	memset(image.at + btrfs_at(BTRFS_DATA), 'f', 4096);
	memset(image.at + btrfs_at(BTRFS_DATA) + 4096, 'g', 4096);
}

static inline void btrfs_seal(struct file image)
{
	static const uint64_t nodes[] = { BTRFS_CHUNK_LEAF, BTRFS_ROOT_LEAF, BTRFS_FILE_NODE, BTRFS_SUB_LEAF, BTRFS_FILE_LEAF,
					  BTRFS_FILE_LEAF2 };

	btrfs_seal_at(image, BTRFS_SUPER);
	for (unsigned i = 0; i < 6; i++)
		btrfs_seal_at(image, btrfs_at(nodes[i]));
}

static inline struct file build_btrfs_tree(void)
{
	struct file image = file_new(BTRFS_IMAGE);

	btrfs_put_super(image);
	btrfs_put_node(image, BTRFS_CHUNK_LEAF, 0);
	btrfs_put_chunk(image, btrfs_add(image, BTRFS_CHUNK_LEAF, 256, BTRFS_CHUNK, BTRFS_SECOND, 48 + 4 * 32), BTRFS_SECOND_SIZE, 1, 4,
			BTRFS_SECOND_AT);
	btrfs_put_node(image, BTRFS_ROOT_LEAF, 0);
	btrfs_add_root(image, 5, BTRFS_FILE_NODE, 1);
	/* "default", as its hash says. */
	btrfs_put_key(image, btrfs_add(image, BTRFS_ROOT_LEAF, 6, BTRFS_DIR_ITEM, 0x8dbfc2d2, 37), 5, BTRFS_ROOT, UINT64_MAX);
	btrfs_add_root(image, 257, BTRFS_SUB_LEAF, 0);
	btrfs_put_files(image);
	btrfs_put_node(image, BTRFS_SUB_LEAF, 0);
	btrfs_add_inode(image, BTRFS_SUB_LEAF, 256, 0x41ed, 0);
	btrfs_add_name(image, BTRFS_SUB_LEAF, 256, 2, "inner", 257, BTRFS_INODE);
	btrfs_add_inode(image, BTRFS_SUB_LEAF, 257, 0x81a4, 5);
	btrfs_add_inline(image, BTRFS_SUB_LEAF, 257, "inner");
	btrfs_seal(image);
	return image;
}

#endif
