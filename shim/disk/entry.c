/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/disk/grub.h>
#include <shim/disk/letters.h>
#include <shim/disk/version_order.h>

const char *entry_source_name(enum entry_source source)
{
	static const char *const names[] = {
		[ENTRY_UKI] = "uki", [ENTRY_BLS] = "bls", [ENTRY_GRUB] = "grub", [ENTRY_EXTLINUX] = "extlinux", [ENTRY_FOUND] = "found",
	};

	return names[source];
}

const char *entry_keep(struct entry_list *list, struct span text)
{
	char *to = list->memory.pool + list->pool_used;

	list->is_full = list->is_full || text.size >= list->memory.pool_size - list->pool_used;
	if (list->is_full)
		return NULL;
	__builtin_memcpy(to, text.at, text.size);
	to[text.size] = '\0';
	list->pool_used += (uint32_t)text.size + 1;
	return to;
}

const char *entry_join(struct entry_list *list, const char *const *parts)
{
	char *to = list->memory.pool + list->pool_used;
	uint32_t size = 0;

	for (; *parts != NULL; parts++) {
		const size_t length = __builtin_strlen(*parts);

		list->is_full = list->is_full || length >= list->memory.pool_size - list->pool_used - size;
		if (list->is_full)
			return NULL;
		__builtin_memcpy(to + size, *parts, length);
		size += (uint32_t)length;
	}
	to[size] = '\0';
	list->pool_used += size + 1;
	return to;
}

const char *entry_append(struct entry_list *list, const char *text, struct span more)
{
	const size_t length = text != NULL ? __builtin_strlen(text) : 0;

	if (length == 0)
		return entry_keep(list, more);
	if (text + length + 1 != list->memory.pool + list->pool_used) {
		text = entry_keep(list, span(text, length));
		if (text == NULL)
			return NULL;
	}
	list->pool_used--;
	return entry_keep(list, more) != NULL ? text : NULL;
}

void entry_note(struct entry_list *list, uint32_t volume, const char *file, struct error error)
{
	if (list->note_count == ENTRY_NOTES_MOST) {
		list->notes_left_out++;
		return;
	}
	list->note[list->note_count++] = (struct entry_note){ volume, file, error };
}

bool entry_note_unless_absent(struct entry_list *list, uint32_t volume, const char *path, struct error error)
{
	if (failed(error) && error.code != ERROR_FS_NO_FILE && error.code != ERROR_FS_NO_DIRECTORY)
		entry_note(list, volume, path, error);
	return !failed(error);
}

bool entry_lookup(struct entry_list *list, uint32_t volume, const char *path, struct fs_node *out)
{
	return entry_note_unless_absent(list, volume, path, volume_lookup(list->volumes, volume, path, out));
}

bool entry_open_names(struct entry_list *list, uint32_t volume, const char *path, struct entry_names *out)
{
	*out = (struct entry_names){ .volume = volume, .path = path };
	return entry_lookup(list, volume, path, &out->directory) && out->directory.kind == FS_DIRECTORY;
}

bool entry_next_name(struct entry_list *list, struct entry_names *names, struct fs_entry *out)
{
	struct fs *fs;
	struct error error = volume_open(list->volumes, names->volume, &fs);

	if (names->seen++ == FS_ENTRIES_MOST)
		return false;
	if (!failed(error))
		error = fs_next(fs, &names->directory, &names->position, out);
	if (!failed(error))
		return out->length != 0;
	entry_note(list, names->volume, names->path, error);
	return false;
}

/* Whether a file is there that has bytes. */
static struct error check_file(struct entry_list *list, uint32_t volume, const char *path)
{
	struct fs_node node;

	TRY(volume_lookup(list->volumes, volume, path, &node));
	if (node.kind != FS_FILE)
		return error_make(ERROR_FS_NO_CONTENT, path, 0, 0);
	return node.size != 0 ? error_none() : error_make(ERROR_ENTRY_EMPTY, path, 0, 0);
}

static struct error check_files(struct entry_list *list, const struct entry *entry)
{
	if (entry->is_cut)
		return error_make(ERROR_ENTRY_LONG, entry->file, ENTRY_INITRDS_MOST, GRUB_WORDS_MOST);
	TRY(check_file(list, entry->volume, entry->kernel));
	for (uint32_t i = 0; i < entry->initrd_count; i++)
		TRY(check_file(list, entry->volume, entry->initrd[i]));
	return error_none();
}

void entry_add_initrd(struct entry *entry, const char *path)
{
	if (entry->initrd_count == ENTRY_INITRDS_MOST)
		entry->is_cut = true;
	else
		entry->initrd[entry->initrd_count++] = path;
}

void entry_list_add(struct entry_list *list, const struct entry *entry)
{
	struct error error;

	if (list->is_full || list->count == ENTRIES_MOST) {
		list->left_out++;
		return;
	}
	error = check_files(list, entry);
	if (failed(error))
		entry_note(list, entry->volume, entry->file, error);
	else
		list->entry[list->count++] = *entry;
}

struct error entry_read_text(struct entry_list *list, uint32_t volume, const char *path, struct span *out)
{
	struct fs_node node;

	*out = span(list->memory.text + list->text_used, 0);
	TRY(volume_lookup(list->volumes, volume, path, &node));
	if (node.size > list->memory.text_size - list->text_used)
		return error_make(ERROR_ENTRY_CONFIG, path, list->memory.text_size - list->text_used, node.size);
	TRY(fs_read(&list->volumes->fs, &node, 0, list->memory.text + list->text_used, (size_t)node.size));
	out->size = node.size;
	return error_none();
}

