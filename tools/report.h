/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report.c: one description, written for people (aligned lines) or for machines (JSON).
 *
 * Keys are JSON's, with underscores; people see blanks instead.  Addresses are strings in JSON ("0x100000"): many of its
 * readers lose bits of numbers above 2^53.
 */
#ifndef LULL_TOOLS_REPORT_H
#define LULL_TOOLS_REPORT_H

#include <core/error.h>
#include <tools/json.h>

struct report {
	bool as_json;
	struct json json;
	/* For people: how far lines are indented, and whether fields go on one line. */
	unsigned depth;
	bool in_row;
	/* Blanks up to the next column of a row. */
	unsigned pending;
	/* True while a list has no row. */
	bool empty;
};

/* Begins a description that is written to `out` as it comes, and ends it. */
void report_begin(struct report *report, FILE *out, bool as_json);
void report_end(struct report *report);

/* A part with fields of its own. */
void report_open(struct report *report, const char *key);
void report_close(struct report *report);

/* A list of rows.  People see a row as one line. */
void report_list(struct report *report, const char *key);
void report_list_end(struct report *report);
void report_row(struct report *report);
void report_row_end(struct report *report);

/* Fields.  Text that comes from a file may hold any byte; people see what cannot be printed as '?'. */
void report_text(struct report *report, const char *key, const char *text);
void report_span(struct report *report, const char *key, struct span text);
void report_number(struct report *report, const char *key, uint64_t value);
/* Bytes; people see large ones in KiB, MiB or GiB. */
void report_size(struct report *report, const char *key, uint64_t bytes);
void report_address(struct report *report, const char *key, uint64_t value);
void report_flag(struct report *report, const char *key, bool value);

/* An error with its sentences, as a part of its own. */
void report_error(struct report *report, const char *key, const struct error *error);

#endif
