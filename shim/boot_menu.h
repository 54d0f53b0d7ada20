/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot_menu.c: lets whoever reads a console choose an entry, or change the line of its kernel.
 */
#ifndef LULL_SHIM_BOOT_MENU_H
#define LULL_SHIM_BOOT_MENU_H

#include <shim/disk/entry.h>

struct menu {
	/* With at least one entry. */
	const struct entry_list *list;
	/* The entry that is started; the caller's choice at first. */
	uint32_t chosen;
	/* How long a key is waited for. */
	uint32_t seconds;
	/* The loader's command line. */
	struct span words;
	/* Room for a line; once `is_edited`, it has that of the chosen entry. */
	char *line;
	uint64_t line_size;
	bool is_edited;
};

/* Returns once the time has passed without a key, or somebody has said which entry is to be started. */
void boot_menu(struct menu *menu);

#endif
