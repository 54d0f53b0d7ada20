/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disks, and the entries that are found on them, for the tests. */
#ifndef LULL_TESTS_ENTRY_SCENE_H
#define LULL_TESTS_ENTRY_SCENE_H

#include "unit.h"
#include "ext_files.h"
#include "memory_disk.h"

#include <shim/disk/grub.h>

static struct memory_disk disks[4];
static struct volumes volumes;
static struct entry_list list;
static struct grub grub;
static uint8_t scratch[FS_SCRATCH];
static char pool[ENTRY_POOL_SIZE], text[ENTRY_TEXT_SIZE];

/* What is found on images that are whole disks, in a memory of some size, while one read of the first disk fails. */
static inline void find_in(const struct file *images, unsigned count, uint32_t pool_size, uint32_t text_size, uint64_t fails)
{
	struct disk *pointers[4];

	for (unsigned i = 0; i < count; i++)
		pointers[i] = memory_disk_open(&disks[i], file_span(images[i]));
	disks[0].fails = fails;
	volumes_find(&volumes, pointers, count, scratch);
	entries_find(&list, &volumes, &(struct entry_memory){ pool, pool_size, text, text_size, &grub });
}

static inline void find(const struct file *images, unsigned count)
{
	find_in(images, count, ENTRY_POOL_SIZE, ENTRY_TEXT_SIZE, UINT64_MAX);
}

/* The entry with an id, of the only list there is. */
static inline const struct entry *entry_of(const char *id)
{
	for (uint32_t i = 0; i < list.count; i++)
		if (strcmp(list.entry[i].id, id) == 0)
			return &list.entry[i];
	fail_msg("no entry %s", id);
	return NULL;
}

/* All ids in their order, each with a blank behind it. */
static inline const char *all_ids(void)
{
	static char ids[ENTRIES_MOST * 64];

	ids[0] = '\0';
	for (uint32_t i = 0; i < list.count; i++)
		strcat(strcat(ids, list.entry[i].id), " ");
	return ids;
}

static inline bool has_note(const char *file, enum error_code code)
{
	for (uint32_t i = 0; i < list.note_count; i++)
		if (strcmp(list.note[i].file, file) == 0 && list.note[i].error.code == code)
			return true;
	return false;
}

#endif
