/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries of type 1 of the Boot Loader Specification (UAPI.1): a file each in loader/entries. */
#include <shim/disk/grub.h>
#include <shim/disk/letters.h>

#define SUFFIX      ".conf"
#define SUFFIX_SIZE 5

/* What one line says; keys that lull does not need are passed over. */
static void take_line(struct entry_list *list, struct entry *entry, struct span line)
{
	static const struct { const char *key; uint32_t offset; } texts[] = {
		{ "title", offsetof(struct entry, title) }, { "version", offsetof(struct entry, version) },
		{ "sort-key", offsetof(struct entry, sort_key) }, { "machine-id", offsetof(struct entry, machine_id) },
		{ "linux", offsetof(struct entry, kernel) }, { "uki", offsetof(struct entry, kernel) },
		{ "efi", offsetof(struct entry, kernel) },
	};
	const struct span key = entry_next_word(&line);

	if (line.size == 0)
		return;
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (key.size == __builtin_strlen(texts[i].key) && span_is(key, 0, texts[i].key, key.size)) {
			const char *text = entry_keep(list, line);

			__builtin_memcpy((char *)entry + texts[i].offset, &text, sizeof(text));
		}
	}
	if (key.size == 6 && span_is(key, 0, "initrd", 6)) {
		entry_add_initrd(entry, entry_keep(list, line));
	} else if (key.size == 7 && span_is(key, 0, "options", 7)) {
		if (entry->options != NULL)
			entry->options = entry_append(list, entry->options, span(" ", 1));
		entry->options = entry_append(list, entry->options, line);
	}
}

/* How many starts are left, as the name says: "NAME+LEFT.conf" or "NAME+LEFT-DONE.conf" (UAPI.1, "Boot counting"). */
static int tries_left(const char *name, uint32_t length)
{
	uint32_t at = length;
	int left = 0;

	while (at > 0 && (is_digit((uint8_t)name[at - 1]) || name[at - 1] == '-'))
		at--;
	if (at == 0 || name[at - 1] != '+' || at == length || name[at] == '-')
		return -1;
	for (; at < length && name[at] != '-' && left < 1000; at++)
		left = left * 10 + (name[at] - '0');
	return left;
}

/* Letters of a variable's name, behind its "$". */
static size_t name_length(const char *text)
{
	size_t length = 0;

	while ((text[length] >= 'a' && text[length] <= 'z') || text[length] == '_')
		length++;
	return length;
}

/*
 * Fedora's and RHEL's entries have variables of GRUB in their options ("$kernelopts"), which blscfg takes from the environment
 * block.  Where there is no such block, "$" is an ordinary letter, as it is to other boot loaders.
 */
static const char *expand(struct entry_list *list, uint32_t volume, const char *options)
{
	static const char *const blocks[] = { "/boot/grub2/grubenv", "/grub2/grubenv", "/boot/grub/grubenv", "/grub/grubenv",
					      "/root/boot/grub2/grubenv" };
	struct grub *grub = list->memory.grub;
	const char *at = options, *out = "";

	*grub = (struct grub){ .list = list, .volume = volume };
	grub_set_volume(grub, span("root", 4), volume);
	for (unsigned i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
		grub_load_env(grub, blocks[i]);
	if (grub->variable_count < 2)
		return options;
	while (*at != '\0' && out != NULL) {
		const char *dollar = __builtin_strchr(at, '$');
		const size_t plain = dollar != NULL ? (size_t)(dollar - at) : __builtin_strlen(at);
		const size_t name = dollar != NULL ? name_length(dollar + 1) : 0;
		const char *before = entry_keep(list, span(at, plain));
		const char *value = name != 0 ? grub_get(grub, span(dollar + 1, name)) : dollar != NULL ? "$" : "";

		out = before != NULL ? entry_join(list, (const char *const[]){ out, before, value, NULL }) : NULL;
		at += plain + (dollar != NULL) + name;
	}
	return out;
}

static void read_entry(struct entry_list *list, uint32_t volume, const char *directory, const struct fs_entry *name)
{
	struct entry entry = { .source = ENTRY_BLS, .volume = volume };
	struct span text, line;
	struct error error;

	entry.id = entry_keep(list, span(name->name, name->length));
	if (entry.id != NULL)
		entry.file = entry_join(list, (const char *const[]){ directory, "/", entry.id, NULL });
	if (entry.file == NULL) {
		list->left_out++;
		return;
	}
	error = entry_read_text(list, volume, entry.file, &text);
	while (!failed(error) && entry_next_line(&text, &line))
		if (line.size != 0 && line.at[0] != '#')
			take_line(list, &entry, line);
	if (!failed(error) && entry.kernel == NULL)
		error = error_make(ERROR_ENTRY_KERNEL, entry.file, 0, 0);
	if (failed(error)) {
		entry_note(list, volume, entry.file, error);
		return;
	}
	if (entry.options != NULL && __builtin_strchr(entry.options, '$') != NULL)
		entry.options = expand(list, volume, entry.options);
	entry.tries_left = tries_left(name->name, name->length - SUFFIX_SIZE);
	if (entry.title == NULL)
		entry.title = entry.id;
	entry_list_add(list, &entry);
}

static void read_directory(struct entry_list *list, uint32_t volume, const char *path)
{
	struct entry_names names;
	struct fs_entry name;

	if (!entry_open_names(list, volume, path, &names))
		return;
	while (entry_next_name(list, &names, &name))
		if (name.length > SUFFIX_SIZE && entry_matches("*" SUFFIX, name.name) && !entry_matches("auto-*", name.name))
			read_entry(list, volume, path, &name);
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

		if (key.size == 7 && span_is(key, 0, "default", 7) && line.size != 0 && line.at[0] != '@')
			list->wanted = entry_keep(list, line);
		else if (key.size == 7 && span_is(key, 0, "timeout", 7))
			entry_take_timeout(list, line, 1);
	}
}

void entries_find_bls(struct entry_list *list, uint32_t volume)
{
	read_loader(list, volume);
	read_directory(list, volume, "/loader/entries");
	read_directory(list, volume, "/boot/loader/entries");
	/* In Fedora's subvolume of a btrfs; where /boot is a subvolume of its own, the path is that before. */
	read_directory(list, volume, "/root/boot/loader/entries");
}
