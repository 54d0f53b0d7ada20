/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmdline.c: command lines, in words as Linux cuts them (lib/cmdline.c, next_arg()).  Blanks separate words: those of
 * Linux's isspace(), which are tab to carriage return, space, and 0xa0.  Blanks between double quotes belong to the
 * word, wherever in it the quotes stand, and no other byte has a meaning.  A word "--" ends the kernel's words: what
 * stands behind it is init's (kernel/params.c, parse_args()), and never lull's.
 */
#ifndef LULL_SHIM_PAYLOAD_CMDLINE_H
#define LULL_SHIM_PAYLOAD_CMDLINE_H

#include <core/error.h>
#include <core/span.h>

struct cmdline_word {
	/* All its bytes, quotes included; a part of the line. */
	struct span whole;
	/* What stands before the first "=", or all; without the quotes that next_arg() takes off. */
	struct span name;
	/* What stands behind it, without the quotes that next_arg() takes off; empty without "=". */
	struct span value;
	bool has_value;
};

/* Takes the next word off a line; false when only blanks are left, or "--" and what is behind it. */
bool cmdline_next(struct span *line, struct cmdline_word *word);

/*
 * Finds the last word whose name is `name`, one of lull's own such as "lull.disk", and gives its value: no bytes without a "=".
 * False when there is none.
 */
bool cmdline_find_own(struct span line, const char *name, struct span *value);

/* True when two names are one to Linux, for which "-" and "_" are the same in names (kernel/params.c, parameqn()). */
bool cmdline_same_name(struct span name, struct span other);

/* Where a command line can come from; the first counts most. */
enum cmdline_source {
	/* What the loader gave lull. */
	CMDLINE_LOADER,
	/* What the loader gave module 0, when that holds the kernel. */
	CMDLINE_MODULE,
	/* The section .cmdline of the UKI. */
	CMDLINE_PACKED,
	CMDLINE_SOURCES
};

/* The lines that somebody passed for the kernel. */
struct cmdline {
	/* Without bytes where there is none. */
	struct span line[CMDLINE_SOURCES];
	/* Whose line the kernel gets. */
	enum cmdline_source chosen;
	/* Whose line it gets behind that, one blank between them; CMDLINE_SOURCES for none. */
	enum cmdline_source appended;
	/* What add-ons of the UKI have, which stands behind all, whoever's line it is. */
	struct span added;
};

/*
 * The number that lull.profile= has on the loader's line, else on the module's; 0 without the word.  The packed line is not asked: it
 * may be the profile's own.  Errors: CMDLINE_PROFILE (no number below 1000).
 */
struct error cmdline_profile(const struct cmdline *lines, uint32_t *profile);

/* The bytes of a string before its terminator; none for NULL. */
struct span cmdline_of(const char *text);

/* The bytes of a section before its first NUL: it may be padded with them, or have none at all. */
struct span cmdline_before_nul(struct span section);

/*
 * Fills in `chosen` and `appended`, and cuts the packed line at its first NUL: a section may be padded with them.  A line
 * counts when it holds a word which is not lull's.  As lull.cmdline= says, on whichever line (the earliest counts most):
 *   loader   the first line that counts, else the packed one; so too where nobody says,
 *   packed   the packed line,
 *   append   the packed line, and behind it the first of the others that counts.  The word lull.append says the same.
 *   replace  as loader.  It differs where an entry on a disk is started: its options are dropped, and the loader's line
 *            stands alone, which else stands behind them (entry_line()).
 * Errors: CMDLINE_CHOICE (another value).
 */
struct error cmdline_choose(struct cmdline *lines);

/* The line that the kernel gets, or that the other is appended to, lull's own words still in it. */
struct span cmdline_chosen(const struct cmdline *lines);

/* True when a line was passed, has a word in it, and is not used: a word that neither the kernel nor lull gets. */
bool cmdline_is_unused(const struct cmdline *lines, enum cmdline_source source);

/*
 * Writes the line that the kernel gets: the chosen line, and behind one blank each the appended one and the added, if any.  Each is
 * filtered as cmdline_filter() does it, with the same limits and errors.
 */
struct error cmdline_write(const struct cmdline *lines, uint64_t limit, const char *taker, char *out, uint64_t size);

/*
 * Writes a line to `out` without lull's own words, each with the one blank behind it (the last word of a line: with the
 * one before it), and terminates it.  Every other byte stays as it is.  `limit` is the most bytes that the payload
 * takes, `taker` whose limit that is (for the error), and `size`, at least 1, the buffer's size with its terminator;
 * `length`, if not NULL, gets the bytes that are needed, without the terminator.  Nothing is ever cut: errors
 * CMDLINE_KERNEL (longer than `limit`), CMDLINE_BUFFER (longer than the buffer); `out` is then "".
 */
struct error cmdline_filter(struct span line, uint64_t limit, const char *taker, char *out, uint64_t size,
			    uint64_t *length);

/* lull's own options. */
enum lull_option {
	LULL_PROTO,
	LULL_LINUX_SITES,
	LULL_CMDLINE,
	LULL_KASLR,
	/* Texts that boot_disk.c reads: a disk's name, an entry's, how long a key is waited for, and whether all are only listed. */
	LULL_DISK,
	LULL_ENTRY,
	LULL_TIMEOUT,
	LULL_LIST,
	/* A number, which cmdline_profile() reads. */
	LULL_PROFILE,
	LULL_OPTIONS
};

/* Their values; 0 is an option that no word names. */
enum { PROTO_UNASKED, PROTO_LINUX64, PROTO_PVH, PROTO_VMLINUX, PROTO_MULTIBOOT1, PROTO_MULTIBOOT2 };
enum { CHOICE_UNASKED, CHOICE_LOADER, CHOICE_PACKED, CHOICE_APPEND, CHOICE_REPLACE };
enum { LINUX_SITES_UNASKED, LINUX_SITES_OFF, LINUX_SITES_AUTO, LINUX_SITES_SAFE };
enum { KASLR_UNASKED, KASLR_OFF, KASLR_ON };

struct lull_options {
	uint8_t value[LULL_OPTIONS];
	/* The first word that begins with "lull." and names no option, and how many such words there are. */
	struct span unknown;
	uint32_t unknown_count;
};

/*
 * Reads lull's own words, of the line that the kernel gets, of what is added to it, and of the lines before it in the list of
 * sources.  A later word counts more than an earlier one, and a line more than those behind it.
 * Errors: CMDLINE_PROTO, CMDLINE_LINUX_SITES, CMDLINE_CHOICE, CMDLINE_KASLR, each for a value that its option does not have.
 */
struct error lull_options_read(const struct cmdline *lines, struct lull_options *out);

#endif
