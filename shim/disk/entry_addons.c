/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/disk/entry_addons.h>
#include <shim/payload/uki.h>

#define PLACE_OF_ALL "/loader/addons"
#define OWN_ENDING   ".extra.d"
/* The text buffer has the headers of a file (room for 96 sections, and more), a section of it, and the .uname of the UKI. */
#define HEADERS_MOST 8192
#define SECTION_MOST BOOT_CMDLINE_SIZE
#define SECTION_AT   HEADERS_MOST
#define UNAME_AT     (SECTION_AT + SECTION_MOST)
#define TEXT_TAKEN   (UNAME_AT + SECTION_MOST)

/* Reads a part of a file, or what there is room for. */
static struct error read_bytes(struct entry_list *list, const struct fs_node *node, struct range part, uint32_t at, struct span *out)
{
	const uint32_t most = at == 0 ? HEADERS_MOST : SECTION_MOST;
	const uint64_t size = range_size(part) < most ? range_size(part) : most;

	*out = span(list->memory.text + at, size);
	return fs_read(&list->volumes->fs, node, part.start, list->memory.text + at, (size_t)size);
}

static struct error read_headers(struct entry_list *list, const struct fs_node *node, struct span *out)
{
	return read_bytes(list, node, (struct range){ 0, node->size }, 0, out);
}

/* The directory of the UKI's own add-ons; NULL where there is no room for its name. */
static const char *own_place(struct entry_list *list, const char *path)
{
	const char *name = path + __builtin_strlen(path), *begin;
	struct range tries;

	while (name != path && name[-1] != '/')
		name--;
	tries = addon_tries(entry_span(name));
	begin = entry_keep(list, span(path, (uint64_t)(name - path) + tries.start));
	return begin != NULL ? entry_join(list, (const char *const[]){ begin, name + tries.end, OWN_ENDING, NULL }) : NULL;
}

/* Puts a name where it belongs among those from `from` on.  With no room left, the last one goes. */
static void insert(struct entry_list *list, uint32_t volume, const char *file, uint32_t from, struct entry_addons *out)
{
	uint32_t at = out->count;

	while (at > from && __builtin_strcmp(file, out->addon[at - 1].file) < 0)
		at--;
	if (out->count == ADDONS_MOST) {
		const char *last = at == ADDONS_MOST ? file : out->addon[ADDONS_MOST - 1].file;

		entry_note(list, volume, last, error_make(ERROR_ADDON_COUNT, NULL, ADDONS_MOST, 0));
		if (at == ADDONS_MOST)
			return;
		out->count--;
	}
	for (uint32_t i = out->count++; i > at; i--)
		out->addon[i] = out->addon[i - 1];
	out->addon[at] = (struct entry_addon){ .file = file };
}

static void list_place(struct entry_list *list, uint32_t volume, const char *place, struct entry_addons *out)
{
	const uint32_t from = out->count;
	struct entry_names names;
	struct fs_entry name;

	if (place == NULL || !entry_open_names(list, volume, place, &names))
		return;
	while (entry_next_name(list, &names, &name)) {
		const char *file;

		if (!addon_is_named(span(name.name, name.length)))
			continue;
		file = entry_join(list, (const char *const[]){ place, "/", name.name, NULL });
		if (file != NULL)
			insert(list, volume, file, from, out);
	}
}

/* Reads what is needed to know whether an add-on is used; its words go into the line. */
static struct error judge(struct entry_list *list, uint32_t volume, struct span uname, struct entry_addon *addon,
			  struct addon_line *line)
{
	const uint64_t before = line->length;
	struct span text;

	TRY(volume_lookup(list->volumes, volume, addon->file, &addon->node));
	if (addon->node.size > ADDON_FILE_MOST)
		return error_make(ERROR_BOOT_FILE, addon->file, ADDON_FILE_MOST, addon->node.size);
	TRY(read_headers(list, &addon->node, &text));
	TRY(addon_read(text, addon->node.size, false, &addon->addon));
	TRY(read_bytes(list, &addon->node, addon->addon.uname, SECTION_AT, &text));
	if (!addon_is_for(text, uname))
		return error_make(ERROR_ADDON_UNAME, NULL, 0, 0);
	TRY(read_bytes(list, &addon->node, addon->addon.section[ADDON_CMDLINE], SECTION_AT, &text));
	TRY(addon_line_add(line, text));
	if (line->length != before)
		addon->words = (struct range){ before + (before != 0), line->length };
	return error_none();
}

/* Keeps those that are used. */
static void read_all(struct entry_list *list, uint32_t volume, struct span uname, struct entry_addons *out)
{
	uint32_t used = 0;

	for (uint32_t i = 0; i < out->count; i++) {
		struct error error = judge(list, volume, uname, &out->addon[i], &out->line);

		if (failed(error))
			entry_note(list, volume, out->addon[i].file, error);
		else
			out->addon[used++] = out->addon[i];
	}
	out->count = used;
}

void entry_addons_find(struct entry_list *list, const struct entry *entry, uint32_t profile, struct entry_addons *out)
{
	struct fs_node kernel;
	struct span headers, uname;
	struct range where;

	*out = (struct entry_addons){ .count = 0 };
	/* What is wrong with the UKI, its own reader says. */
	if (list->memory.text_size < TEXT_TAKEN || failed(volume_lookup(list->volumes, entry->volume, entry->kernel, &kernel)) ||
	    failed(read_headers(list, &kernel, &headers)) || !uki_is(headers))
		return;
	uki_find(headers, (struct uki_form){ .loaded = false, .profile = profile }, ".uname", &where);
	if (failed(read_bytes(list, &kernel, where, UNAME_AT, &uname)))
		return;
	list_place(list, entry->volume, PLACE_OF_ALL, out);
	list_place(list, entry->volume, own_place(list, entry->kernel), out);
	read_all(list, entry->volume, uname, out);
}

/* Takes words out of the line, with one blank beside them. */
static void drop_words(struct range words, struct entry_addons *addons)
{
	struct addon_line *line = &addons->line;
	const uint64_t start = words.start - (words.start != 0), end = words.end + (words.start == 0 && words.end != line->length);

	if (range_empty(words))
		return;
	__builtin_memmove(line->text + start, line->text + end, line->length + 1 - end);
	line->length -= end - start;
	for (uint32_t i = 0; i < addons->count; i++) {
		struct range *others = &addons->addon[i].words;

		if (others->start >= words.end)
			*others = (struct range){ others->start - (end - start), others->end - (end - start) };
	}
}

void entry_addons_drop(struct entry_list *list, const struct entry *entry, uint32_t index, struct error error,
		       struct entry_addons *addons)
{
	entry_note(list, entry->volume, addons->addon[index].file, error);
	drop_words(addons->addon[index].words, addons);
	addons->count--;
	for (uint32_t i = index; i < addons->count; i++)
		addons->addon[i] = addons->addon[i + 1];
}
