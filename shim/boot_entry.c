/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of one entry, from the disk to memory. */
#include <core/console.h>
#include <core/machine.h>
#include <shim/boot_search.h>
#include <shim/memory/work_memory.h>
#include <shim/payload/cmdline.h>
#include <shim/payload/initrds.h>
#include <shim/payload/uki.h>
#include <shim/say/duration.h>

#include <string.h>

/* Words of add-ons, which the payload gets. */
static char added_line[BOOT_CMDLINE_SIZE];

/* Nothing that is a kernel or an initrd is larger. */
#define FILE_MOST GIB

/* Finds the files; they lie one behind the other as Linux wants initrds. */
static struct error find_files(struct volumes *volumes, uint32_t volume, const char *const *paths, uint32_t count,
			       struct fs_node *nodes, uint64_t *size)
{
	*size = 0;
	for (uint32_t i = 0; i < count; i++) {
		TRY(volume_lookup(volumes, volume, paths[i], &nodes[i]));
		if (nodes[i].size > FILE_MOST)
			return error_make(ERROR_BOOT_FILE, paths[i], FILE_MOST, nodes[i].size);
		*size = initrd_start(*size) + nodes[i].size;
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
		const uint64_t start = initrd_start(at);

		memset((void *)at, 0, start - at);
		TRY(fs_read(&volumes->fs, &nodes[i], 0, (void *)start, nodes[i].size));
		at = start + nodes[i].size;
	}
	return error_none();
}

/* The bytes of an initrd and those of the add-ons behind it. */
static uint64_t added_size(const struct entry_addons *addons, uint64_t size)
{
	for (uint32_t i = 0; i < addons->count; i++)
		size = initrd_end(size, range_size(addons->addon[i].addon.section[ADDON_INITRD]));
	return size;
}

/* Puts the initrds of add-ons behind the UKI's own.  An add-on whose initrd cannot be read is none. */
static struct error load_added(struct search *search, const struct entry *entry, struct span own, struct range *out)
{
	struct looked *looked = search->looked;
	struct entry_addons *addons = &looked->addons;
	const uint64_t size = added_size(addons, own.size);
	uint32_t i = 0;

	*out = (struct range){ 0, 0 };
	if (size == own.size)
		return error_none();
	TRY(room_take(&search->room, size, ROOM_HIGHEST, ERROR_DISK_MEMORY, out));
	memset((void *)out->start, 0, size);
	if (own.size != 0)
		memcpy((void *)out->start, own.at, own.size);
	out->end = out->start + own.size;
	while (i < addons->count) {
		const struct range part = addons->addon[i].addon.section[ADDON_INITRD];
		const uint64_t end = initrd_end(out->end, range_size(part));
		struct error error = fs_read(&looked->volumes.fs, &addons->addon[i].node, part.start, (void *)(end - range_size(part)),
					     range_size(part));

		if (failed(error)) {
			entry_addons_drop(&looked->list, entry, i, error, addons);
			continue;
		}
		out->end = end;
		i++;
	}
	return error_none();
}

/* What goes to the kernel from add-ons, if the file is a UKI. */
static struct error add_addons(struct search *search, const struct entry *entry, struct span file, const char *line,
			       struct range *initrd)
{
	struct entry_addons *addons = &search->looked->addons;
	struct uki_form form = { .loaded = false };
	struct cmdline lines = { .line = { cmdline_of(line), span("", 0), span("", 0) } };
	struct uki uki;

	*addons = (struct entry_addons){ .count = 0 };
	/* What is wrong with it, is said by those who take it apart. */
	if (failed(cmdline_profile(&lines, &form.profile)) || failed(uki_parse_form(file, form, &uki)))
		return error_none();
	entry_addons_find(&search->looked->list, entry, form.profile, addons);
	return load_added(search, entry, uki.section[UKI_INITRD], initrd);
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

/* As of a UKI, for which shim/say/unused.c says it. */
static void say_microcode(const struct entry_addons *addons)
{
	for (uint32_t i = 0; i < addons->count; i++) {
		if (range_empty(addons->addon[i].addon.section[ADDON_UCODE]))
			continue;
		console_printf("lull: warning not used: section %s of the add-on ", addon_section_name(ADDON_UCODE));
		console_escaped(cmdline_of(addons->addon[i].file));
		console_puts("\n");
	}
}

struct error boot_entry_take(struct search *search, const struct entry *entry, const char *line)
{
	const struct entry_addons *addons = &search->looked->addons;
	struct boot_info *info = search->info;
	struct free_memory before = search->room;
	struct range file, added = { 0, 0 }, initrd = { 0, 0 };
	struct error error = load_files(search, entry->volume, &entry->kernel, 1, &file);

	if (!failed(error))
		error = add_addons(search, entry, span((const void *)file.start, range_size(file)), line, &added);
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
	memcpy(added_line, addons->line.text, addons->line.length + 1);
	info->added = (struct boot_added){ added_line, added };
	say_disk(search, entry, range_size(file) + range_size(initrd) + added_size(addons, 0));
	say_microcode(addons);
	return error_none();
}
