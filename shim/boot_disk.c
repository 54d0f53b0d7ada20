/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <core/console.h>
#include <core/error_text.h>
#include <core/fatal.h>
#include <core/machine.h>
#include <shim/boot_disk.h>
#include <shim/boot_menu.h>
#include <shim/boot_search.h>
#include <shim/disk/cache.h>
#include <shim/memory/work_memory.h>
#include <shim/payload/cmdline.h>

#include <string.h>

/* The longest time, in seconds, that a key is waited for. */
#define TIMEOUT_MOST 86400

static struct machine_disks disks;
static struct disk_cache caches[MACHINE_MAX_DISKS];
static struct search search;
/* The line that the payload gets: the entry's, and the loader's words. */
static char boot_line[BOOT_CMDLINE_SIZE];

bool boot_disk_is_wanted(const struct boot_info *info)
{
	struct span words = cmdline_of(info->cmdline), name;

	return cmdline_find_own(words, "lull.disk", &name) || (info->module_count == 0 && info->embedded.size == 0);
}

/* Whether lull.disk= names this disk, or a partition that its name is the beginning of, or nothing. */
static bool may_be_on(const char *name)
{
	return search.only.size == 0 || span_is(search.only, 0, name, strlen(name));
}

/* Connects the disks that may be meant, each behind a cache of its own. */
static struct error connect_disks(struct disk *opened[MACHINE_MAX_DISKS], uint32_t *count)
{
	*count = 0;
	for (uint32_t i = 0; i < disks.count; i++) {
		struct machine_disk *disk = &disks.disk[i];
		struct range memory;

		if (!may_be_on(disk->name))
			continue;
		search.unconnected[i] = machine_disk_connect(disk);
		if (failed(search.unconnected[i]))
			continue;
		TRY(room_take(&search.room, CACHE_MEMORY, ROOM_LOWEST, ERROR_DISK_MEMORY, &memory));
		opened[*count] = disk_cache_open(&caches[*count], &disk->disk, (void *)memory.start);
		++*count;
	}
	return error_none();
}

/* Makes the list of entries. */
static struct error look(void)
{
	struct disk *opened[MACHINE_MAX_DISKS];
	struct looked *looked;
	struct range work;
	uint32_t count;

	/* Nothing is unpacked yet. */
	search.room = work_memory(search.info, NULL);
	TRY(connect_disks(opened, &count));
	TRY(room_take(&search.room, sizeof(*looked), ROOM_LOWEST, ERROR_DISK_MEMORY, &work));
	search.looked = looked = (struct looked *)work.start;
	memset(looked, 0, sizeof(*looked));
	volumes_find(&looked->volumes, opened, count, looked->scratch);
	entries_find(&looked->list, &looked->volumes, &(struct entry_memory){ looked->pool, sizeof(looked->pool), looked->text,
									      sizeof(looked->text), &looked->grub });
	if (search.only.size != 0)
		entries_limit(&looked->list, search.only);
	return error_none();
}

/* How long a key is waited for, as the loader says, or a configuration, unless the loader has chosen. */
static struct error read_timeout(const struct entry_list *list, bool is_chosen, uint32_t *out)
{
	struct span value;

	*out = list->timeout > 0 && !is_chosen ? (uint32_t)list->timeout : 0;
	if (!cmdline_find_own(search.words, "lull.timeout", &value) || entry_number(value, TIMEOUT_MOST, out))
		return error_none();
	return error_make(ERROR_CMDLINE_TIMEOUT, NULL, TIMEOUT_MOST, value.size);
}

/* Which entry is to be started first, as the configurations, the loader, or somebody at a console say. */
static struct error choose(struct entry_list *list, struct menu *menu)
{
	struct span wanted;
	bool is_chosen;

	menu->chosen = entries_default(list);
	if (list->count == 0)
		return error_none();
	if (cmdline_find_own(search.words, "lull.list", &wanted)) {
		boot_say_entries(list);
		return error_make(ERROR_BOOT_LISTED, NULL, 0, list->count);
	}
	is_chosen = cmdline_find_own(search.words, "lull.entry", &wanted);
	if (is_chosen)
		menu->chosen = entries_named(list, wanted);
	if (menu->chosen == list->count) {
		boot_say_entries(list);
		return error_make(ERROR_BOOT_ENTRY_NAME, NULL, list->count, 0);
	}
	TRY(read_timeout(list, is_chosen, &menu->seconds));
	if (list->count > 1 && menu->seconds != 0)
		boot_menu(menu);
	return error_none();
}

/* Starts with an entry, and goes on with the others in their order where one cannot be read. */
static struct error take_one(struct entry_list *list, const struct menu *menu)
{
	const uint32_t first = menu->chosen;

	for (uint32_t i = 0; i < list->count; i++) {
		const struct entry *entry = &list->entry[i == 0 ? first : i - (i <= first)];
		struct error error = error_none();

		if (i != 0 || !menu->is_edited)
			error = entry_line(entry, search.words, boot_line, sizeof(boot_line));
		if (!failed(error))
			error = boot_entry_take(&search, entry, boot_line);
		if (!failed(error)) {
			boot_say_problems(&search);
			return error_none();
		}
		entry_note(list, entry->volume, entry->kernel, error);
	}
	boot_say_of(&search);
	fatal_add(boot_say_looked);
	return error_make(ERROR_BOOT_ENTRY_NONE, NULL, disks.count, 0);
}

static struct error find_and_take(void)
{
	struct menu menu = { .words = search.words, .line = boot_line, .line_size = sizeof(boot_line) };

	TRY(look());
	menu.list = &search.looked->list;
	TRY(choose(&search.looked->list, &menu));
	return take_one(&search.looked->list, &menu);
}

struct error boot_disk(struct boot_info *info)
{
	struct error error = machine_disks_open(info, &disks), closed;
	bool forced;

	search = (struct search){ .info = info, .words = cmdline_of(info->cmdline), .disks = &disks, .begin = machine_clock() };
	forced = cmdline_find_own(search.words, "lull.disk", &search.only);
	if (!failed(error) && (disks.count != 0 || forced))
		error = find_and_take();
	closed = machine_disks_close(&disks);
	TRY(error);
	/* What a disk did not give back is not safe to use. */
	TRY(closed);
	for (uint32_t i = 0; i < disks.count; i++)
		if (failed(disks.left[i]))
			boot_say_left(disks.disk[i].name, &disks.left[i]);
	return error_none();
}
