/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot_list.c: reads a list of boots, which is what `make matrix` writes for `lull timeline --list`.  Pure: bytes in, struct and
 * error out.
 *
 *	; A comment.
 *	[NAME]
 *	log = FILE            beside the list; its times are in the file that ends in .times instead of .log
 *	row = TEXT            where it stands in the grid
 *	column = TEXT
 *	label = TEXT          what tells it from others at the same place
 *	verdict = passed      passed, failed, error (nothing is known: the lab failed), ended (nobody judged)
 *	outcome = TEXT        how it ended
 *	seconds = 1.25        how long it took
 *	detail = TEXT         why it was judged so
 */
#ifndef LULL_TOOLS_BOOT_LIST_H
#define LULL_TOOLS_BOOT_LIST_H

#include <core/error.h>
#include <core/span.h>

enum boot_verdict {
	BOOT_ENDED,
	BOOT_PASSED,
	BOOT_FAILED,
	BOOT_ERROR,
};

/* The verdict's name in a list. */
extern const char *const boot_verdict_name[BOOT_ERROR + 1];

/* What is not said is empty. */
struct boot_entry {
	struct span name, log, row, column, label, outcome, detail;
	enum boot_verdict verdict;
	bool timed;
	uint64_t us;
};

struct boot_list {
	struct span text;
	uint64_t at;
	uint64_t line;
};

/*
 * The next boot of a list, which begins as { text, 0, 0 }; `*there` is false behind the last.  Errors: LIST_LINE, LIST_KEY,
 * LIST_VALUE, each with the line's number.
 */
struct error boot_list_next(struct boot_list *list, struct boot_entry *entry, bool *there);

#endif