bool entry_next_line(struct span *text, struct span *line)
{
	uint64_t length = 0;

	if (text->size == 0)
		return false;
	while (length < text->size && text->at[length] != '\n')
		length++;
	*line = span(text->at, length);
	length += length < text->size;
	*text = span(text->at + length, text->size - length);
	while (line->size != 0 && is_blank(line->at[0]))
		*line = span(line->at + 1, line->size - 1);
	while (line->size != 0 && is_blank(line->at[line->size - 1]))
		line->size--;
	return true;
}

struct span entry_next_word(struct span *line)
{
	struct span word = span(line->at, 0);

	while (word.size < line->size && !is_blank(word.at[word.size]))
		word.size++;
	*line = span(line->at + word.size, line->size - word.size);
	while (line->size != 0 && is_blank(line->at[0]))
		*line = span(line->at + 1, line->size - 1);
	return word;
}

void entry_take_timeout(struct entry_list *list, struct span text, uint32_t parts)
{
	uint32_t number = 0;
	uint64_t i = 0;

	for (; i < text.size && is_digit(text.at[i]) && number < 100000; i++)
		number = number * 10 + (text.at[i] - '0');
	if (list->timeout < 0 && i != 0)
		list->timeout = (int)(number / parts);
}

/* Whether a set in brackets, behind its "[", has the letter; moves the pattern to its "]", or does not where it has none. */
static bool in_set(const char **pattern, char letter)
{
	const char *at = *pattern;
	bool found = false;

	for (; *at != ']' && *at != '\0'; at++) {
		if (at[1] == '-' && at[2] != ']' && at[2] != '\0') {
			found = found || (lower(at[0]) <= letter && letter <= lower(at[2]));
			at += 2;
		} else {
			found = found || lower(*at) == letter;
		}
	}
	if (*at == ']')
		*pattern = at;
	return found;
}

bool entry_matches(const char *pattern, const char *name)
{
	/* Where to go on when what follows the last "*" does not fit: it takes one letter more. */
	const char *star = NULL, *star_name = NULL;

	while (*name != '\0') {
		bool fits;

		if (*pattern == '*') {
			star = ++pattern;
			star_name = name;
			continue;
		}
		fits = *pattern == '?' || (*pattern != '[' && lower(*pattern) == lower(*name));
		if (*pattern == '[') {
			pattern++;
			fits = in_set(&pattern, lower(*name));
		}
		if (fits) {
			pattern++;
			name++;
		} else if (star != NULL) {
			pattern = star;
			name = ++star_name;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

int entry_tries_left(const char *name, uint32_t length)
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

static int compare_text(const char *one, const char *other)
{
	return __builtin_strcmp(one != NULL ? one : "", other != NULL ? other : "");
}

/*
 * UAPI.1, "Sorting": entries whose tries are used up are last; those with a sort key come before those without; by the key and
 * the machine, then the newer version first; and without a key the newer name.
 */
static int compare_entries(const struct entry *one, const struct entry *other)
{
	int order = (one->tries_left == 0) - (other->tries_left == 0);

	if (order == 0)
		order = (one->sort_key == NULL) - (other->sort_key == NULL);
	if (order == 0 && one->sort_key != NULL) {
		order = compare_text(one->sort_key, other->sort_key);
		if (order == 0)
			order = compare_text(one->machine_id, other->machine_id);
		if (order == 0)
			order = -version_compare(entry_span(one->version), entry_span(other->version));
	}
	return order != 0 ? order : -version_compare(entry_span(one->id), entry_span(other->id));
}

void entries_sort(struct entry_list *list, uint32_t from)
{
	for (uint32_t i = from; i < list->count; i++) {
		const struct entry entry = list->entry[i];
		uint32_t at = i;

		for (; at > from && compare_entries(&list->entry[at - 1], &entry) > 0; at--)
			list->entry[at] = list->entry[at - 1];
		list->entry[at] = entry;
	}
}

uint32_t entries_default(const struct entry_list *list)
{
	uint32_t i = 0;

	/* The pattern is loader.conf's: it means entries that such a boot loader would have. */
	for (i = 0; list->wanted != NULL && i < list->count; i++)
		if (list->entry[i].source <= ENTRY_BLS && entry_matches(list->wanted, list->entry[i].id))
			return i;
	for (i = 0; i < list->count && list->entry[i].source == list->entry[0].source; i++)
		if (list->entry[i].is_default)
			return i;
	return 0;
}

void entries_find(struct entry_list *list, struct volumes *volumes, const struct entry_memory *memory)
{
	/* The configurations of GRUB and extlinux have their own order. */
	static const struct {
		void (*find)(struct entry_list *list, uint32_t volume);
		bool is_sorted;
	} readers[] = {
		{ entries_find_uki, true }, { entries_find_bls, true }, { entries_find_grub, false }, { entries_find_extlinux, false },
		{ entries_find_kernels, true },
	};

	list->volumes = volumes;
	list->count = list->left_out = list->note_count = list->notes_left_out = list->pool_used = 0;
	list->timeout = -1;
	list->wanted = NULL;
	list->memory = *memory;
	list->text_used = list->environments = 0;
	list->is_full = false;
	for (unsigned reader = 0; reader < sizeof(readers) / sizeof(readers[0]); reader++) {
		const uint32_t from = list->count;

		for (uint32_t volume = 0; volume < volumes->count; volume++)
			if (!failed(volumes->volume[volume].error))
				readers[reader].find(list, volume);
		if (readers[reader].is_sorted)
			entries_sort(list, from);
	}
}
