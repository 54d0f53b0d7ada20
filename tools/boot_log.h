/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot_log.c: reads the console log of one boot.  Pure: bytes in, struct and error out.
 *
 * A log says when its lines came in one of two ways: each line begins with the seconds since the start, a point and six digits, and a
 * space, as `ts -s %.s` of moreutils puts it; or a second file has the seconds of each line, one a line (tests/lab/arrivals.py).
 */
#ifndef LULL_TOOLS_BOOT_LOG_H
#define LULL_TOOLS_BOOT_LOG_H

#include <core/error.h>
#include <core/span.h>

/* One line of a log, without what ends it and without the time before it. */
struct log_line {
	struct span text;
	/* From 1. */
	uint32_t number;
	/* When it came, in microseconds since the start, where that is known. */
	bool timed;
	uint64_t us;
	/* The kernel's own time stamp, in microseconds, where the line has one. */
	bool stamped;
	uint64_t stamp;
};

struct log_reader {
	struct span log, times;
	uint64_t at, times_at;
	uint32_t number;
	/* Each line begins with its time. */
	bool prefixed;
};

/* Begins at the first line.  `times` is the second file, or empty; all of it is checked here.  Errors: TIMES_LINE. */
struct error log_open(struct log_reader *reader, struct span log, struct span times);

/* The next line; false behind the last. */
bool log_next(struct log_reader *reader, struct log_line *line);

/* A word of a status line: NAME=VALUE, VALUE with or without quotes around it; of a word without "=", the name is empty. */
struct log_field {
	struct span name, value;
};

/* The next word of a line from `*at` on; false behind the last. */
bool log_field(struct span line, uint64_t *at, struct log_field *field);

/* What a boot comes by, in this order. */
enum boot_mark {
	/* The first line of whatever loads lull, or the kernel. */
	MARK_LOADER,
	/* lull's four lines. */
	MARK_DOOR,
	MARK_PAYLOAD,
	MARK_RECEIPT,
	MARK_HANDOVER,
	/* The kernel's first line. */
	MARK_KERNEL,
	/* The first line of user space, or the kernel's of starting it. */
	MARK_USER,
	BOOT_MARKS
};

/* Which clock the marks' times are by. */
enum boot_clock {
	BOOT_CLOCK_NONE,
	/* When the lines came. */
	BOOT_CLOCK_ARRIVAL,
	/* lull's own count from its door on, and then the kernel's time stamps. */
	BOOT_CLOCK_OWN,
};

/* The framed block, each part without what names it. */
struct boot_error {
	/* Its line; 0: there is none. */
	uint32_t line;
	struct span number, title, expected, found, action;
};

#define BOOT_WARNINGS 16

struct boot_log {
	/* The line of a mark that was not come by has the number 0. */
	struct log_line mark[BOOT_MARKS];
	enum boot_clock clock;
	/* "GRUB", "Xen"; empty: not known. */
	const char *loader;
	struct boot_error error;
	/* The first of lull's warnings, and how many there are. */
	struct span warning[BOOT_WARNINGS];
	uint32_t warnings;
	uint32_t lines;
};

/* Reads all of a log; `times` and the errors are those of log_open(). */
struct error boot_log_read(struct span log, struct span times, struct boot_log *boot);

/* Which lines of a log are kept where not all can be: those up to `head`, and those from `tail` on. */
struct log_cut {
	uint32_t head, tail;
};

/* More bytes of a line are never kept. */
#define LOG_LINE_MAX 1000

/* What a line takes in a page at most: its text in JSON, and its time. */
uint64_t log_line_cost(struct span text);
/* What all lines of a log take. */
uint64_t log_cost(struct span log, struct span times);
/* Shares `budget` between the log's beginning and its end. */
struct log_cut log_cut(struct span log, struct span times, uint64_t budget);

#endif
