/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/disk/extlinux.h>
#include <shim/disk/letters.h>

const char *extlinux_path(const struct extlinux *extlinux, struct span path)
{
	if (path.size != 0 && path.at[0] == '/')
		return entry_keep(extlinux->list, path);
	return entry_append(extlinux->list, entry_join(extlinux->list, (const char *const[]){ extlinux->directory, "/", NULL }), path);
}

struct extlinux_words extlinux_words(struct entry_list *list, struct span line)
{
	struct extlinux_words words = { .text = "" };
	struct span initrd = span(NULL, 0);

	while (line.size != 0 && words.text != NULL) {
		const struct span word = entry_next_word(&line);

		if (span_is(word, 0, "initrd=", 7)) {
			initrd = word;
			continue;
		}
		if (*words.text != '\0')
			words.text = entry_append(list, words.text, span(" ", 1));
		if (words.text != NULL)
			words.text = entry_append(list, words.text, word);
	}
	if (initrd.size != 0)
		words.initrd = entry_keep(list, span(initrd.at + 7, initrd.size - 7));
	return words;
}

/* Several initrds have commas between them. */
static void take_initrds(const struct extlinux *extlinux, struct entry *entry, struct span paths)
{
	while (paths.size != 0) {
		struct span path = span(paths.at, 0);

		while (path.size < paths.size && paths.at[path.size] != ',')
			path.size++;
		if (path.size != 0)
			entry_add_initrd(entry, extlinux_path(extlinux, path));
		if (path.size < paths.size)
			path.size++;
		paths = span(paths.at + path.size, paths.size - path.size);
	}
}

/* Adds an entry with a label's words and more behind them; of initrds, the last that are named.  Its index, or EXTLINUX_NONE. */
static uint32_t add_entry(struct extlinux *extlinux, const struct extlinux_label *label, struct extlinux_words more)
{
	struct entry_list *list = extlinux->list;
	const uint32_t at = list->count;
	const struct extlinux_words parts[] = {
		label->words, label->has_append ? label->append : extlinux->append, { NULL, label->initrd }, more,
	};
	struct entry entry = {
		.source = ENTRY_EXTLINUX, .volume = extlinux->volume, .file = label->file, .id = label->id, .kernel = label->kernel,
		.title = label->title != NULL ? label->title : label->id, .options = "", .tries_left = -1,
	};
	const char *initrd = NULL;

	for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].initrd != NULL)
			initrd = parts[i].initrd;
		if (parts[i].text == NULL || *parts[i].text == '\0')
			continue;
		if (entry.options != NULL && *entry.options != '\0')
			entry.options = entry_join(list, (const char *const[]){ entry.options, " ", parts[i].text, NULL });
		else
			entry.options = parts[i].text;
	}
	take_initrds(extlinux, &entry, entry_span(initrd));
	entry_list_add(list, &entry);
	return list->count != at ? at : EXTLINUX_NONE;
}

