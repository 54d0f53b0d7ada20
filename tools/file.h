/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * file.c, output.c: whole files in, and files out that are there complete or not at all.
 *
 * Every function that can fail prints its own message.
 */
#ifndef LULL_TOOLS_FILE_H
#define LULL_TOOLS_FILE_H

#include <limits.h>
#include <stdbool.h>

#include <core/span.h>

/* No file that this tool knows is larger: ELF and PE images below 4 GiB. */
#define FILE_MAX_SIZE (UINT64_C(1) << 32)

/* Reads a file, or a pipe to its end, into memory; fails when it has more than `limit` bytes. */
bool file_read(const char *name, uint64_t limit, struct span *out);

/* Gives the memory of file_read() back. */
void file_release(struct span *file);

/* True when both names exist and are one file. */
bool file_same(const char *one, const char *other);

/* An output on its way: a file that has no name yet, or a temporary one where the file system wants one. */
struct output {
	int descriptor;
	char name[PATH_MAX];
	/* Empty: none. */
	char temporary[PATH_MAX];
};

/* Makes the file.  Whatever ends the tool before output_commit(), nothing of it is left. */
bool output_open(struct output *out, const char *name);

/* Writes bytes behind those written before. */
bool output_write(struct output *out, struct span bytes);

/* Gives all outputs their names, in place of files that had them before; or, where one cannot have its name, none. */
bool output_commit(struct output *const *outputs, unsigned count);

/* Gives the file up; does nothing after output_commit() or a failed output_open(). */
void output_abandon(struct output *out);

#endif
