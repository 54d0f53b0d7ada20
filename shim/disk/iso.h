/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * iso.c, iso_directory.c, iso_rock.c: ISO 9660 (ECMA-119), with the names, links and kinds of Rock Ridge (IEEE P1282, its fields as
 * IEEE P1281, SUSP, has them), or the names of Joliet.  All that it has in both byte orders is read in the little-endian one.
 *
 * A node's id is where a record of a directory is on the disk that names it, or that it has of itself.
 */
#ifndef LULL_SHIM_DISK_ISO_H
#define LULL_SHIM_DISK_ISO_H

#include <shim/disk/fs.h>

enum {
	ISO_SECTOR = 2048,

	ISO_RECORD_EXTENT = 2,
	ISO_RECORD_SIZE = 10,
	ISO_RECORD_FLAGS = 25,
	ISO_RECORD_NAME_LENGTH = 32,
	ISO_RECORD_NAME = 33,
	ISO_RECORD_LEAST = 34,
	ISO_RECORD_MOST = 255,

	ISO_FLAG_DIRECTORY = 0x02,
	ISO_FLAG_ASSOCIATED = 0x04,
	/* The next record has more of the same file. */
	ISO_FLAG_GOES_ON = 0x80,
};

/* A record of a directory, in memory. */
struct iso_record {
	uint64_t at;
	struct span span;
	uint8_t bytes[ISO_RECORD_MOST];
};

/* What the fields of Rock Ridge say, behind the name of a record. */
struct iso_rock {
	/* Where the name and the target of a link go to; NULL: nowhere.  A link has FS_PATH_MOST bytes. */
	struct fs_entry *name;
	uint8_t *link;
	uint32_t link_size;
	/* What stands before the next part of a link: nothing, or a slash. */
	bool link_wants_slash;
	uint32_t mode;
	/* A directory that lies elsewhere, because it would be too deep: its block; 0: none. */
	uint32_t child;
	/* It is such a directory, where it lies. */
	bool is_moved;
	bool is_compressed;
};

/* Reads the directory record at a byte of the disk.  It has no bytes where its sector holds no more records. */
struct error iso_read_record(struct fs *fs, uint64_t at, struct iso_record *out);

/* The one run of bytes that a record's file has; disk_read() says whether it is on the disk.  Errors: FS_FIELD (gaps). */
struct error iso_extent(const struct fs *fs, const struct iso_record *record, struct fs_run *out);

/* iso_directory.c: `next` of struct fs_operations. */
struct error iso_next(struct fs *fs, const struct fs_node *directory, uint64_t *position, struct fs_entry *out);

/* iso_rock.c: reads Rock Ridge's fields, `skip` bytes behind a record's name (SUSP's field "SP" says how many). */
struct error iso_read_rock(struct fs *fs, const struct iso_record *record, uint32_t skip, struct iso_rock *out);

#endif
