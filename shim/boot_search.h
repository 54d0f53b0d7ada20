/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What boot_disk.c and its helpers share: a search for a kernel on the disks, and what it has found.
 */
#ifndef LULL_SHIM_BOOT_SEARCH_H
#define LULL_SHIM_BOOT_SEARCH_H

#include <core/boot_info.h>
#include <core/disks.h>
#include <shim/disk/entry_addons.h>
#include <shim/disk/grub.h>
#include <shim/memory/free_memory.h>

/* What the search takes beside the disks' caches; nothing of it is needed afterwards. */
struct looked {
	struct volumes volumes;
	struct entry_list list;
	struct entry_addons addons;
	struct grub grub;
	uint8_t scratch[FS_SCRATCH];
	char pool[ENTRY_POOL_SIZE];
	char text[ENTRY_TEXT_SIZE];
};

struct search {
	struct boot_info *info;
	/* The loader's command line, and which disk or partition lull.disk= in it names; no bytes: any. */
	struct span words, only;
	struct machine_disks *disks;
	/* Of each disk that could not be connected, why. */
	struct error unconnected[MACHINE_MAX_DISKS];
	/* NULL until there was memory for it. */
	struct looked *looked;
	struct free_memory room;
	/* When it began, in ticks. */
	uint64_t begin;
};

/*
 * boot_entry.c.  Reads the files of an entry into free memory and makes them the modules of `info`, with a line for the kernel,
 * which is kept, and with what its add-ons have; says so.  Errors: what leads to another entry: BOOT_FILE, DISK_MEMORY, REACH, and those of the file system.
 */
struct error boot_entry_take(struct search *search, const struct entry *entry, const char *line);

/* boot_say.c.  Says what was passed over, a warning each. */
void boot_say_problems(const struct search *search);

/* The same, and which file systems have nothing to boot, as lines inside the block of an error. */
void boot_say_looked(void);

/* Sets the search that boot_say_looked() tells of.  It must stay: the block of a later error may ask. */
void boot_say_of(const struct search *search);

/* Says that a disk is not as it was found. */
void boot_say_left(const char *name, const struct error *error);

/* Lists all entries. */
void boot_say_entries(const struct entry_list *list);

#endif
