/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of one entry, from the disk to memory. */
#include <core/console.h>
#include <core/machine.h>
#include <shim/boot_search.h>
#include <shim/memory/work_memory.h>
#include <shim/payload/cmdline.h>
#include <shim/say/duration.h>

/* Nothing that is a kernel or an initrd is larger. */
#define FILE_MOST GIB

/* Finds the files; they lie one behind the other as Linux wants initrds, each from a multiple of 4. */
static struct error find_files(struct volumes *volumes, uint32_t volume, const char *const *paths, uint32_t count,
			       struct fs_node *nodes, uint64_t *size)
{
	*size = 0;
	for (uint32_t i = 0; i < count; i++) {
		TRY(volume_lookup(volumes, volume, paths[i], &nodes[i]));
		if (nodes[i].size > FILE_MOST)
			return error_make(ERROR_BOOT_FILE, paths[i], FILE_MOST, nodes[i].size);
		*size = round_down(*size + 3, 4) + nodes[i].size;
	}
	return error_none();
}

/* Reads files into memory that nobody uses. */
static struct error load_files(struct search *search, uint32_t volume, const char *const *paths, uint32_t count,
			       struct range *out)
{
	struct volumes *volumes = &search->looked->volumes;
	struct fs_node nodes[ENTRY_INITRDS_MOST];
	uint64_t size, at;

	TRY(find_files(volumes, volume, paths, count, nodes, &size));
	TRY(room_take(&search->room, size, ROOM_HIGHEST, ERROR_DISK_MEMORY, out));
	at = out->start;
	out->end = out->start + size;
	for (uint32_t i = 0; i < count; i++) {
		for (; at % 4 != 0; at++)
			*(uint8_t *)at = 0;
		TRY(fs_read(&volumes->fs, &nodes[i], 0, (void *)at, nodes[i].size));
		at += nodes[i].size;
	}
	return error_none();
}

/* Mebibytes with one digit behind the point. */
static void say_disk(const struct search *search, const struct entry *entry, uint64_t bytes)
{
	const struct volume *volume = &search->looked->volumes.volume[entry->volume];
	uint64_t tenths = bytes * 10 / MIB;

	console_printf("lull: disk %s %s entry=\"", volume->name, volume->fs_name);
	console_escaped(cmdline_of(entry->title));
	console_puts("\" file=");
	console_escaped(cmdline_of(entry->kernel));
	console_printf(" read=%llu.%lluMiB", (unsigned long long)tenths / 10, (unsigned long long)tenths % 10);
	say_nanoseconds(" ns=", machine_clock() - search->begin);
	console_puts("\n");
	if (volume->needs_recovery)
		console_printf("lull: warning disk %s was not unmounted: its journal is not read, so files may be old\n", volume->name);
}

struct error boot_entry_take(struct search *search, const struct entry *entry, const char *line)
{
	struct boot_info *info = search->info;
	struct free_memory before = search->room;
	struct range file, initrd = { 0, 0 };
	struct error error = load_files(search, entry->volume, &entry->kernel, 1, &file);

	if (!failed(error))
		error = load_files(search, entry->volume, entry->initrd, entry->initrd_count, &initrd);
	if (failed(error)) {
		search->room = before;
		return error;
	}
	/* lull.disk= counts more than an image in lull.elf, which would be taken first. */
	info->embedded = span(NULL, 0);
	info->module_count = range_empty(initrd) ? 1 : 2;
	info->module[0] = (struct boot_module){ file, NULL };
	info->module[1] = (struct boot_module){ initrd, NULL };
	info->cmdline = line;
	say_disk(search, entry, range_size(file) + range_size(initrd));
	return error_none();
}
