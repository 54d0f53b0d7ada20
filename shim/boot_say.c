/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the search for a kernel says of what it has seen. */
#include <core/console.h>
#include <core/error_text.h>
#include <shim/boot_search.h>
#include <shim/payload/cmdline.h>

#define WARNING "lull: warning "

/* What boot_say_looked() tells of, when the boot ends. */
static const struct search *told;

static void say_error(const char *label, const char *name, const char *file, const char *what, const struct error *error)
{
	char brief[ERROR_BRIEF_SIZE];

	error_brief(brief, error);
	console_printf("%sdisk %s", label, name);
	console_escaped(cmdline_of(file));
	console_printf(" is %s: %s\n", what, brief);
}

/* A disk or a file system, maybe a file in it. */
static void say_problem(const char *label, const char *name, const char *file, const struct error *error)
{
	say_error(label, name, file, "passed over", error);
}

void boot_say_left(const char *name, const struct error *error)
{
	say_error(WARNING, name, "", "not as it was found, and the kernel may not see it", error);
}

/* A whole disk whose table could not be read has had its say. */
static bool is_news(const struct volumes *volumes, const struct volume *volume)
{
	return volume->partition.number != 0 || !failed(volumes->table_error[volume->disk]);
}

static void say_volume(const struct search *search, const char *label, uint32_t index)
{
	const struct volumes *volumes = &search->looked->volumes;
	const struct volume *volume = &volumes->volume[index];
	const struct entry_list *list = &search->looked->list;

	if (failed(volume->error) && volume->error.code != ERROR_FS_UNKNOWN && is_news(volumes, volume))
		say_problem(label, volume->name, "", &volume->error);
	for (uint32_t i = 0; i < list->note_count; i++)
		if (list->note[i].volume == index)
			say_problem(label, volume->name, list->note[i].file, &list->note[i].error);
}

static void say_disks(const struct search *search, const char *label)
{
	for (uint32_t i = 0; i < search->disks->count; i++)
		if (failed(search->unconnected[i]))
			say_problem(label, search->disks->disk[i].name, "", &search->unconnected[i]);
	if (search->disks->passed_over != 0)
		console_printf("%s%u disks are not looked at, of more than %u\n", label, search->disks->passed_over,
			       MACHINE_MAX_DISKS);
	for (uint32_t i = 0; i < search->looked->volumes.disk_count; i++)
		if (failed(search->looked->volumes.table_error[i]))
			say_problem(label, search->looked->volumes.disk[i]->name, "", &search->looked->volumes.table_error[i]);
}

/* What there was no room for. */
static void say_more(const struct looked *looked, const char *label)
{
	const uint32_t count = looked->volumes.left_out + looked->list.left_out + looked->list.notes_left_out;

	if (count != 0)
		console_printf("%s%u more file systems, entries or reasons are left out\n", label, count);
}

void boot_say_problems(const struct search *search)
{
	say_disks(search, WARNING);
	for (uint32_t i = 0; i < search->looked->volumes.count; i++)
		say_volume(search, WARNING, i);
	say_more(search->looked, WARNING);
}

void boot_say_of(const struct search *search) { told = search; }

void boot_say_looked(void)
{
	static const char label[] = "looked:   ";

	say_disks(told, label);
	for (uint32_t i = 0; i < told->looked->volumes.count; i++) {
		const struct volume *volume = &told->looked->volumes.volume[i];

		if (!failed(volume->error))
			console_printf("%sdisk %s %s\n", label, volume->name, volume->fs_name);
		else if (volume->fs_name != NULL)
			console_printf("%sdisk %s holds %s, which lull does not read\n", label, volume->name, volume->fs_name);
		else if (volume->error.code == ERROR_FS_UNKNOWN)
			console_printf("%sdisk %s holds no file system that lull reads\n", label, volume->name);
		say_volume(told, label, i);
	}
	say_more(told->looked, label);
}

void boot_say_entries(const struct entry_list *list)
{
	for (uint32_t i = 0; i < list->count; i++) {
		const struct entry *entry = &list->entry[i];

		console_printf("lull: entry %u %s %s id=\"", i, list->volumes->volume[entry->volume].name,
			       entry_source_name(entry->source));
		console_escaped(cmdline_of(entry->id));
		console_puts("\" title=\"");
		console_escaped(cmdline_of(entry->title));
		console_printf("\"%s\n", i == entries_default(list) ? " default" : "");
	}
}
