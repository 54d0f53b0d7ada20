/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks a path up in an image and reads what is there, for the tests of file systems. */
#ifndef LULL_TESTS_FS_LOOK_H
#define LULL_TESTS_FS_LOOK_H

#include "unit.h"
#include "builder.h"
#include "memory_disk.h"

#include <shim/disk/fs.h>

static struct fs fs;
static uint8_t scratch[FS_SCRATCH];
static struct memory_disk memory;
/* Of a file, its first bytes; of a directory its names, each with a bar behind it. */
static uint8_t content[200000];

static inline struct error list(const struct fs_node *node)
{
	struct fs_entry entry;
	uint64_t position = 0;

	content[0] = '\0';
	for (;;) {
		struct error error = fs_next(&fs, node, &position, &entry);

		if (failed(error) || entry.length == 0)
			return error;
		assert_int_equal(entry.length, strlen(entry.name));
		strcat(strcat((char *)content, entry.name), "|");
	}
}

/* Opens the image, looks a path up, and reads what is there, from an offset on. */
static inline struct error look_at(struct file image, uint64_t fails, const char *path, uint64_t offset)
{
	struct fs_node node;
	uint64_t size;
	struct error error;

	memory_disk_open(&memory, file_span(image));
	memory.fails = fails;
	error = fs_open(&fs, &memory.disk, scratch);
	if (!failed(error))
		error = fs_lookup(&fs, path, &node);
	if (failed(error))
		return error;
	if (node.kind == FS_DIRECTORY)
		return list(&node);
	size = node.size - offset < sizeof(content) ? node.size - offset : sizeof(content);
	return fs_read(&fs, &node, offset, content, (size_t)size);
}

static inline struct error look_in(struct file image, const char *path) { return look_at(image, UINT64_MAX, path, 0); }

/* Every read on the way to a path and its bytes fails once, and its error comes through. */
static inline void check_failing_reads(struct file image, const char *path)
{
	assert_fine(look_in(image, path));
	for (uint64_t n = 0, reads = memory.reads; n < reads; n++)
		assert_error(look_at(image, n, path, 0), ERROR_DISK_READ);
}

/* A field that is wrong, and what becomes of a path then. */
struct fs_fault {
	uint64_t at;
	uint64_t value;
	unsigned bytes;
	const char *path;
	enum error_code code;
};

/* Looks into an image that has a fault, and frees it.  Where something else comes of it, the fault's index is said. */
static inline void check_fault(struct file image, const struct fs_fault *faults, unsigned index)
{
	const struct error error = look_in(image, faults[index].path);

	file_free(&image);
	if (error.code != faults[index].code)
		print_error("fault %u\n", index);
	assert_error(error, faults[index].code);
}

/* What was read has this letter from one byte on. */
static inline void check_bytes(unsigned from, unsigned count, char wanted)
{
	for (unsigned i = from; i < from + count; i++)
		assert_int_equal(content[i], wanted);
}

#endif
