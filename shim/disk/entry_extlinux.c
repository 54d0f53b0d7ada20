/* SPDX-License-Identifier: GPL-2.0-or-later */
/* extlinux.conf and its relatives (Syslinux wiki, "SYSLINUX", "Menu"), as Alpine, NixOS and others write them. */
#include <shim/disk/entry.h>
#include <shim/disk/letters.h>

struct extlinux {
	struct entry_list *list;
	const char *directory;
	/* The label that is started; NULL: the first, or one that says so itself. */
	const char *wanted;
	struct entry entry;
	/* What INITRD says counts more than a word initrd= of APPEND. */
	const char *appended_initrd;
};

/* Keys are the same in upper and lower case. */
static bool is_key(struct span word, const char *key)
{
	return same_folded(word, entry_span(key));
}

/* A path, which counts from the configuration's directory. */
static const char *keep_path(struct extlinux *extlinux, struct span path)
{
	const char *kept = entry_keep(extlinux->list, path);

	if (kept == NULL || kept[0] == '/')
		return kept;
	return entry_join(extlinux->list, (const char *const[]){ extlinux->directory, "/", kept, NULL });
}

/* Several initrds have commas between them. */
static void take_initrds(struct extlinux *extlinux, struct span paths)
{
	while (paths.size != 0) {
		struct span path = span(paths.at, 0);

		while (path.size < paths.size && paths.at[path.size] != ',')
			path.size++;
		if (path.size != 0)
			entry_add_initrd(&extlinux->entry, keep_path(extlinux, path));
		if (path.size < paths.size)
			path.size++;
		paths = span(paths.at + path.size, paths.size - path.size);
	}
}

/* The options, without the word that only a boot loader reads. */
static void take_append(struct extlinux *extlinux, struct span line)
{
	struct entry_list *list = extlinux->list;
	const char *options = "";
	struct span initrd = span(NULL, 0);

	while (line.size != 0 && options != NULL) {
		const struct span word = entry_next_word(&line);

		if (span_is(word, 0, "initrd=", 7)) {
			initrd = word;
			continue;
		}
		if (*options != '\0')
			options = entry_append(list, options, span(" ", 1));
		if (options != NULL)
			options = entry_append(list, options, word);
	}
	extlinux->entry.options = options;
	if (initrd.size != 0)
		extlinux->appended_initrd = entry_keep(list, span(initrd.at + 7, initrd.size - 7));
}

static void end_entry(struct extlinux *extlinux)
{
	struct entry *entry = &extlinux->entry;

	/* A label may start a menu, or the disk's own boot sector. */
	if (entry->kernel != NULL && !entry_matches("*.c32", entry->kernel)) {
		if (entry->initrd_count == 0)
			take_initrds(extlinux, entry_span(extlinux->appended_initrd));
		if (entry->title == NULL)
			entry->title = entry->id;
		entry_list_add(extlinux->list, entry);
	}
	extlinux->appended_initrd = NULL;
	*entry = (struct entry){ .source = ENTRY_EXTLINUX, .volume = entry->volume, .file = entry->file, .tries_left = -1 };
}

/* What is said of the label that was named last. */
static void take_label_line(struct extlinux *extlinux, struct span key, struct span line)
{
	struct entry *entry = &extlinux->entry;

	if (entry->id == NULL)
		return;
	if (is_key(key, "LINUX") || is_key(key, "KERNEL")) {
		entry->kernel = keep_path(extlinux, line);
	} else if (is_key(key, "INITRD")) {
		take_initrds(extlinux, line);
	} else if (is_key(key, "APPEND")) {
		take_append(extlinux, line);
	} else if (is_key(key, "MENU")) {
		key = entry_next_word(&line);
		if (is_key(key, "LABEL") && line.size != 0)
			entry->title = entry_keep(extlinux->list, line);
		else if (is_key(key, "DEFAULT"))
			entry->is_default = true;
	}
}

static void mark_default(struct extlinux *extlinux, uint32_t first)
{
	struct entry_list *list = extlinux->list;

	for (uint32_t i = first; i < list->count; i++) {
		if (extlinux->wanted == NULL || __builtin_strcmp(list->entry[i].id, extlinux->wanted) != 0)
			continue;
		for (uint32_t other = first; other < list->count; other++)
			list->entry[other].is_default = other == i;
		return;
	}
}

static void read_config(struct entry_list *list, uint32_t volume, const char *directory, const char *name)
{
	const char *file = entry_join(list, (const char *const[]){ directory, "/", name, NULL });
	struct extlinux extlinux = { .list = list, .directory = directory, .entry = { .volume = volume, .file = file } };
	const uint32_t first = list->count;
	struct span text, line;
	struct error error;
	struct fs_node node;

	if (file == NULL || !entry_lookup(list, volume, file, &node))
		return;
	error = entry_read_text(list, volume, file, &text);
	if (failed(error)) {
		entry_note(list, volume, file, error);
		return;
	}
	end_entry(&extlinux);
	while (entry_next_line(&text, &line)) {
		const struct span key = entry_next_word(&line);

		if (is_key(key, "LABEL")) {
			end_entry(&extlinux);
			extlinux.entry.id = entry_keep(list, line);
		} else if (is_key(key, "DEFAULT")) {
			extlinux.wanted = entry_keep(list, line);
		} else if (is_key(key, "TIMEOUT")) {
			entry_take_timeout(list, line, 10);
		} else {
			take_label_line(&extlinux, key, line);
		}
	}
	end_entry(&extlinux);
	mark_default(&extlinux, first);
}

void entries_find_extlinux(struct entry_list *list, uint32_t volume)
{
	static const struct { const char *directory, *name; } places[] = {
		{ "/boot/extlinux", "extlinux.conf" }, { "/extlinux", "extlinux.conf" }, { "/boot", "extlinux.conf" }, { "", "extlinux.conf" },
		{ "/boot/syslinux", "syslinux.cfg" }, { "/syslinux", "syslinux.cfg" }, { "", "syslinux.cfg" }, { "/isolinux", "isolinux.cfg" },
		{ "/boot/isolinux", "isolinux.cfg" },
	};

	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		read_config(list, volume, places[i].directory, places[i].name);
}
