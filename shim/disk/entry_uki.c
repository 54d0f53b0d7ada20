/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unified kernel images in EFI/Linux (UAPI.1, "Type #2", and UAPI.5). */
#include <shim/disk/entry.h>
#include <shim/payload/pe.h>

#define DIRECTORY   "/EFI/Linux"
#define SUFFIX      ".efi"
#define SUFFIX_SIZE 4
/* The headers of a PE file, and of its sections; and a section of text: both lie in the text buffer, one after the other. */
#define HEADERS_MOST 4096
#define SECTION_MOST 16384

/* A field of os-release(5), without its quotes; NULL where it is not there. */
static const char *os_field(struct entry_list *list, struct span text, const char *name)
{
	const size_t length = __builtin_strlen(name);
	struct span line;

	while (entry_next_line(&text, &line)) {
		if (line.size <= length || !span_is(line, 0, name, length) || line.at[length] != '=')
			continue;
		line = span(line.at + length + 1, line.size - length - 1);
		if (line.size >= 2 && (line.at[0] == '"' || line.at[0] == '\'') && line.at[line.size - 1] == line.at[0])
			line = span(line.at + 1, line.size - 2);
		if (line.size != 0)
			return entry_keep(list, line);
	}
	return NULL;
}

static const char *first_field(struct entry_list *list, struct span text, const char *const *names)
{
	const char *found = NULL;

	for (; *names != NULL && found == NULL; names++)
		found = os_field(list, text, *names);
	return found;
}

/* What an image says of itself.  Where a profile begins, what describes all of them has ended. */
static struct error describe(struct entry_list *list, struct entry *entry, const struct fs_node *node)
{
	static const char *const titles[] = { "PRETTY_NAME", "IMAGE_ID", "NAME", "ID", NULL };
	static const char *const versions[] = { "IMAGE_VERSION", "VERSION", "VERSION_ID", "BUILD_ID", NULL };
	static const char *const keys[] = { "IMAGE_ID", "ID", NULL };
	struct fs *fs = &list->volumes->fs;
	const struct span file = span(list->memory.text, node->size < HEADERS_MOST ? node->size : HEADERS_MOST);
	struct span text = span(list->memory.text + HEADERS_MOST, 0);
	bool has_kernel = false;
	struct pe_header header;

	TRY(fs_read(fs, node, 0, list->memory.text, (size_t)file.size));
	header = pe_header_read(file);
	for (uint32_t i = 0; i < header.section_count; i++) {
		const struct pe_section_header section = pe_section_read(file, &header, i);

		if (pe_name_is(section.name, ".profile"))
			break;
		if (pe_name_is(section.name, ".linux"))
			has_kernel = true;
		if (!pe_name_is(section.name, ".osrel") || text.size != 0)
			continue;
		text.size = section.virtual_size < section.raw_size ? section.virtual_size : section.raw_size;
		if (text.size > SECTION_MOST)
			text.size = SECTION_MOST;
		TRY(fs_read(fs, node, section.raw_offset, list->memory.text + HEADERS_MOST, (size_t)text.size));
	}
	if (!has_kernel)
		return error_make(ERROR_UKI_NO_LINUX, "none", 0, 0);
	entry->title = first_field(list, text, titles);
	entry->version = first_field(list, text, versions);
	entry->sort_key = first_field(list, text, keys);
	return error_none();
}

static void read_image(struct entry_list *list, uint32_t volume, const struct fs_entry *name)
{
	struct entry entry = { .source = ENTRY_UKI, .volume = volume };
	struct fs_node node;
	struct error error;

	entry.id = entry_keep(list, span(name->name, name->length));
	if (entry.id != NULL)
		entry.kernel = entry.file = entry_join(list, (const char *const[]){ DIRECTORY, "/", entry.id, NULL });
	if (entry.file == NULL) {
		list->left_out++;
		return;
	}
	error = list->volumes->fs.operations->node(&list->volumes->fs, name, &node);
	if (!failed(error))
		error = describe(list, &entry, &node);
	if (failed(error)) {
		entry_note(list, volume, entry.file, error);
		return;
	}
	entry.tries_left = entry_tries_left(name->name, name->length - SUFFIX_SIZE);
	if (entry.title == NULL)
		entry.title = entry.id;
	entry_list_add(list, &entry);
}

void entries_find_uki(struct entry_list *list, uint32_t volume)
{
	struct entry_names names;
	struct fs_entry name;

	if (!entry_open_names(list, volume, DIRECTORY, &names))
		return;
	while (entry_next_name(list, &names, &name))
		if (entry_matches("*" SUFFIX, name.name))
			read_image(list, volume, &name);
}
