/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries of type 1 of the Boot Loader Specification (UAPI.1): a file each in loader/entries. */
#include <shim/disk/grub.h>
#include <shim/disk/letters.h>

#define SUFFIX      ".conf"
#define SUFFIX_SIZE 5

/* Entries of one volume, as they are read. */
struct bls {
	struct entry_list *list;
	uint32_t volume;
	/* GRUB's variables were looked for; and it is GRUB that reads the entries, so that they count. */
	bool was_asked;
	bool has_grub;
	struct entry entry;
	/* It is for machines of another kind. */
	bool is_foreign;
};

/* Where GRUB reads an entry, variables have their values; to other boot loaders "$" is an ordinary letter. */
static const char *keep_value(const struct bls *bls, struct span value)
{
	return bls->has_grub ? grub_expand(bls->list->memory.grub, value) : entry_keep(bls->list, value);
}

/* Paths with blanks between them, as GRUB has them; Fedora's tuned writes a variable of GRUB there, for which others have no name. */
static void take_initrds(struct bls *bls, struct span value)
{
	struct span paths = entry_span(grub_expand(bls->list->memory.grub, value));

	while (paths.size != 0) {
		const struct span path = entry_next_word(&paths);

		if (path.size != 0)
			entry_add_initrd(&bls->entry, entry_keep(bls->list, path));
	}
}

/* What one line says; keys that lull does not need are passed over. */
static void take_line(struct bls *bls, struct span line)
{
	struct entry_list *list = bls->list;
	struct entry *entry = &bls->entry;
	const struct span key = entry_next_word(&line);

	if (line.size == 0)
		return;
	if (same_text("title", key)) {
		entry->title = entry_keep(list, line);
	} else if (same_text("version", key)) {
		entry->version = entry_keep(list, line);
	} else if (same_text("sort-key", key)) {
		entry->sort_key = entry_keep(list, line);
	} else if (same_text("machine-id", key)) {
		entry->machine_id = entry_keep(list, line);
	} else if (same_text("architecture", key)) {
		bls->is_foreign = !same_folded(line, entry_span("x64"));
	} else if (same_text("linux", key) || same_text("uki", key) || same_text("efi", key)) {
		entry->kernel = keep_value(bls, line);
	} else if (same_text("initrd", key)) {
		take_initrds(bls, line);
	} else if (same_text("options", key)) {
		const char *more = keep_value(bls, line);

		if (entry->options != NULL)
			entry->options = entry_append(list, entry->options, span(" ", 1));
		entry->options = entry_append(list, entry->options, entry_span(more));
	}
}

/* The directory of a path, with its "/"; of no length where it has none. */
static struct span directory_of(const char *path)
{
	uint64_t length = path != NULL ? __builtin_strlen(path) : 0;

	while (length != 0 && path[length - 1] != '/')
		length--;
	return span(path, length);
}

/* What GRUB adds by variables of its own: options where an entry has none, and initrds before its own, in the same directory. */
static void add_from_grub(struct bls *bls)
{
	struct entry_list *list = bls->list;
	struct entry *entry = &bls->entry;
	const struct grub *grub = list->memory.grub;
	struct span early = entry_span(grub_get(grub, span("early_initrd", 12)));
	const struct entry own = *entry;
	const struct span directory = directory_of(own.initrd_count != 0 ? own.initrd[0] : own.kernel);

	if (entry->options == NULL)
		entry->options = grub_expand(grub, entry_span(grub_get(grub, span("default_kernelopts", 18))));
	if (directory.size == 0)
		return;
	entry->initrd_count = 0;
	while (early.size != 0) {
		const struct span word = entry_next_word(&early);
		const char *path = word.size != 0 ? entry_keep(list, directory) : NULL;

		if (path != NULL)
			entry_add_initrd(entry, entry_append(list, path, word));
	}
	for (uint32_t i = 0; i < own.initrd_count; i++)
		entry_add_initrd(entry, own.initrd[i]);
}

static struct error read_lines(struct bls *bls)
{
	struct span text, line;

