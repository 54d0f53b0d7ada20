/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boots.c: the boots that a page is about: their logs in memory, and what the logs say.  boots_json.c: the same as JSON.
 *
 * Every function that can fail prints its own message.
 */
#ifndef LULL_TOOLS_BOOTS_H
#define LULL_TOOLS_BOOTS_H

#include <stdbool.h>

#include <tools/boot_list.h>
#include <tools/boot_log.h>
#include <tools/json.h>

struct boot {
	struct boot_entry entry;
	/* Where the log lies. */
	char *path;
	struct span log, times;
	struct boot_log found;
};

struct boots {
	struct boot *boot;
	unsigned count, room;
	/* The file of boots_add_list(), whose text the entries point into. */
	struct span list;
	/* Where that lies; NULL: there is none.  The caller keeps it. */
	const char *list_path;
	/* What they are called together; NULL: nothing. */
	const char *title;
};

/* Adds the boot of one log. */
bool boots_add_log(struct boots *boots, const char *path);
/* Adds the boots of a list. */
bool boots_add_list(struct boots *boots, const char *path);
/* Whether the file of this name was read for them: a log, its times or the list. */
bool boots_read(const struct boots *boots, const char *name);
/* Gives all memory back. */
void boots_release(struct boots *boots);

/* Writes all of it, with logs that are cut so that they take no more than `budget` bytes. */
void boots_json(const struct boots *boots, struct json *json, uint64_t budget);

#endif
