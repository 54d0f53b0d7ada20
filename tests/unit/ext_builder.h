/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small ext file system, for the tests: one group of 1 KiB blocks, with a place for each thing.  Fields are then changed, and
 * ext_seal() makes the checksums right that the file system has.
 */
#ifndef LULL_TESTS_EXT_BUILDER_H
#define LULL_TESTS_EXT_BUILDER_H

#include <string.h>

#include <shim/disk/checksum.h>
#include <shim/disk/ext.h>

#include "builder.h"

enum {
	EXT_BLOCK = 1024,
	EXT_BLOCKS = 1200,
	EXT_SUPER = 1024,
	EXT_GROUPS = 2 * EXT_BLOCK,
	EXT_TABLE_BLOCK = 4,
	EXT_INODES = 32,
	EXT_DATA = 40,
	EXT_INODE_BYTES = 256,
	EXT_INODE_OFFSET = EXT_TABLE_BLOCK * EXT_BLOCK,

	EXT_ROOT = 2,
};

static inline uint64_t ext_inode_at(unsigned number) { return EXT_INODE_OFFSET + (number - 1) * UINT64_C(256); }
static inline uint64_t ext_block_at(unsigned block) { return block * (uint64_t)EXT_BLOCK; }

static inline void ext_put_inode(struct file image, unsigned number, uint16_t mode, uint64_t size, uint32_t flags)
{
	const uint64_t at = ext_inode_at(number);

	file_put(image, at, mode, 2);
	file_put(image, at + 4, size & UINT32_MAX, 4);
	file_put(image, at + 0x6c, size >> 32, 4);
	file_put(image, at + 0x20, flags, 4);
	file_put(image, at + 0x80, 32, 2);
}

/* The header of an extent node. */
static inline void ext_put_node(struct file image, uint64_t at, unsigned count, unsigned most, unsigned depth)
{
	file_put(image, at, 0xf30a, 2);
	file_put(image, at + 2, count, 2);
	file_put(image, at + 4, most, 2);
	file_put(image, at + 6, depth, 2);
}

static inline void ext_put_extent(struct file image, uint64_t node, unsigned index, uint32_t block, uint16_t length, uint64_t start)
{
	const uint64_t at = node + 12 + index * UINT64_C(12);

	file_put(image, at, block, 4);
	file_put(image, at + 4, length, 2);
	file_put(image, at + 6, start >> 32, 2);
	file_put(image, at + 8, start & UINT32_MAX, 4);
}

static inline void ext_put_index(struct file image, uint64_t node, unsigned index, uint32_t block, uint64_t child)
{
	const uint64_t at = node + 12 + index * UINT64_C(12);

	file_put(image, at, block, 4);
	file_put(image, at + 4, child & UINT32_MAX, 4);
	file_put(image, at + 8, child >> 32, 2);
}

/* An inode whose content is one extent. */
static inline void ext_put_file(struct file image, unsigned number, uint16_t mode, uint64_t size, unsigned start, unsigned blocks)
{
	ext_put_inode(image, number, mode, size, EXT_INODE_EXTENTS);
	ext_put_node(image, ext_inode_at(number) + 0x28, 1, 4, 0);
	ext_put_extent(image, ext_inode_at(number) + 0x28, 0, 0, (uint16_t)blocks, start);
}

/* A record of a directory; returns where the next one begins. */
static inline uint64_t ext_put_record(struct file image, uint64_t at, uint32_t inode, const char *name, unsigned length)
{
	file_put(image, at, inode, 4);
	file_put(image, at + 4, length, 2);
	file_put(image, at + 6, strlen(name), 1);
	memcpy(image.at + at + 8, name, strlen(name));
	return at + length;
}

/* The record at the end of a directory's block that has its checksum. */
static inline void ext_put_tail(struct file image, unsigned block)
{
	memcpy(image.at + ext_block_at(block) + EXT_BLOCK - 12, "\0\0\0\0\x0c\0\0\xde", 8);
}

static inline uint32_t ext_seed(struct file image)
{
	const uint32_t incompat = (uint32_t)span_number(file_span(image), EXT_SUPER + 0x60, 4);

	if ((incompat & EXT_INCOMPAT_CSUM_SEED) != 0)
		return (uint32_t)span_number(file_span(image), EXT_SUPER + 0x270, 4);
	return checksum_crc32c(UINT32_MAX, span(image.at + EXT_SUPER + 0x68, 16));
}

