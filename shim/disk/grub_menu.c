/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries and submenus: what they are called, and which are listed (GRUB manual, "menuentry" and "submenu"). */
#include <shim/disk/grub.h>

/* Options of menuentry and submenu: the one that has the id, others with a value, and one without. */
enum name_option { NAME_NO_OPTION, NAME_ID, NAME_VALUE, NAME_ALONE };

static enum name_option name_option_of(const char *word)
{
	static const struct { const char *name; enum name_option option; } options[] = {
		{ "--id", NAME_ID }, { "--class", NAME_VALUE }, { "--users", NAME_VALUE }, { "--hotkey", NAME_VALUE },
		{ "--source", NAME_VALUE }, { "--unrestricted", NAME_ALONE },
	};

	for (unsigned i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		const size_t length = __builtin_strlen(options[i].name);

		if (__builtin_strncmp(word, options[i].name, length) == 0 && (word[length] == '\0' || word[length] == '='))
			return options[i].option;
	}
	return NAME_NO_OPTION;
}

/*
 * The title and the id of an entry or a submenu.  Options stand anywhere, up to a "--"; a value follows behind "=", or as the
 * next word, which then begins with no "-".  An option that is none is a word like others.
 */
static void take_names(struct grub *grub, const struct grub_command *command, const char **title, const char **id)
{
	bool are_over = false;

	*title = *id = NULL;
	for (uint32_t i = 1; i < command->count; i++) {
		const char *word = command->word[i], *value = __builtin_strchr(word, '=');
		const enum name_option option = are_over ? NAME_NO_OPTION : name_option_of(word);

		if (option == NAME_NO_OPTION) {
			if (!are_over && grub_is(word, "--"))
				are_over = true;
			else if (*title == NULL)
				*title = word;
			continue;
		}
		if (value != NULL)
			value++;
		else if (option != NAME_ALONE && i + 1 < command->count && command->word[i + 1][0] != '-')
			value = command->word[++i];
		if (option == NAME_ID)
			*id = value;
	}
	*title = entry_keep(grub->list, entry_span(*title));
	*id = *id != NULL ? entry_keep(grub->list, entry_span(*id)) : *title;
}

void grub_begin_entry(struct grub *grub, const struct grub_command *command)
{
	grub->entry = (struct entry){ .source = ENTRY_GRUB, .volume = grub->volume, .file = grub->file, .tries_left = -1 };
	take_names(grub, command, &grub->entry.title, &grub->entry.id);
	grub->wrong = error_none();
	grub->in_entry = true;
}

void grub_end_entry(struct grub *grub)
{
	const uint32_t at = grub->list->count;
	const uint32_t index = grub->menus[grub->menu].items++;

	grub->in_entry = false;
	if (failed(grub->wrong)) {
		entry_note(grub->list, grub->volume, grub->file, grub->wrong);
		return;
	}
	/* Not every entry starts Linux: others are counted and passed over. */
	if (grub->entry.kernel == NULL)
		return;
	/* Where the configuration had too much of something, not all of this one has been read. */
	for (uint32_t i = 0; i < 1 + grub->entry.initrd_count; i++)
		if (!grub_spend_path(grub, grub->entry.volume))
			return;
	entry_list_add(grub->list, &grub->entry);
	if (grub->list->count != at) {
		grub->place[at].menu = grub->menu;
		grub->place[at].index = index;
	}
}

void grub_begin_menu(struct grub *grub, const struct grub_command *command)
{
	struct grub_menu *menu = &grub->menus[grub->menu_count];

	menu->parent = grub->menu;
	menu->index = grub->menus[grub->menu].items++;
	menu->items = 0;
	take_names(grub, command, &menu->title, &menu->id);
	if (menu->title == NULL || menu->id == NULL)
		menu->title = menu->id = "";
	grub->menu = grub->menu_count++;
}