/* Whether a file's name says that it is a program of syslinux, or a boot sector (syslinux.cfg.txt, "KERNEL-LIKE DIRECTIVES"). */
static bool is_other(const char *file)
{
	static const char *const patterns[] = { "*.c32", "*.com", "*.cbt", "*.bin", "*.bs", "*.bss" };

	for (unsigned i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (entry_matches(patterns[i], file))
			return true;
	return false;
}

/* Whether a label starts Linux; sets its kernel where no line does. */
static bool starts_linux(const struct extlinux *extlinux, struct extlinux_label *label)
{
	if (label->kind == EXTLINUX_LABEL_ALONE)
		label->kernel = extlinux_path(extlinux, entry_span(label->id));
	if (label->kind == EXTLINUX_LINUX || label->kernel == NULL)
		return label->kind <= EXTLINUX_BY_NAME;
	return label->kind <= EXTLINUX_BY_NAME && !is_other(label->kernel);
}

/* A label that chooses among those of another file: by itself, or by a menu that it starts. */
static bool has_more_labels(const struct extlinux_label *label)
{
	if (label->kind == EXTLINUX_CONFIG)
		return true;
	return label->kind != EXTLINUX_NOTHING && label->kernel != NULL && entry_matches("*menu.c32", label->kernel) &&
	       label->append.text != NULL && *label->append.text != '\0';
}

static void note_label(struct extlinux *extlinux, const char *file, const char *label)
{
	entry_note(extlinux->list, extlinux->volume, file, error_make(ERROR_EXTLINUX_LABEL, label, 0, 0));
}

/* Whether the command begins with the label's name; what stands behind it. */
static bool is_commanded(const struct extlinux *extlinux, const char *id, struct span *more)
{
	struct span word;

	*more = entry_span(extlinux->command);
	word = entry_next_word(more);
	return extlinux->command != NULL && !extlinux->is_label && same_text(id, word);
}

struct extlinux_menu *extlinux_menu(struct extlinux *extlinux)
{
	const uint32_t depth = extlinux->menu_depth;

	return &extlinux->menu[depth < EXTLINUX_MENUS_MOST ? depth : EXTLINUX_MENUS_MOST - 1];
}

void extlinux_end_label(struct extlinux *extlinux)
{
	struct extlinux_menu *menu = extlinux_menu(extlinux);
	struct extlinux_label *label = &extlinux->label;
	struct extlinux_choice choice = { EXTLINUX_NONE, NULL };
	const bool is_linux = extlinux->in_label && starts_linux(extlinux, label);
	struct span more;

	if (!extlinux->in_label)
		return;
	extlinux->in_label = false;
	if (is_linux)
		choice.entry = add_entry(extlinux, label, (struct extlinux_words){ NULL, NULL });
	else if (has_more_labels(label))
		note_label(extlinux, label->file, label->id);
	else
		choice.foreign = label->id;
	if (label->is_chosen && label->kind != EXTLINUX_NOTHING)
		menu->chosen = choice;
	if (menu->first == EXTLINUX_NONE && !label->is_hidden)
		menu->first = choice.entry;
	if (label->kind == EXTLINUX_NOTHING || !is_commanded(extlinux, label->id, &more))
		return;
	extlinux->is_label = true;
	/* With words that are for this start alone it is another entry. */
	if (more.size != 0 && is_linux) {
		label->id = label->title = extlinux->command;
		choice.entry = add_entry(extlinux, label, extlinux_words(extlinux->list, more));
	}
	extlinux->commanded = choice;
}

void extlinux_end_menu(struct extlinux *extlinux)
{
	const struct extlinux_menu *inner = extlinux_menu(extlinux);
	struct extlinux_choice chosen;
	struct extlinux_menu *outer;

	extlinux_end_label(extlinux);
	if (extlinux->menu_depth == 0 || extlinux->menu_depth-- >= EXTLINUX_MENUS_MOST)
		return;
	chosen = inner->chosen;
	if (chosen.entry == EXTLINUX_NONE)
		chosen.entry = inner->first;
	outer = extlinux_menu(extlinux);
	if (outer->first == EXTLINUX_NONE)
		outer->first = chosen.entry;
	if (inner->is_chosen)
		outer->chosen = chosen;
	if (inner->is_start)
		extlinux->start = chosen;
}

/* The command names no label: then it is a kernel with its words, or the program that shows the menus. */
static void take_command(struct extlinux *extlinux)
{
	struct extlinux_label label = { .id = extlinux->command, .file = extlinux->open[0], .kind = EXTLINUX_BY_NAME };
	struct span more = entry_span(extlinux->command);

	label.kernel = extlinux_path(extlinux, entry_next_word(&more));
	if (label.kernel != NULL && !is_other(label.kernel))
		extlinux->commanded.entry = add_entry(extlinux, &label, extlinux_words(extlinux->list, more));
}

void extlinux_finish(struct extlinux *extlinux)
{
	const struct extlinux_menu *top = &extlinux->menu[0];
	const struct extlinux_choice *const order[] = { &extlinux->commanded, &extlinux->start, &top->chosen };
	uint32_t chosen = EXTLINUX_NONE;

	while (extlinux->menu_depth != 0)
		extlinux_end_menu(extlinux);
	extlinux_end_label(extlinux);
	if (extlinux->command != NULL && *extlinux->command != '\0' && !extlinux->is_label)
		take_command(extlinux);
	for (unsigned i = 0; i < sizeof(order) / sizeof(order[0]) && chosen == EXTLINUX_NONE; i++) {
		if (order[i]->foreign != NULL)
			note_label(extlinux, extlinux->open[0], order[i]->foreign);
		chosen = order[i]->entry;
	}
	if (chosen == EXTLINUX_NONE)
		chosen = top->first;
	if (chosen != EXTLINUX_NONE)
		extlinux->list->entry[chosen].is_default = true;
}