/* Of what belongs to an inode. */
static inline uint32_t ext_inode_seed(struct file image, unsigned number)
{
	const uint8_t bytes[4] = { (uint8_t)number };
	uint32_t seed = checksum_crc32c(ext_seed(image), span(bytes, 4));

	return checksum_crc32c(seed, span(image.at + ext_inode_at(number) + 0x64, 4));
}

static inline void ext_seal_inode(struct file image, unsigned number)
{
	const uint64_t at = ext_inode_at(number);
	uint32_t sum;

	file_put(image, at + 0x7c, 0, 2);
	file_put(image, at + 0x82, 0, 2);
	sum = checksum_crc32c(ext_inode_seed(image, number), span(image.at + at, EXT_INODE_BYTES));
	file_put(image, at + 0x7c, sum & 0xffff, 2);
	if (span_u16(file_span(image), at + 0x80) >= 4)
		file_put(image, at + 0x82, sum >> 16, 2);
}

static inline void ext_seal_directory(struct file image, unsigned number, unsigned block)
{
	const uint64_t at = ext_block_at(block);

	ext_put_tail(image, block);
	file_put(image, at + EXT_BLOCK - 4,
		 checksum_crc32c(ext_inode_seed(image, number), span(image.at + at, EXT_BLOCK - 12)), 4);
}

static inline void ext_seal_node(struct file image, unsigned number, unsigned block)
{
	const uint64_t at = ext_block_at(block);
	const uint64_t size = 12 + 12 * span_number(file_span(image), at + 4, 2);

	file_put(image, at + size, checksum_crc32c(ext_inode_seed(image, number), span(image.at + at, size)), 4);
}

/* The superblock, the group's descriptor and all inodes. */
static inline void ext_seal(struct file image)
{
	static const uint8_t zero[4];
	const uint64_t group = EXT_GROUPS;
	const uint64_t size = (span_number(file_span(image), EXT_SUPER + 0x60, 4) & EXT_INCOMPAT_64BIT) != 0 ? 64 : 32;

	file_put(image, group + 0x1e, 0, 2);
	file_put(image, group + 0x1e, checksum_crc32c(checksum_crc32c(ext_seed(image), span(zero, 4)),
						      span(image.at + group, size)) & 0xffff, 2);
	for (unsigned i = 1; i <= EXT_INODES; i++)
		ext_seal_inode(image, i);
	file_put(image, EXT_SUPER + 0x3fc, checksum_crc32c(UINT32_MAX, span(image.at + EXT_SUPER, 0x3fc)), 4);
}

static inline struct file build_ext(uint32_t incompat, uint32_t ro_compat)
{
	struct file image = file_new(EXT_BLOCKS * EXT_BLOCK);

	file_put(image, EXT_SUPER, EXT_INODES, 4);
	file_put(image, EXT_SUPER + 4, EXT_BLOCKS, 4);
	file_put(image, EXT_SUPER + 0x14, 1, 4);
	file_put(image, EXT_SUPER + 0x20, 8192, 4);
	file_put(image, EXT_SUPER + 0x28, EXT_INODES, 4);
	file_put(image, EXT_SUPER + 0x38, 0xef53, 2);
	file_put(image, EXT_SUPER + 0x4c, 1, 4);
	file_put(image, EXT_SUPER + 0x58, EXT_INODE_BYTES, 2);
	file_put(image, EXT_SUPER + 0x60, incompat, 4);
	file_put(image, EXT_SUPER + 0x64, ro_compat, 4);
	memcpy(image.at + EXT_SUPER + 0x68, "\x12\x34\x56\x78\x9a\xbc\xde\xf0\x12\x34\x56\x78\x9a\xbc\xde\xf0", 16);
	memcpy(image.at + EXT_SUPER + 0x78, "sixteen letters!", 16);
	file_put(image, EXT_SUPER + 0xfe, 64, 2);
	file_put(image, EXT_SUPER + 0x270, 0x5eed, 4);
	file_put(image, EXT_GROUPS + 8, EXT_TABLE_BLOCK, 4);
	return image;
}

#endif
