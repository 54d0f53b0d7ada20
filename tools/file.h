/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * file.c: whole files in.  output.h has files out.
 *
 * Every function that can fail prints its own message.
 */
#ifndef LULL_TOOLS_FILE_H
#define LULL_TOOLS_FILE_H

#include <stdbool.h>

#include <core/span.h>

/* No file that this tool knows is larger: ELF and PE images below 4 GiB. */
#define FILE_MAX_SIZE (UINT64_C(1) << 32)

/* Reads a file, or a pipe to its end, into memory; fails when it has more than `limit` bytes. */
bool file_read(const char *name, uint64_t limit, struct span *out);

/* Gives the memory of file_read() back. */
void file_release(struct span *file);

/* True when both names exist and are one regular file: a device, such as a terminal, can be read and written. */
bool file_same(const char *one, const char *other);

#endif
