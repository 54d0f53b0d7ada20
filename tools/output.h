/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * output.c, output_commit.c: files out, which are there complete or not at all.
 *
 * Every function that can fail prints its own message.
 */
#ifndef LULL_TOOLS_OUTPUT_H
#define LULL_TOOLS_OUTPUT_H

#include <limits.h>
#include <signal.h>
#include <stdbool.h>

#include <core/span.h>

/* An output on its way: a file that has no name yet, or a temporary one where the file system wants one. */
struct output {
	int descriptor;
	/* As the user calls it; the caller keeps it. */
	const char *name;
	/* What is written is a pipe or a device, which has it at once. */
	bool is_stream;
	/* Where a file will lie: the name, or what symbolic links lead to. */
	char place[PATH_MAX];
	/* Empty: none.  In output_commit() the old file may have it. */
	char temporary[PATH_MAX];
	/* In output_commit(): the file has its place, where no other was, or where the old one was. */
	bool is_new, has_old;
};

/*
 * Makes the file.  Whatever ends the tool before output_commit(), nothing of it is left.  A symbolic link is followed; what
 * is there already must be a regular file.
 */
bool output_open(struct output *out, const char *name);

/* The same, but a pipe, a character device and standard output (/dev/stdout) are written into. */
bool output_open_any(struct output *out, const char *name);

/* Writes bytes behind those written before. */
bool output_write(struct output *out, struct span bytes);

/* Gives all outputs their names, in place of files that had them before; or, where one cannot have its name, none. */
bool output_commit(struct output *const *outputs, unsigned count);

/* Gives the file up; does nothing after output_commit() or a failed output_open(). */
void output_abandon(struct output *out);

/* The parts that output.c and output_commit.c share. */

/* Makes something under a temporary name that nobody has: names are tried until one is free.  False with errno set, and no name. */
bool output_make_temporary(struct output *out, int (*make)(struct output *out));

/* Says that an output cannot be written, and errno; false. */
bool output_say(const struct output *out);

/* A signal between a name and its place in the list of names would leave the file behind. */
void output_block_signals(sigset_t *before);
void output_unblock_signals(const sigset_t *before);

#endif
