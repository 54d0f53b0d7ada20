/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What GRUB of Fedora and RHEL adds to the entries of the Boot Loader Specification, which its command blscfg reads: variables
 * in them ("$kernelopts", "$tuned_initrd"), and the one that is started.  Where GRUB is on an ESP, so are its configuration and
 * its block of variables, and /boot/grub2/grubenv is a link that leads nowhere (spec file of grub2, EL 8 and Fedora up to 33).
 */
#include <shim/disk/grub.h>
#include <shim/disk/letters.h>

#define FIRMWARE_DIRECTORY "/EFI"

/* The configuration in a directory; NULL where there is none. */
static const char *find_config(struct entry_list *list, uint32_t volume, const char *directory)
{
	const char *file = entry_join(list, (const char *const[]){ directory, "/grub.cfg", NULL });
	struct fs_node node;

	return file != NULL && !failed(volume_lookup(list->volumes, volume, file, &node)) ? file : NULL;
}

/* Whether the configuration in a directory has the command blscfg; its variables are then there. */
static bool read_config(struct entry_list *list, uint32_t volume, const char *directory)
{
	struct grub *grub = list->memory.grub;
	const char *file = find_config(list, volume, directory);

	if (file == NULL || list->environments == ENTRY_ENVIRONMENTS_MOST)
		return false;
	list->environments++;
	grub_begin(grub, list, volume, directory, file);
	grub->only_variables = true;
	grub_run_file(grub, volume, file);
	return grub->has_blscfg;
}

/* The same for each directory of a boot loader on an ESP. */
static bool read_firmware_configs(struct entry_list *list, uint32_t volume)
{
	struct entry_names names;
	struct fs_entry name;

	if (failed(list->volumes->volume[volume].error) || !entry_open_names(list, volume, FIRMWARE_DIRECTORY, &names))
		return false;
	while (entry_next_name(list, &names, &name)) {
		const char *own = entry_keep(list, span(name.name, name.length));
		const char *directory = own != NULL ? entry_join(list, (const char *const[]){ FIRMWARE_DIRECTORY, "/", own, NULL }) : NULL;

		if (directory != NULL && read_config(list, volume, directory))
			return true;
	}
	return false;
}

static bool read_configs(struct entry_list *list, uint32_t volume)
{
	for (const char *const *directory = grub_directories; *directory != NULL; directory++)
		if (read_config(list, volume, *directory))
			return true;
	for (uint32_t other = 0; other < list->volumes->count; other++)
		if (read_firmware_configs(list, other))
			return true;
	return false;
}

/* The block alone.  A configuration without blscfg means that GRUB does not read these entries. */
static bool read_blocks(struct entry_list *list, uint32_t volume)
{
	static const char *const blocks[] = { "/boot/grub2/grubenv", "/grub2/grubenv", "/boot/grub/grubenv", "/grub/grubenv",
					      "/root/boot/grub2/grubenv" };
	struct grub *grub = list->memory.grub;

	for (const char *const *directory = grub_directories; *directory != NULL; directory++)
		if (find_config(list, volume, *directory) != NULL)
			return false;
	*grub = (struct grub){ .list = list, .volume = volume };
	grub_set_volume(grub, span("root", 4), volume);
	for (unsigned i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
		grub_load_env(grub, blocks[i]);
	grub_set(grub, span("default", 7), entry_span(grub_get(grub, span("saved_entry", 11))));
	return grub->variable_count > 2;
}

bool grub_environment(struct entry_list *list, uint32_t volume)
{
	const uint32_t note_count = list->note_count, notes_left_out = list->notes_left_out;
	const bool found = read_configs(list, volume) || read_blocks(list, volume);

	/* What is wrong with a configuration is noted when its own entries are read. */
	list->note_count = note_count;
	list->notes_left_out = notes_left_out;
	if (!found)
		*list->memory.grub = (struct grub){ .list = list, .volume = volume };
	return found;
}

/* Letters of a variable's name, behind its "$". */
static uint64_t name_length(struct span text)
{
	uint64_t length = 0;

	while (length < text.size && (is_letter(text.at[length]) || is_digit(text.at[length]) || text.at[length] == '_'))
		length++;
	return length;
}

const char *grub_expand(const struct grub *grub, struct span text)
{
	const char *out = "";

	while (text.size != 0 && out != NULL) {
		uint64_t plain = 0, name;

		while (plain < text.size && text.at[plain] != '$')
			plain++;
		name = plain < text.size ? name_length(span(text.at + plain + 1, text.size - plain - 1)) : 0;
		/* Without a name it is an ordinary letter. */
		out = entry_append(grub->list, out, span(text.at, plain + (name == 0 && plain < text.size)));
		if (name != 0 && out != NULL)
			out = entry_append(grub->list, out, entry_span(grub_get(grub, span(text.at + plain + 1, name))));
		plain += name + (plain < text.size);
		text = span(text.at + plain, text.size - plain);
	}
	return out;
}
