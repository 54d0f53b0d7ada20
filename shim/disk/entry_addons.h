/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * entry_addons.c: the add-ons of a UKI that lies on a disk.  As systemd-stub has it, they are in the UKI's own file system: first
 * those of /loader/addons, then those of the directory NAME.efi.extra.d beside it, each in the order of their names.
 */
#ifndef LULL_SHIM_DISK_ENTRY_ADDONS_H
#define LULL_SHIM_DISK_ENTRY_ADDONS_H

#include <shim/disk/entry.h>
#include <shim/payload/addon.h>

struct entry_addon {
	const char *file;
	struct fs_node node;
	/* In that file. */
	struct addon addon;
	/* Where its words are in the line; empty where it has none. */
	struct range words;
};

struct entry_addons {
	uint32_t count;
	struct entry_addon addon[ADDONS_MOST];
	struct addon_line line;
};

/*
 * Finds the add-ons of an entry whose kernel is a UKI; of any other there are none.  Each that is not used has a note.  Their
 * .cmdline is read; .initrd and .ucode are left where they are.
 */
void entry_addons_find(struct entry_list *list, const struct entry *entry, uint32_t profile, struct entry_addons *out);

/* Takes one of them out, as its initrd cannot be read, with its words, and notes why. */
void entry_addons_drop(struct entry_list *list, const struct entry *entry, uint32_t index, struct error error,
		       struct entry_addons *addons);

#endif