	TRY(entry_read_text(bls->list, bls->volume, bls->entry.file, &text));
	while (entry_next_line(&text, &line))
		if (line.size != 0 && line.at[0] != '#')
			take_line(bls, line);
	return bls->entry.kernel != NULL ? error_none() : error_make(ERROR_ENTRY_KERNEL, bls->entry.file, 0, 0);
}

static void read_entry(struct bls *bls, const char *directory, const struct fs_entry *name)
{
	struct entry_list *list = bls->list;
	struct entry *entry = &bls->entry;
	struct error error;

	*entry = (struct entry){ .source = ENTRY_BLS, .volume = bls->volume };
	bls->is_foreign = false;
	entry->id = entry_keep(list, span(name->name, name->length));
	if (entry->id != NULL)
		entry->file = entry_join(list, (const char *const[]){ directory, "/", entry->id, NULL });
	if (entry->file == NULL) {
		list->left_out++;
		return;
	}
	error = read_lines(bls);
	if (failed(error)) {
		entry_note(list, bls->volume, entry->file, error);
		return;
	}
	/* UAPI.1: "the entry should be hidden". */
	if (bls->is_foreign)
		return;
	if (bls->has_grub)
		add_from_grub(bls);
	entry->tries_left = entry_tries_left(name->name, name->length - SUFFIX_SIZE);
	if (entry->title == NULL)
		entry->title = entry->id;
	entry_list_add(list, entry);
}

static void read_directory(struct bls *bls, const char *path)
{
	struct entry_names names;
	struct fs_entry name;

	if (!entry_open_names(bls->list, bls->volume, path, &names))
		return;
	while (entry_next_name(bls->list, &names, &name)) {
		if (name.length <= SUFFIX_SIZE || !entry_matches("*" SUFFIX, name.name) || entry_matches("auto-*", name.name))
			continue;
		if (!bls->was_asked)
			bls->has_grub = grub_environment(bls->list, bls->volume);
		bls->was_asked = true;
		read_entry(bls, path, &name);
	}
}

/* GRUB's default: a number, a title, or the name of an entry's file without its suffix. */
static void mark_default(struct entry_list *list, uint32_t from, const char *wanted)
{
	for (uint32_t i = from; *wanted != '\0' && i < list->count; i++) {
		struct entry *entry = &list->entry[i];
		const struct span step = entry_span(wanted);
		const uint64_t length = __builtin_strlen(entry->id) - SUFFIX_SIZE;

		if (grub_is_item(step, i - from, entry->title, entry->id) || same_text(wanted, span(entry->id, length))) {
			entry->is_default = true;
			return;
		}
	}
}

/* The default and the time of loader.conf; "@saved" and its like mean what only firmware keeps. */
static void read_loader(struct entry_list *list, uint32_t volume)
{
	static const char path[] = "/loader/loader.conf";
	struct span text, line;

	if (!entry_note_unless_absent(list, volume, path, entry_read_text(list, volume, path, &text)))
		return;
	while (entry_next_line(&text, &line)) {
		const struct span key = entry_next_word(&line);

		if (same_text("default", key) && line.size != 0 && line.at[0] != '@')
			list->wanted = entry_keep(list, line);
		else if (same_text("timeout", key))
			entry_take_timeout(list, line, 1);
	}
}

void entries_find_bls(struct entry_list *list, uint32_t volume)
{
	struct bls bls = { .list = list, .volume = volume };
	const uint32_t from = list->count;

	read_loader(list, volume);
	read_directory(&bls, "/loader/entries");
	read_directory(&bls, "/boot/loader/entries");
	/* In Fedora's subvolume of a btrfs; where /boot is a subvolume of its own, the path is that before. */
	read_directory(&bls, "/root/boot/loader/entries");
	if (!bls.has_grub)
		return;
	entries_sort(list, from);
	mark_default(list, from, grub_get(list->memory.grub, span("default", 7)));
	entry_take_timeout(list, entry_span(grub_get(list->memory.grub, span("timeout", 7))), 1);
}
