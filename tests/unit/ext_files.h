/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An ext file system that is filled by paths, for the tests of what is found in one. */
#ifndef LULL_TESTS_EXT_FILES_H
#define LULL_TESTS_EXT_FILES_H

#include "ext_builder.h"

enum { EXT_FILES_INODES = 144 };

struct ext_files {
	struct file image;
	unsigned inodes;
	unsigned block;
	/* Of each directory: its block, and the bytes of it that have names. */
	unsigned home[EXT_FILES_INODES + 1];
	unsigned used[EXT_FILES_INODES + 1];
};

static inline void ext_files_make_directory(struct ext_files *files, unsigned inode)
{
	files->home[inode] = files->block++;
	files->used[inode] = 0;
	ext_put_file(files->image, inode, 0x41ed, EXT_BLOCK, files->home[inode], 1);
	file_put(files->image, ext_block_at(files->home[inode]) + 4, EXT_BLOCK, 2);
}

static inline struct ext_files ext_files_new(const char *uuid, const char *label)
{
	struct ext_files files = { .image = build_ext(EXT_INCOMPAT_EXTENTS, 0), .inodes = 11, .block = EXT_DATA };

	file_put(files.image, EXT_SUPER, EXT_FILES_INODES, 4);
	file_put(files.image, EXT_SUPER + 0x28, EXT_FILES_INODES, 4);
	memset(files.image.at + EXT_SUPER + 0x68, uuid[0], 16);
	memset(files.image.at + EXT_SUPER + 0x78, 0, 16);
	memcpy(files.image.at + EXT_SUPER + 0x78, label, strlen(label));
	ext_files_make_directory(&files, EXT_ROOT);
	return files;
}

/* Finds a name in a directory's block, or adds it with a new inode. */
static inline unsigned ext_files_name(struct ext_files *files, unsigned directory, const char *name, unsigned length, bool *is_new)
{
	const uint64_t begin = ext_block_at(files->home[directory]);
	const unsigned size = 8 + ((length + 3) & ~3u);
	uint64_t at = begin;

	for (; at < begin + files->used[directory]; at += span_number(file_span(files->image), at + 4, 2))
		if (files->image.at[at + 6] == length && memcmp(files->image.at + at + 8, name, length) == 0)
			return (unsigned)span_number(file_span(files->image), at, 4);
	*is_new = true;
	files->inodes++;
	file_put(files->image, at, files->inodes, 4);
	file_put(files->image, at + 4, size, 2);
	file_put(files->image, at + 6, length, 1);
	memcpy(files->image.at + at + 8, name, length);
	files->used[directory] += size;
	file_put(files->image, at + size + 4, EXT_BLOCK - files->used[directory], 2);
	return files->inodes;
}

/* Adds a file of these bytes, with the directories on the way.  A size of 0 and no bytes: a directory. */
static inline void ext_files_add(struct ext_files *files, const char *path, const void *bytes, size_t size)
{
	unsigned directory = EXT_ROOT;

	for (;;) {
		const char *end = strchr(path, '/');
		const unsigned length = (unsigned)(end != NULL ? (size_t)(end - path) : strlen(path));
		bool is_new = false;
		const unsigned inode = ext_files_name(files, directory, path, length, &is_new);

		if (end == NULL && bytes != NULL) {
			const unsigned blocks = (unsigned)(size + EXT_BLOCK - 1) / EXT_BLOCK;

			ext_put_file(files->image, inode, 0x81a4, size, files->block, blocks);
			memcpy(files->image.at + ext_block_at(files->block), bytes, size);
			files->block += blocks;
			return;
		}
		if (is_new)
			ext_files_make_directory(files, inode);
		if (end == NULL)
			return;
		directory = inode;
		path = end + 1;
	}
}

static inline void ext_files_text(struct ext_files *files, const char *path, const char *text)
{
	ext_files_add(files, path, text, strlen(text));
}

#endif
