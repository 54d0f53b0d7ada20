/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * line_out.c: writes a command line into a buffer, piece by piece.  Bytes that find no room are counted and not written, so that only
 * the end of the line has to be asked whether all of it is there, and an error can say how many bytes it needs.
 */
#ifndef LULL_SHIM_PAYLOAD_LINE_OUT_H
#define LULL_SHIM_PAYLOAD_LINE_OUT_H

#include <core/error.h>
#include <core/span.h>

/* A line in the making. */
struct line_out {
	char *at;
	/* The most bytes that it may have, without its terminator. */
	uint64_t room;
	/* The bytes that were there at the beginning. */
	uint64_t begin;
	/* The bytes that it needs, without its terminator. */
	uint64_t length;
};

/* Begins a line in a buffer of `size` bytes, at least 1; behind the first `length` bytes of it, which are less. */
struct line_out line_out_begin(char *at, uint64_t size, uint64_t length);

/* Adds bytes as they are. */
void line_out_put(struct line_out *line, struct span bytes);

/* Adds a blank, unless the line is empty. */
void line_out_put_blank(struct line_out *line);

/* Adds words, with a blank before them where there are others.  No bytes add nothing. */
void line_out_put_words(struct line_out *line, struct span words);

/* Terminates the line.  Errors: CMDLINE_BUFFER (no room for all of it); it is then what it was at the beginning. */
struct error line_out_end(const struct line_out *line);

#endif
