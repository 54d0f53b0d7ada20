/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmdline.c: the command line, in words as Linux cuts them (lib/cmdline.c, next_arg): blanks separate words, and
 * "double quotes" keep the blanks inside a word.
 */
#ifndef LULL_SHIM_PAYLOAD_CMDLINE_H
#define LULL_SHIM_PAYLOAD_CMDLINE_H

#include <core/error.h>
#include <core/span.h>

/* The bytes of a string before its terminator; none for NULL. */
struct span cmdline_of(const char *text);

/*
 * The line meant for the payload, lull's own words still in it: the door's if it holds any word that is not lull's,
 * else the module's by the same rule, else the UKI's .cmdline section up to its first NUL, if it has one.  (Blanks and
 * newlines around words go in cmdline_filter().)
 */
struct span cmdline_choose(struct span door, struct span module, struct span section);

/*
 * Writes the words of a line that do not begin with "lull." to `out`, one blank between them, and terminates it.
 * `limit` is the most bytes the payload takes and `size`, at least 1, the buffer's size with its terminator; `length`,
 * if not NULL, gets the bytes that the words need, without the terminator.  Nothing is ever cut: errors CMDLINE_KERNEL (longer than `limit`),
 * CMDLINE_BUFFER (longer than the buffer); `out` is then "".
 */
struct error cmdline_filter(struct span line, uint64_t limit, char *out, uint64_t size, uint64_t *length);

/*
 * Finds lull's option `name` ("lull." is not part of it): the last "lull.name=value" or "lull.name" of a line.  Value
 * gets what follows "=", quotes around it taken off, empty without "=".  False when the line does not have it.
 * Ask the door's line first, then payload.cmdline.
 */
bool cmdline_option(struct span line, const char *name, struct span *value);

/* True when a line has the kernel's own option `name`: as "name", or as "name=" and whatever follows. */
bool cmdline_has(struct span line, const char *name);

#endif
