/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * entry_extlinux.c, extlinux_label.c: the lines of a configuration of syslinux, and the entries that its labels make.
 */
#ifndef LULL_SHIM_DISK_EXTLINUX_H
#define LULL_SHIM_DISK_EXTLINUX_H

#include <shim/disk/entry.h>

/* Files, one in the other, as deep as syslinux promises; and all that one configuration reads. */
#define EXTLINUX_DEPTH_MOST 8
#define EXTLINUX_FILES_MOST 64
/* Menus, one in the other; what is deeper belongs to the last of them. */
#define EXTLINUX_MENUS_MOST 8
#define EXTLINUX_NONE       UINT32_MAX

/* Words for a kernel, and what the last initrd= among them says, which only a boot loader reads; NULL: nothing. */
struct extlinux_words {
	const char *text;
	const char *initrd;
};

enum extlinux_kind {
	/* No line says what the label starts: it is the kernel itself. */
	EXTLINUX_LABEL_ALONE,
	EXTLINUX_LINUX,
	/* The end of the file's name says what it is. */
	EXTLINUX_BY_NAME,
	/* Labels of another file. */
	EXTLINUX_CONFIG,
	/* Something else than Linux. */
	EXTLINUX_OTHER,
	/* It leads to another menu, or cannot be chosen. */
	EXTLINUX_NOTHING,
};

struct extlinux_label {
	const char *id;
	/* The file that has it. */
	const char *file;
	const char *title;
	enum extlinux_kind kind;
	const char *kernel;
	/* Behind the kernel, and of APPEND. */
	struct extlinux_words words;
	struct extlinux_words append;
	bool has_append;
	/* What INITRD says counts more than a word initrd=. */
	const char *initrd;
	bool is_chosen;
	bool is_hidden;
};

/* What is chosen: an index in the list or EXTLINUX_NONE; or the name of a label that is no entry. */
struct extlinux_choice {
	uint32_t entry;
	const char *foreign;
};

struct extlinux_menu {
	/* Its first entry, or EXTLINUX_NONE. */
	uint32_t first;
	struct extlinux_choice chosen;
	/* It is what is chosen in the menu around it; or shown at the start. */
	bool is_chosen;
	bool is_start;
};

struct extlinux {
	struct entry_list *list;
	uint32_t volume;
	/* Of the configuration; all paths count from it, those in included files too. */
	const char *directory;
	/* Whether this is the first time that the files are gone through. */
	bool looks_for_start;
	const char *at_start, *on_timeout, *timeout, *total_timeout;
	/* The label, or the kernel, that is started by itself, and words for it; NULL: the menus say which. */
	const char *command;
	/* A label has the command's name. */
	bool is_label;
	/* What the command chooses, and the menu that is shown at the start. */
	struct extlinux_choice commanded, start;
	/* The files that are open, one in the other, and how many were. */
	uint32_t depth, files;
	const char *open[EXTLINUX_DEPTH_MOST];
	uint32_t menu_depth;
	struct extlinux_menu menu[EXTLINUX_MENUS_MOST];
	/* Of labels that have none of their own. */
	struct extlinux_words append;
	/* The label that is being read. */
	bool in_label;
	struct extlinux_label label;
};

/* entry_extlinux.c: reads a file, in the middle of another one maybe; what cannot be read has a note. */
void extlinux_run_file(struct extlinux *extlinux, const char *file);

/* extlinux_label.c: keeps a path, which counts from the configuration's directory; NULL once the pool is full. */
const char *extlinux_path(const struct extlinux *extlinux, struct span path);
/* Keeps a line of words. */
struct extlinux_words extlinux_words(struct entry_list *list, struct span line);
/* Makes an entry of the label that was read, if there is one and it starts Linux. */
void extlinux_end_label(struct extlinux *extlinux);
/* The menu that is being read. */
struct extlinux_menu *extlinux_menu(struct extlinux *extlinux);
/* Ends that menu, unless it is the outermost. */
void extlinux_end_menu(struct extlinux *extlinux);
/* Ends what is open, and marks the entry that the configuration chooses. */
void extlinux_finish(struct extlinux *extlinux);

#endif
