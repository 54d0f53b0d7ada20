/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * grub.c, grub_script.c, grub_test.c, grub_variable.c, grub_menu.c, grub_default.c, grub_environment.c: what grub-mkconfig
 * writes into grub.cfg, and what such files of other distributions have (GRUB manual, "Writing full configuration files directly").
 *
 * The file is gone through once, from top to bottom, with the bodies of its menu entries: what an entry would do when it is
 * chosen is what it says.  Functions are not called.  A command that is not known is named once and passed over.
 */
#ifndef LULL_SHIM_DISK_GRUB_H
#define LULL_SHIM_DISK_GRUB_H

#include <shim/disk/entry.h>

/* Of a command: more than any line of Linux has, which ends at 2047 bytes on x86 (Linux, asm/setup.h, COMMAND_LINE_SIZE). */
#define GRUB_WORDS_MOST     512
#define GRUB_COMMAND_MOST   4096
#define GRUB_VARIABLES_MOST 96
#define GRUB_FRAMES_MOST    32
#define GRUB_MENUS_MOST     32
/* One in the other. */
#define GRUB_FILES_MOST     6

/* What a configuration costs, and how much of it one may have: far more than one that is meant to be read. */
enum grub_cost {
	/* Words and variables: about as many as the largest file can have. */
	GRUB_COST_WORDS,
	GRUB_COST_FILES,
	GRUB_COST_PATHS,
	/* One is open at a time; to open another one takes longer than a path in it. */
	GRUB_COST_OPENS,
	GRUB_COSTS
};

#define GRUB_ALL_WORDS_MOST (ENTRY_TEXT_SIZE / 2)
#define GRUB_ALL_FILES_MOST 64
#define GRUB_ALL_PATHS_MOST 4096
#define GRUB_ALL_OPENS_MOST 1024

/* One command: its words, with variables put in. */
struct grub_command {
	uint32_t count;
	/* It is followed by "{". */
	bool opens;
	/* A word or a byte of it had no room. */
	bool is_cut;
	const char *word[GRUB_WORDS_MOST];
	uint32_t used;
	char bytes[GRUB_COMMAND_MOST];
};

struct grub_variable {
	const char *name;
	const char *value;
};

/* What an "if", a "{" or a loop began, until its end. */
struct grub_frame {
	enum { GRUB_IF, GRUB_ENTRY, GRUB_SUBMENU, GRUB_FUNCTION, GRUB_LOOP } kind;
	/* Whether commands around it run; and whether a branch of it ran already. */
	bool outer_runs;
	bool is_taken;
	/* The root of what is around. */
	const char *root;
};

struct grub_menu {
	/* The menu that it is in, and as which item; the first one is in none. */
	uint32_t parent;
	uint32_t index;
	uint32_t items;
	const char *title;
	const char *id;
};

struct grub {
	struct entry_list *list;
	/* The configuration's. */
	uint32_t volume;
	const char *file;
	/* The files that are open, one in the other. */
	uint32_t files;
	struct { uint32_t volume; const char *path; } open[GRUB_FILES_MOST];
	uint32_t spent[GRUB_COSTS];
	/* One of these was too much: nothing more is read. */
	bool is_spent;
	bool runs;
	/* No entry is read, as only the variables are wanted; and the command blscfg has been there. */
	bool only_variables;
	bool has_blscfg;
	uint32_t frame_count;
	struct grub_frame frame[GRUB_FRAMES_MOST];
	uint32_t variable_count;
	struct grub_variable variable[GRUB_VARIABLES_MOST];
	/* Names of functions, and of commands that were named. */
	uint32_t name_count;
	const char *name[GRUB_VARIABLES_MOST];
	/* The entry that is being read, and why it cannot be started. */
	bool in_entry;
	struct entry entry;
	struct error wrong;
	uint32_t menu;
	uint32_t menu_count;
	struct grub_menu menus[GRUB_MENUS_MOST];
	/* Of each entry of the list: its menu, and as which item of it. */
	uint32_t first;
	struct { uint32_t menu, index; } place[ENTRIES_MOST];
	struct grub_command command;
};

/* grub_script.c: takes the next command off a text; false at its end, and when the configuration has had words enough. */
bool grub_next_command(struct grub *grub, struct span *text, struct grub_command *out);

/* grub_variable.c: the value of a variable; "" where it is not set, "y" for GRUB's own feature_ variables. */
const char *grub_get(const struct grub *grub, struct span name);
/* Sets a variable, root without the parentheses around a device; one that has no room stays as it is. */
void grub_set(struct grub *grub, struct span name, struct span value);
/* Sets a variable to the device name that a volume has here. */
void grub_set_volume(struct grub *grub, struct span name, uint32_t volume);
/* Reads a block of variables that GRUB keeps ("grubenv"). */
void grub_load_env(struct grub *grub, const char *path);
/* The device and the path that a word names: "(device)/path", or a path below the root. */
struct span grub_device(const struct grub *grub, const char *word, const char **path);
/* Their file system; false when there is none that can be read. */
bool grub_resolve(const struct grub *grub, const char *word, uint32_t *volume, const char **path);

/* grub_test.c: whether a condition holds: a command and its words. */
bool grub_condition(struct grub *grub, const char *const *words, uint32_t count);
/* Looks for a file system and sets a variable to it. */
bool grub_search(struct grub *grub, const char *const *words, uint32_t count);

/* grub.c: whether the configuration may have one more of something; the first that is too many has a note. */
bool grub_spend(struct grub *grub, enum grub_cost cost);
/* The same for a path on a volume. */
bool grub_spend_path(struct grub *grub, uint32_t volume);
/* Runs a configuration, in the middle of another one maybe. */
void grub_run_file(struct grub *grub, uint32_t volume, const char *path);

/* grub.c: begins a configuration of a volume, in a directory, with the variables that GRUB has then. */
void grub_begin(struct grub *grub, struct entry_list *list, uint32_t volume, const char *directory, const char *file);
/* The directories in which GRUB's configuration may be; the list ends with NULL. */
extern const char *const grub_directories[];

/*
 * grub_environment.c: sets the variables of `list->memory.grub` to what GRUB has when it comes to the entries of the Boot Loader
 * Specification on a volume: those of the first configuration with blscfg, of this volume or of an ESP, or those of the volume's
 * grubenv.  False: there is neither, so that it is another boot loader that reads them; no variable is set then.
 */
bool grub_environment(struct entry_list *list, uint32_t volume);
/* Keeps a text with its variables' values in it; NULL once the pool is full. */
const char *grub_expand(const struct grub *grub, struct span text);

/* grub_default.c: whether a step of the way to an entry, as `default` has it, means this one of a menu: its index, title or id. */
bool grub_is_item(struct span step, uint32_t index, const char *title, const char *id);
/* grub_menu.c: begins what `menuentry` and `submenu` begin, in the menu that is read. */
void grub_begin_entry(struct grub *grub, const struct grub_command *command);
void grub_begin_menu(struct grub *grub, const struct grub_command *command);
/* Adds the entry to the list; one that cannot be started has a note, and one that is no Linux none. */
void grub_end_entry(struct grub *grub);

/* grub_default.c: marks the entry that the configuration chooses. */
void grub_mark_default(struct grub *grub);

static inline bool grub_is(const char *word, const char *text) { return __builtin_strcmp(word, text) == 0; }

#endif
