/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tools/boots.h>
#include <tools/file.h>
#include <tools/message.h>

/* A console that says more is no console. */
#define LOG_MAX_SIZE (UINT64_C(256) << 20)
#define LIST_MAX_SIZE (UINT64_C(16) << 20)

#define LOG_SUFFIX ".log"

static struct boot *another(struct boots *boots)
{
	if (boots->count == boots->room) {
		const unsigned room = boots->room ? boots->room * 2 : 16;
		struct boot *larger = reallocarray(boots->boot, room, sizeof(*larger));

		if (!larger)
			return NULL;
		boots->boot = larger;
		boots->room = room;
	}
	boots->boot[boots->count] = (struct boot){ .path = NULL };
	return &boots->boot[boots->count++];
}

/* Without the ending of a log, if it has that. */
static size_t stem_length(const char *path)
{
	const size_t length = strlen(path), suffix = strlen(LOG_SUFFIX);

	return length > suffix && strcmp(path + length - suffix, LOG_SUFFIX) == 0 ? length - suffix : length;
}

/* The name of the file with the times of a log, to be freed; NULL when there is no memory for it. */
static char *times_name(const char *path)
{
	char *name;

	return asprintf(&name, "%.*s.times", (int)stem_length(path), path) < 0 ? NULL : name;
}

/* Reads the times of a log, where there are any. */
static bool read_times(struct boot *boot)
{
	char *name = times_name(boot->path);
	bool done = true;

	if (!name)
		return false;
	if (access(name, F_OK) == 0)
		done = file_read(name, LOG_MAX_SIZE, &boot->times);
	free(name);
	return done;
}

/* Reads the log of a boot that has its path. */
static bool read_boot(struct boot *boot)
{
	struct error error;

	if (!boot->path || !file_read(boot->path, LOG_MAX_SIZE, &boot->log) || !read_times(boot))
		return false;
	error = boot_log_read(boot->log, boot->times, &boot->found);
	if (!failed(error))
		return true;
	message_framed(boot->path, &error);
	return false;
}

bool boots_add_log(struct boots *boots, const char *path)
{
	struct boot *boot = another(boots);
	const char *slash = strrchr(path, '/');

	if (!boot || !(boot->path = strdup(path))) {
		message("not enough memory for %s", path);
		return false;
	}
	slash = slash ? boot->path + (slash - path) + 1 : boot->path;
	boot->entry.name = span(slash, stem_length(slash));
	return read_boot(boot);
}

/* Adds the boot of an entry of the list at `path`. */
static bool add_entry(struct boots *boots, const char *path, const struct boot_entry *entry)
{
	const char *slash = strrchr(path, '/');
	const bool absolute = entry->log.size > 0 && entry->log.at[0] == '/';
	const int directory = slash && !absolute ? (int)(slash - path) + 1 : 0;
	struct boot *boot = another(boots);

	if (!boot || asprintf(&boot->path, "%.*s%.*s", directory, path, (int)entry->log.size,
			      (const char *)entry->log.at) < 0) {
		message("not enough memory for %s", path);
		return false;
	}
	boot->entry = *entry;
	/* A boot that never began has no log. */
	return entry->log.size == 0 || read_boot(boot);
}

bool boots_add_list(struct boots *boots, const char *path)
{
	struct boot_list list = { .at = 0 };
	struct boot_entry entry;
	struct error error;
	bool there;

	if (!file_read(path, LIST_MAX_SIZE, &boots->list))
		return false;
	list.text = boots->list;
	boots->list_path = path;
	for (;;) {
		error = boot_list_next(&list, &entry, &there);
		if (failed(error)) {
			message_framed(path, &error);
			return false;
		}
		if (!there)
			return true;
		if (!add_entry(boots, path, &entry))
			return false;
	}
}

static bool boot_reads(const struct boot *boot, const char *name)
{
	char *times = boot->path ? times_name(boot->path) : NULL;
	const bool same = boot->path && (file_same(boot->path, name) || (times && file_same(times, name)));

	free(times);
	return same;
}

bool boots_read(const struct boots *boots, const char *name)
{
	if (boots->list_path && file_same(boots->list_path, name))
		return true;
	for (unsigned i = 0; i < boots->count; i++)
		if (boot_reads(&boots->boot[i], name))
			return true;
	return false;
}

void boots_release(struct boots *boots)
{
	for (unsigned i = 0; i < boots->count; i++) {
		file_release(&boots->boot[i].log);
		file_release(&boots->boot[i].times);
		free(boots->boot[i].path);
	}
	free(boots->boot);
	file_release(&boots->list);
}
