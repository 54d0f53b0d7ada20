/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * entry.c and the files of its readers: what the file systems of a guest's disks offer to boot.
 *
 * All entries are in one list, by where they come from: UKIs and the entries of the Boot Loader Specification (UAPI.1), what
 * grub.cfg and extlinux.conf say, and kernels that merely lie in /boot.  An entry whose kernel or initrd is not there is none;
 * a note says so.
 */
#ifndef LULL_SHIM_DISK_ENTRY_H
#define LULL_SHIM_DISK_ENTRY_H

#include <shim/disk/volume.h>

enum entry_source {
	/* EFI/Linux/NAME.efi of an ESP or XBOOTLDR. */
	ENTRY_UKI,
	/* loader/entries/NAME.conf. */
	ENTRY_BLS,
	ENTRY_GRUB,
	/* extlinux.conf, and syslinux.cfg. */
	ENTRY_EXTLINUX,
	/* No configuration: /boot/vmlinuz-VERSION and its initrd. */
	ENTRY_FOUND,
	ENTRY_SOURCES
};

#define ENTRIES_MOST       128
#define ENTRY_INITRDS_MOST 8
#define ENTRY_NOTES_MOST   64
/* A machine has one, and one more in each directory of its ESP; each costs time. */
#define ENTRY_ENVIRONMENTS_MOST 32
/* Of all strings of all entries, and of one configuration. */
#define ENTRY_POOL_SIZE    (256u << 10)
#define ENTRY_TEXT_SIZE    (512u << 10)

struct grub;

struct entry {
	enum entry_source source;
	/* The file system that its paths are in; and the file that says so, in that or another one. */
	uint32_t volume;
	const char *file;
	/* What chooses it: the name of its file, or what its configuration calls it. */
	const char *id;
	const char *title;
	/* NULL where they are not said. */
	const char *version;
	const char *sort_key;
	const char *machine_id;
	/* NULL in a UKI, which is `kernel` as a whole. */
	const char *options;
	const char *kernel;
	const char *initrd[ENTRY_INITRDS_MOST];
	uint32_t initrd_count;
	/* How many starts are left of an entry that is tried, as its name says; -1: it is not. */
	int tries_left;
	/* Its configuration's own choice. */
	bool is_default;
	/* Something that is said of it had no room. */
	bool is_cut;
};

/* Something that was passed over, and why. */
struct entry_note {
	uint32_t volume;
	/* The file that it is about, or the one that names it. */
	const char *file;
	struct error error;
};

/* The caller's memory for finding entries.  The list's texts lie in `pool`; the rest is free again once the list is made. */
struct entry_memory {
	/* Of ENTRY_POOL_SIZE and ENTRY_TEXT_SIZE bytes; with less, entries without room are left out. */
	char *pool;
	uint32_t pool_size;
	char *text;
	uint32_t text_size;
	/* shim/disk/grub.h */
	struct grub *grub;
};

struct entry_list {
	struct volumes *volumes;
	uint32_t count;
	/* Entries for which there was no room. */
	uint32_t left_out;
	struct entry entry[ENTRIES_MOST];
	uint32_t note_count;
	uint32_t notes_left_out;
	struct entry_note note[ENTRY_NOTES_MOST];
	/* In seconds, as the first configuration with one says; -1: none does. */
	int timeout;
	/* The pattern of loader.conf's default, or NULL. */
	const char *wanted;
	struct entry_memory memory;
	uint32_t pool_used;
	/* Some text had no room: what comes from then on is left out, as nobody knows what is missing in it. */
	bool is_full;
	/* Configurations of GRUB that were read for their variables alone. */
	uint32_t environments;
	/* Of configurations that are being read, one behind the other where one reads another one. */
	uint32_t text_used;
};

/* Makes the list of what all volumes offer to boot.  What cannot be read has a note, what has no room is counted: no errors. */
void entries_find(struct entry_list *list, struct volumes *volumes, const struct entry_memory *memory);

/* The index of the entry that is started unless somebody chooses another one; `count` when there is none. */
uint32_t entries_default(const struct entry_list *list);

/* Takes out of the list all entries but those on the disk or the partition of this name ("xvda", "xvda2"). */
void entries_limit(struct entry_list *list, struct span disk);

/* The index of the entry that a text means: its number, or the first whose id matches the text as a pattern; `count` for none. */
uint32_t entries_named(struct entry_list *list, struct span wanted);

/* Reads a number of digits alone; false for another text, and for more than `most`. */
bool entry_number(struct span text, uint32_t most, uint32_t *out);

/*
 * Writes the line of an entry's kernel: its options, the loader's words behind them, and what goes to init at the end.  A UKI
 * has its own line, to which payload.c appends.  Where a word says lull.cmdline=replace, the loader's words stay alone.
 * Errors: CMDLINE_BUFFER (longer than `size`, which is at least 1); `out` is then "".
 */
struct error entry_line(const struct entry *entry, struct span words, char *out, uint64_t size);

/* "uki", "bls" and so on. */
const char *entry_source_name(enum entry_source source);

/* EACH() of the name of each subvolume in which a btrfs may have a system: of Ubuntu and openSUSE, of Debian, and of Fedora. */
#define ENTRY_SUBVOLUMES(EACH) EACH("@") EACH("@rootfs") EACH("root")

/* For the readers of each kind.  Each adds what one volume has. */
void entries_find_uki(struct entry_list *list, uint32_t volume);
void entries_find_bls(struct entry_list *list, uint32_t volume);
void entries_find_grub(struct entry_list *list, uint32_t volume);
void entries_find_extlinux(struct entry_list *list, uint32_t volume);
void entries_find_kernels(struct entry_list *list, uint32_t volume);

/* Copies text into the pool; NULL once it is full. */
const char *entry_keep(struct entry_list *list, struct span text);

/* The parts of a path, or of another text, one behind the other; the list ends with NULL. */
const char *entry_join(struct entry_list *list, const char *const *parts);

/*
 * Appends to a text, or begins one where it is NULL or "".  What was kept or appended last grows in place, so that the text that
 * was given must not be used any more.  NULL once the pool is full.
 */
const char *entry_append(struct entry_list *list, const char *text, struct span more);

/* The names of a directory, one after another; between two of them other volumes may be opened. */
struct entry_names {
	uint32_t volume;
	const char *path;
	struct fs_node directory;
	uint64_t position;
	uint32_t seen;
};

/* False when there is no such directory. */
bool entry_open_names(struct entry_list *list, uint32_t volume, const char *path, struct entry_names *out);

/* False at the end, and on an error, which has a note. */
bool entry_next_name(struct entry_list *list, struct entry_names *names, struct fs_entry *out);

/* Notes that `file` was passed over, and why; beyond ENTRY_NOTES_MOST it is counted only. */
void entry_note(struct entry_list *list, uint32_t volume, const char *file, struct error error);

/* Whether there is no error; one that says more than that a path is not there has a note. */
bool entry_note_unless_absent(struct entry_list *list, uint32_t volume, const char *path, struct error error);

/* Whether a path is there; where that cannot be read, a note says why. */
bool entry_lookup(struct entry_list *list, uint32_t volume, const char *path, struct fs_node *out);

/* Adds the path of an initrd to an entry; one too many cuts it. */
void entry_add_initrd(struct entry *entry, const char *path);

/* Adds an entry if it is whole, and its kernel and initrds are there and have bytes; else a note says why not.  One too many is counted. */
void entry_list_add(struct entry_list *list, const struct entry *entry);

/* Reads a configuration into `list->text`, behind what is there.  Errors: ENTRY_CONFIG (larger than that), and those of the file system. */
struct error entry_read_text(struct entry_list *list, uint32_t volume, const char *path, struct span *out);

/* Takes a line off a text, without its end and without blanks at either side; false at the end. */
bool entry_next_line(struct span *text, struct span *line);

/* Takes a word off a line, up to a blank, and the blanks behind it. */
struct span entry_next_word(struct span *line);

/*
 * Sets the list's timeout to a number in `text`, unless an earlier configuration did; `parts` of its units are one second (10 for
 * tenths).
 */
void entry_take_timeout(struct entry_list *list, struct span text, uint32_t parts);

/*
 * How many starts are left of an entry that is tried, by its file's name without the suffix: "NAME+LEFT" or "NAME+LEFT-DONE"
 * (UAPI.1, "Boot counting", of both types); -1: it is not tried.
 */
int entry_tries_left(const char *name, uint32_t length);

/* Sorts entries from an index on as the specifications say that they are shown. */
void entries_sort(struct entry_list *list, uint32_t from);

/* Whether a name is like a pattern with "*", "?" and sets in brackets, in any case of its letters. */
bool entry_matches(const char *pattern, const char *name);

static inline struct span entry_span(const char *text)
{
	return text != NULL ? span(text, __builtin_strlen(text)) : span("", 0);
}

#endif
